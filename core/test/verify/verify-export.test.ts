import { expect } from 'chai';
import { RULES } from '../../src/auth/rule-ids.ts';
import { keyId } from '../../src/crypto/key-id.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import { redactEvent } from '../../src/event/redact.ts';
import { canonicalJson } from '../../src/json/canonical.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import { EXPORT_RULES } from '../../src/verify/export-lines.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import type { VerifyReport } from '../../src/verify/report.ts';
import { reportText } from '../../src/verify/report-text.ts';
import { verifyExport } from '../../src/verify/verify-export.ts';
import { BOB, CAROL, exported, OLGA, signer, type SmallWorld, smallWorld, VERSION } from './small-world.ts';

const verify = portableVerifier();

function check(lines: readonly string[]): VerifyReport {
  return verifyExport(
    lines.map((line) => utf8Encode(line)),
    verify,
  );
}

/** Rules and lines of the faults. */
function faults(lines: readonly string[]): string[] {
  return check(lines).faults.map(({ line, rule }) => `${line} ${rule}`);
}

// biome-ignore lint/suspicious/noExplicitAny: lines are taken apart and put together again
function edit(lines: readonly string[], at: number, change: (value: any) => void): string[] {
  const value = JSON.parse(lines[at] as string);
  change(value);
  return lines.with(at, JSON.stringify(value));
}

function lineOf(lines: readonly string[], part: string): number {
  const at = lines.findIndex((line) => line.includes(part));
  if (at < 0) throw new Error(`no line has ${part}`);
  return at;
}

/** The world after a partition: olga takes bob's role while bob bans carol; then they merge. */
function forked(): SmallWorld & { readonly ban: string; readonly demotion: string } {
  const world = smallWorld();
  const { a, b, guild, stays } = world;
  const demotion = a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: [] }, BOB).event_id;
  const ban = b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL).event_id;
  b.pull(a, guild);
  a.pull(b, guild);
  b.add(guild, '@:b.example', 'm.room.merge', {});
  a.pull(b, guild);
  return { ...world, ban, demotion };
}

describe('verification of an export', () => {
  it('verifies a guild and says what it found', () => {
    const { a, guild } = smallWorld();
    const lines = exported(a, guild);
    const report = check(lines);
    expect(report.faults).to.deep.equal([]);
    expect(report.verified).to.equal(true);
    expect(report.lines).to.equal(lines.length);
    expect(report.events.map((one) => one.verdict)).to.deep.equal(Array.from({ length: lines.length - 2 }, () => 'accepted'));
    const [room] = report.rooms;
    expect(room).to.include({ room_id: guild, kind: 'guild', rejected: 0, as_claimed: true, state_hash: a.stateHash(guild) });
    expect(room?.heads).to.deep.equal(a.rooms.room(guild)?.extremities);
    expect(reportText(report)).to.include('verified: every').and.to.include(a.stateHash(guild));
  });

  it('verifies a channel after its guild', () => {
    const { a, guild, channel } = smallWorld();
    const report = check(exported(a, channel));
    expect(report.faults).to.deep.equal([]);
    expect(report.rooms.map((room) => room.room_id)).to.deep.equal([guild, channel]);
    expect(report.rooms.map((room) => room.state_hash)).to.deep.equal([a.stateHash(guild), a.stateHash(channel)]);
  });

  it('verifies a fork, and says what is void', () => {
    const { a, b, guild, ban } = forked();
    for (const server of [a, b]) {
      const report = check(exported(server, guild));
      expect(report.faults).to.deep.equal([]);
      expect(report.rooms[0]?.void).to.deep.equal([ban]);
      expect(report.equivocations).to.deep.equal([]);
    }
  });

  it('needs neither a closing line nor the exporter’s order', () => {
    const { a, guild } = forked();
    const lines = exported(a, guild).slice(0, -1);
    const report = check(lines);
    expect(report.verified).to.equal(true);
    expect(report.rooms[0]?.as_claimed).to.equal(null);
    const [ban, demotion] = [lineOf(lines, '"membership":"ban"'), lineOf(lines, '"roles":[]')];
    const swapped = lines.with(ban, lines[demotion] as string).with(demotion, lines[ban] as string);
    expect(check(swapped).rooms[0]?.state_hash).to.equal(a.stateHash(guild));
    expect(faults(swapped)).to.deep.equal([]);
  });

  it('EXP-7: judges by no present state: what is soft-failed on the way, a channel’s create event among it, stands', () => {
    const { a, b, guild, stays } = smallWorld();
    a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: [] }, BOB);
    b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL);
    const made = b.start('m.channel.create', { guild, kind: 'text' }, guild, BOB).room_id;
    b.pull(a, guild);
    const lines = exported(b, made);
    const [ban, demotion] = [lineOf(lines, '"membership":"ban"'), lineOf(lines, '"roles":[]')];
    const swapped = lines.with(ban, lines[demotion] as string).with(demotion, lines[ban] as string);
    for (const file of [lines, swapped]) {
      const report = check(file);
      expect(report.faults).to.deep.equal([]);
      expect(report.rooms.map((room) => [room.as_claimed, room.state_hash])).to.deep.equal(
        [guild, made].map((room) => [true, b.stateHash(room)]),
      );
    }
    // Where the create event itself is not followed yet there is nothing to export.
    a.pull(b, guild);
    a.pull(b, made);
    expect(a.rooms.room(made)?.extremities).to.deep.equal([]);
    expect(() => exported(a, made)).to.throw(RangeError);
  });

  describe('finds', () => {
    let world: SmallWorld;
    let lines: string[];
    beforeEach(() => {
      world = smallWorld();
      lines = exported(world.a, world.channel);
    });

    it('a changed text: the content does not fit its hash', () => {
      const at = lineOf(lines, '"hello"');
      expect(faults(lines.with(at, (lines[at] as string).replace('hello', 'hullo')))).to.deep.equal([`${at + 1} EV-15`]);
    });

    it('a changed author, and what cited the event', () => {
      const at = lineOf(lines, '"m.room.join_rules"');
      const found = check(lines.with(at, (lines[at] as string).replace('"public"', '"invite"')));
      // The rule is under the ID: it is another event now, which nobody signed.
      const rules = found.faults.map(({ line, rule }) => `${line} ${rule}`);
      expect(rules).to.include.members([`${at + 1} SIG-5`, `${at + 2} ${EXPORT_RULES.PAST}`, `0 ${EXPORT_RULES.ROOMS}`]);
      expect(found.missing).to.have.length(1);
      expect(found.events.find((one) => one.line === at + 2)?.verdict).to.equal('unjudged');
    });

    it('a signature of something else, a cut one, and one by an inadmissible key', () => {
      const at = lineOf(lines, '"hello"');
      const other = JSON.parse(lines[at - 1] as string).signatures;
      const swap = edit(lines, at, (event) => (event.signatures = other));
      expect(faults(swap)).to.deep.equal([`${at + 1} SIG-5`, `${lines.length} EXP-8`, `${lines.length} EXP-8`]);
      const cut = edit(lines, at, (event) => {
        const [key] = event.signed_by;
        event.signatures['a.example'][key] = event.signatures['a.example'][key].slice(0, 80);
      });
      expect(faults(cut)[0]).to.equal(`${at + 1} EV-19`);
      // y = 1: the identity.
      const identity = keyId(Uint8Array.of(1, ...new Uint8Array(31)));
      const weak = edit(lines, at, (event) => {
        event.signed_by = [identity];
        event.signatures = { 'a.example': { [identity]: Object.values(event.signatures['a.example'])[0] } };
      });
      expect(faults(weak).slice(0, 2)).to.deep.equal([`${at + 1} EV-15`, `${at + 1} KEY-3`]);
    });

    it('an event that is missing: named, with the lines that cite it', () => {
      const at = lineOf(lines, '"m.guild.authority"');
      const { event_id } = check(lines).events.find((one) => one.line === at + 1) as { event_id: string };
      const report = check(lines.toSpliced(at, 1));
      expect(report.missing.map((one) => one.event_id)).to.deep.equal([event_id]);
      expect(report.missing[0]?.cited_by_lines[0]).to.equal(at + 1);
      expect(report.faults.find((one) => one.line === at + 1)?.rule).to.equal(EXPORT_RULES.PAST);
      expect(reportText(report)).to.include(`cites ${event_id}, which is not in the file`);
    });

    it('events before their past, twice, and of other rooms', () => {
      const at = lineOf(lines, '"m.room.join_rules"');
      const [one, two] = [lines[at] as string, lines[at + 1] as string];
      expect(faults(lines.with(at, two).with(at + 1, one))).to.deep.equal([`${at + 1} EXP-4`]);
      expect(faults(lines.toSpliced(at, 0, one))).to.deep.equal([`${at + 2} EXP-3`]);
      const strange = exported(smallWorldOf('other'), smallWorldOf.guild);
      expect(faults(lines.toSpliced(at, 0, strange[1] as string))).to.deep.equal([`${at + 1} EXP-6`]);
      const guildOnly = exported(world.a, world.guild);
      expect(faults(guildOnly.with(0, lines[0] as string))).to.deep.equal(['0 EXP-6']);
    });

    it('an event by somebody who may not', () => {
      const { a, channel, guild } = world;
      const room = a.rooms.room(channel);
      const prev = room?.extremities ?? [];
      const heads = a.rooms.room(guild)?.extremities ?? [];
      const fields = { room_id: channel, type: 'm.channel.name', sender: CAROL, state_key: '', content: { name: 'mine' } };
      const event = buildEvent({ ...fields, origin_ts: 5_000, prev_events: prev, guild_heads: heads }, VERSION, [a.daily]);
      const report = check(lines.toSpliced(-1, 0, canonicalJson(event.pdu)));
      expect(report.faults).to.have.length(1);
      expect(report.events.at(-1)).to.include({ verdict: 'rejected', event_id: event.event_id });
      expect(report.faults[0]?.rule).to.match(/^AUTH-/);
      const stranger = buildEvent({ ...fields, origin_ts: 5_000, prev_events: prev, guild_heads: heads }, VERSION, [signer('nobody')]);
      expect(check(lines.toSpliced(-1, 0, canonicalJson(stranger.pdu))).faults[0]?.rule).to.equal(RULES.KEY_LISTED);
    });

    it('claims that are wrong', () => {
      const last = lines.length - 1;
      const { guild, channel } = world;
      const heads = edit(lines, last, (closing) => (closing.heads[guild] = []));
      expect(faults(heads)).to.deep.equal([`${last + 1} EXP-8`]);
      const hash = edit(lines, last, (closing) => (closing.state_hash[channel] = closing.state_hash[guild]));
      expect(faults(hash)).to.deep.equal([`${last + 1} EXP-9`]);
      const report = check(hash);
      expect(report.rooms.map((room) => room.as_claimed)).to.deep.equal([true, false]);
      const more = edit(lines, last, (closing) => (closing.heads['!x:y'] = []));
      expect(faults(more)).to.deep.equal([`${last + 1} EXP-8`]);
      expect(faults([...lines, lines[1] as string])).to.deep.equal([`${last + 2} EXP-8`]);
      const polluted = lines.with(last, '{"heads":{"__proto__":[]},"state_hash":{"constructor":""}}');
      expect(faults(polluted).every((one) => one.startsWith(`${last + 1} EXP-`))).to.equal(true);
    });

    it('lines that are no strict JSON, and files that are no export', () => {
      expect(faults(lines.toSpliced(3, 0, ''))).to.deep.equal(['4 CJ-3']);
      expect(faults(lines.toSpliced(3, 0, '{"a":1,"a":2}'))).to.deep.equal(['4 CJ-9']);
      expect(faults(lines.toSpliced(3, 0, '[]'))).to.deep.equal(['4 EV-2']);
      expect(faults([])).to.deep.equal(['0 EXP-2']);
      expect(faults(['hello', ...lines])).to.deep.equal(['1 CJ-3']);
      expect(faults(lines.slice(1))).to.deep.equal(['1 EXP-2']);
      expect(faults(edit(lines, 0, (header) => (header.openguild_export = 2)))).to.deep.equal(['1 EXP-2']);
      expect(faults(edit(lines, 0, (header) => (header.room_version = 'x')))).to.deep.equal(['1 EV-1']);
      expect(faults(edit(lines, 0, (header) => (header.more = 1)))).to.deep.equal(['1 EXP-2']);
    });

    it('nothing wrong with a redacted copy', () => {
      const at = lineOf(lines, '"hello"');
      const [event] = [...world.a.rooms.events(world.channel)].filter((stored) => stored.event.content['body'] === 'hello');
      if (event === undefined) throw new Error('no message');
      const report = check(lines.with(at, canonicalJson(redactEvent(event.event, VERSION).pdu)));
      expect(report.faults).to.deep.equal([]);
      expect(report.events.find((one) => one.line === at + 1)?.redacted).to.equal(true);
    });
  });

  it('proves an equivocation by both events and their signatures', () => {
    const { a, b, channel } = smallWorld();
    const before = a.rooms.room(channel)?.extremities ?? [];
    const said = a.add(channel, OLGA, 'm.room.message', { body: 'to b' });
    const heads = said.guild_heads;
    const fields = { room_id: channel, type: 'm.room.message', sender: CAROL, content: { body: 'to others' } };
    const other = buildEvent({ ...fields, origin_ts: 9_000, prev_events: before, guild_heads: heads }, VERSION, [a.daily]);
    expect(a.receive(other)).to.equal('accepted');
    b.pull(a, channel);
    b.add(channel, BOB, 'm.room.message', { body: 'I heard both' });
    for (const one of [a, b]) {
      const report = check(exported(one, channel));
      if (one === b) expect(report.verified).to.equal(true);
      expect(report.equivocations).to.have.length(1);
      const [found] = report.equivocations;
      expect(found).to.include({ server: 'a.example', room_id: channel });
      expect(found?.events.map((event) => event.event_id)).to.deep.equal([said.event_id, other.event_id]);
      for (const [i, event] of [said, other].entries())
        expect(found?.events[i]?.signatures).to.deep.equal((event.pdu['signatures'] as Record<string, unknown>)['a.example']);
      expect(reportText(report)).to.include('equivocations proven: 1');
    }
  });

  it('takes one altered byte anywhere for what it is', () => {
    const { a, channel } = smallWorld();
    const lines = exported(a, channel);
    const seed = Number(process.env['SEED'] ?? 20_261_121);
    let state = seed;
    const random = (below: number): number => (state = (state * 48_271) % 2_147_483_647) % below;
    for (let round = 0; round < 60; round++) {
      const at = random(lines.length);
      const line = lines[at] as string;
      const place = random(line.length);
      const code = (line.charCodeAt(place) + 1 + random(94)) % 127;
      const altered = line.slice(0, place) + String.fromCharCode(code) + line.slice(place + 1);
      if (altered === line) continue;
      const report = check(lines.with(at, altered));
      expect(report.verified, `SEED=${seed}, round ${round}: line ${at + 1}, byte ${place}: ${altered}`).to.equal(false);
    }
  }).timeout(60_000);
});

/** Another guild, of the same people, made at another time. */
function smallWorldOf(_name: string): SmallWorld['a'] {
  const { a } = smallWorld();
  a.clock = 77_000;
  smallWorldOf.guild = a.start('m.guild.create', { ...a.keys }).room_id;
  return a;
}
smallWorldOf.guild = '';
