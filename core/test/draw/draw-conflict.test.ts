import { expect } from 'chai';
import type { Conflict, DrawnEvent } from '../../src/draw/conflict.ts';
import { conflictOf } from '../../src/draw/conflict-of.ts';
import { drawConflict } from '../../src/draw/draw-conflict.ts';
import { layOut } from '../../src/draw/lay-out.ts';
import { BOB, CAROL, OLGA, type SmallServer, smallWorld, type SmallWorld } from '../verify/small-world.ts';

interface Forked extends SmallWorld {
  readonly demotion: string;
  readonly ban: string;
  readonly names: readonly [byOlga: string, byBob: string];
}

/** Olga takes bob's role and names the channel, while bob bans carol and names it otherwise. Both know all of it, and b merges. */
function forked(): Forked {
  const world = smallWorld();
  const { a, b, guild, channel, stays } = world;
  const demotion = a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: [] }, BOB).event_id;
  const byOlga = a.add(channel, OLGA, 'm.channel.name', { name: 'square' }, '').event_id;
  b.clock += 5_000;
  const byBob = b.add(channel, BOB, 'm.channel.name', { name: 'mine' }, '').event_id;
  const ban = b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL).event_id;
  for (const [to, from] of [
    [a, b],
    [b, a],
  ] as const)
    for (const room of [guild, channel]) to.pull(from, room);
  return { ...world, demotion, ban, names: [byOlga, byBob] };
}

function of(server: SmallServer, roomId: string, eventId: string): Conflict {
  return server.rooms.ask(roomId, (room) => conflictOf(room, eventId));
}

function fates(conflict: Conflict): Record<string, string> {
  return Object.fromEntries(conflict.events.filter((event) => event.fate !== 'other').map((event) => [event.event_id, event.status]));
}

function event(id: string, after: readonly string[], more: Partial<DrawnEvent> = {}): DrawnEvent {
  const links = after.map((event_id) => ({ event_id, between: false }));
  return { event_id: id, title: id, sender: OLGA, rank: 1, fate: 'other', status: '', reason: null, subject: false, after: links, ...more };
}

/** Every element that begins ends, in order, and every text is text. */
function expectWellFormed(svg: string): void {
  const open: string[] = [];
  expect(
    svg.replaceAll(
      /<(\/?)([a-z]+)((?: [a-zA-Z-]+="[^"<>]*")*)(\/?)>/g,
      (_all, closes: string, name: string, _attributes, empty: string) => {
        if (closes !== '') expect(open.pop()).to.equal(name);
        else if (empty === '') open.push(name);
        return '';
      },
    ),
  ).to.not.match(/[<>]/);
  expect(open).to.deep.equal([]);
  expect(svg.replaceAll(/&(?:amp|lt|gt|quot|#39);/g, '')).to.not.include('&');
}

describe('drawing of a conflict', () => {
  it('shows who holds an entry, who does not, why, and because of what', () => {
    const { b, guild, stays, ban, demotion } = forked();
    b.add(guild, '@:b.example', 'm.room.merge', {});
    const conflict = of(b, guild, ban);
    expect(fates(conflict)).to.deep.equal({ [stays[CAROL] as string]: 'in force', [ban]: 'void', [demotion]: 'decides' });
    const loser = conflict.events.find((one) => one.event_id === ban) as DrawnEvent;
    expect(loser).to.include({ fate: 'loser', subject: true, rank: 50 });
    expect(loser.reason?.rule).to.equal('RES-6');
    expect(loser.reason?.text).to.include('AUTH-6.10').and.to.include(demotion.slice(0, 12));
    expect(conflict.merged).to.deep.include({ event_id: stays[CAROL], text: `join of ${CAROL}` });
    expect([...(conflict.merged?.heads ?? [])].toSorted((x, y) => (x < y ? -1 : 1))).to.deep.equal(
      [ban, demotion].toSorted((x, y) => (x < y ? -1 : 1)),
    );
    const { svg, mermaid } = drawConflict(conflict);
    expectWellFormed(svg);
    for (const part of ['RES-6', 'BAN_MEMBERS', 'in force', 'void', 'decides', `ban of ${CAROL}`]) {
      expect(svg).to.include(part);
      expect(mermaid).to.include(part);
    }
  });

  it('shows the same from the winner’s side, and channels by the guild', () => {
    const { b, channel, names } = forked();
    const [byOlga, byBob] = names;
    for (const asked of names) expect(fates(of(b, channel, asked))).to.deep.equal({ [byOlga]: 'in force', [byBob]: 'lost' });
    const reasons = of(b, channel, byBob).events.map((one) => one.reason?.text);
    expect(reasons)
      .to.include('the other one was made with a later state of the guild')
      .and.to.include('made with the latest state of the guild');
  });

  it('shows what was replaced without a conflict, and what was refused', () => {
    const { a, guild, channel, stays } = smallWorld();
    const leave = a.add(guild, CAROL, 'm.room.member', { membership: 'leave' }, CAROL).event_id;
    const replaced = of(a, guild, stays[CAROL] as string);
    expect(fates(replaced)).to.deep.equal({ [stays[CAROL] as string]: 'replaced', [leave]: 'in force' });
    expect(replaced.merged).to.equal(null);
    expect(replaced.events.at(-1)?.after).to.deep.equal([{ event_id: stays[CAROL], between: true }]);
    const said = [...a.rooms.events(channel)].at(-1)?.event.event_id as string;
    expect(fates(of(a, channel, said))).to.deep.equal({});
    for (const conflict of [replaced, of(a, channel, said)]) expectWellFormed(drawConflict(conflict).svg);
  });

  it('leaves out what lies between, and says so', () => {
    const { a, guild, ban, demotion } = (() => {
      const world = smallWorld();
      const { a, b, guild, stays } = world;
      const demotion = a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: [] }, BOB).event_id;
      for (let i = 0; i < 30; i++) a.add(guild, OLGA, 'm.guild.meta', { name: `${i}` }, '');
      const ban = b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL).event_id;
      a.pull(b, guild);
      b.pull(a, guild);
      b.add(guild, '@:b.example', 'm.room.merge', {});
      a.pull(b, guild);
      return { a, guild, ban, demotion };
    })();
    const conflict = of(a, guild, ban);
    expect(conflict.omitted).to.equal(29);
    const head = conflict.events.find((one) => one.after.some((link) => link.event_id === demotion));
    expect(head?.after).to.deep.equal([{ event_id: demotion, between: true }]);
    const { svg, mermaid } = drawConflict(conflict);
    expect(svg).to.include('29 more events not drawn');
    expect(mermaid).to.include('-. more events .->');
  });

  it('lets no name out of its place', () => {
    const evil = '"]; click e0 "javascript:alert(1)" </text><script>alert(1)</script>&amp;\u202e\u0000`%%{init}%%$$x$$';
    const events = [
      event('$a', [], { title: evil, sender: evil, status: 'void', fate: 'loser', reason: { rule: null, text: evil.repeat(20) } }),
    ];
    const { svg, mermaid } = drawConflict({
      room_id: evil,
      ranked: true,
      title: evil,
      events,
      merged: { heads: ['$a'], event_id: '$a', text: evil },
      omitted: 0,
    });
    expectWellFormed(svg);
    for (const part of ['\u202e', '\u0000']) expect(svg + mermaid).to.not.include(part);
    const [settings, ...rest] = mermaid.split('\n');
    expect(settings).to.match(/^%%\{init: [^%]*\}%%$/);
    const classLines = rest.filter((line) => !line.includes('classDef'));
    for (const line of classLines.filter((one) => one.includes('["'))) expect(line).to.match(/^ {2}\S+\(?\["[^"]*"\]\)?:::\w+$/);
    expect(rest.join('\n')).to.not.include('<script').and.not.to.include('%%').and.not.to.include('`').and.not.to.include('$');
  });

  it('gives no two events one place, and each a row below those it follows', () => {
    const seed = Number(process.env['SEED'] ?? 4_711);
    let state = seed;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 50; round++) {
      const events: DrawnEvent[] = [];
      for (let i = 0; i < 25; i++) {
        const after = Array.from({ length: Math.min(i, 1 + random(3)) }, () => events[Math.max(0, i - 1 - random(6))]?.event_id as string);
        events.push(event(`$${i}`, [...new Set(after)]));
      }
      const { places } = layOut({ events, merged: null });
      expect(new Set([...places.values()].map(({ row, column }) => `${row}/${column}`)).size, `SEED=${seed} round ${round}`).to.equal(25);
      for (const one of events)
        for (const { event_id } of one.after)
          expect(places.get(one.event_id)?.row, `SEED=${seed} round ${round}`).to.be.greaterThan(places.get(event_id)?.row as number);
    }
  });
});
