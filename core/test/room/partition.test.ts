import { expect } from 'chai';
import { RULES } from '../../src/auth/rule-ids.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import { explainText } from '../../src/room/explain-text.ts';
import { baseGuild, type BaseGuild, BOB, CAROL, grant, message, OLGA } from './base-guild.ts';
import type { MemoryHost } from './memory-host.ts';

interface Partition extends BaseGuild {
  readonly demote: RoomEvent;
  readonly nameByOlga: RoomEvent;
  readonly nameByBob: RoomEvent;
  readonly ban: RoomEvent;
  readonly said: RoomEvent;
}

/** While a and b do not hear each other: olga takes bob's role and renames; bob renames, bans carol, and writes. */
function partition(): Partition {
  const base = baseGuild();
  const { a, b, guild, channel, stays } = base;
  for (const host of [a, b]) for (const event of base.events.filter((one) => one.room_id === channel)) host.receiveEvent(event);
  const demote = grant(a, guild, BOB, [], stays[BOB] as string);
  const nameByOlga = a.add(channel, OLGA, 'm.channel.name', { name: 'town-square' }, '');
  b.clock += 10_000;
  const nameByBob = b.add(channel, BOB, 'm.channel.name', { name: 'bobs-place' }, '');
  const ban = b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL);
  const said = message(b, channel, BOB, 'mine now');
  return { ...base, demote, nameByOlga, nameByBob, ban, said };
}

function heal(p: Partition): void {
  for (const event of [p.ban, p.nameByBob, p.said]) p.a.receiveEvent(event);
  for (const event of [p.demote, p.nameByOlga]) p.b.receiveEvent(event);
}

function holder(host: MemoryHost, roomId: string, type: string, key = ''): string | undefined {
  return host.serve(host.room(roomId), () => host.room(roomId).currentState()).get(type, key);
}

describe('two hosts after a partition', () => {
  it('both have the owner’s name, carol is in, and bob’s ban is void', () => {
    const p = partition();
    expect(holder(p.b, p.guild, 'm.room.member', CAROL)).to.equal(p.ban.event_id);
    heal(p);
    for (const host of [p.a, p.b]) {
      expect(holder(host, p.guild, 'm.room.member', CAROL)).to.equal(p.stays[CAROL]);
      expect(holder(host, p.guild, 'm.guild.member_roles', BOB)).to.equal(p.demote.event_id);
    }
    expect(p.a.stateHash(p.guild)).to.equal(p.b.stateHash(p.guild));
    expect(holder(p.b, p.channel, 'm.channel.name')).to.equal(p.nameByOlga.event_id);
  });

  it('soft-fails what cites the ban until a guild event covers it, then shows it', () => {
    const p = partition();
    heal(p);
    expect(p.a.stored.get(p.ban.event_id)?.fault?.rule).to.equal(RULES.BIT_BAN);
    expect(p.a.stored.get(p.ban.event_id)?.soft_failed).to.equal(true);
    expect(p.a.stored.get(p.said.event_id)?.fault?.rule).to.equal(RULES.AHEAD);
    expect(p.a.history(p.channel)).to.not.include(p.said.event_id);
    expect(p.a.rejudge(p.said.event_id).effects).to.equal(null);
    const merge = p.b.add(p.guild, '@:b.example', 'm.room.merge', {});
    expect(p.a.receiveEvent(merge).effects?.enters_history).to.deep.equal([p.ban.event_id, merge.event_id]);
    for (const event of [p.nameByBob, p.said]) p.a.rejudge(event.event_id);
    expect(p.a.stored.get(p.nameByBob.event_id)?.fault?.rule).to.equal(RULES.BIT_CHANNEL);
    expect(p.a.rejudge(p.said.event_id).outcome.kind).to.equal('known');
    expect(p.a.history(p.channel)).to.include(p.said.event_id);
    expect(p.a.history(p.channel)).to.deep.equal(p.b.history(p.channel));
    for (const room of [p.guild, p.channel]) expect(p.a.stateHash(room)).to.equal(p.b.stateHash(room));
  });

  it('gives the same answers when everything in memory was forgotten', () => {
    const p = partition();
    heal(p);
    const before = [p.guild, p.channel].map((room) => [p.b.stateHash(room), p.b.history(room)]);
    p.b.reopen();
    expect([p.guild, p.channel].map((room) => [p.b.stateHash(room), p.b.history(room)])).to.deep.equal(before);
    message(p.b, p.channel, BOB, 'after a restart');
  });

  it('explains, rule by rule', () => {
    const p = partition();
    heal(p);
    const guild = p.b.room(p.guild);
    const ban = p.b.serve(guild, () => guild.explain(p.ban.event_id));
    expect(ban.verdict).to.equal('accepted');
    expect(ban.by_its_past.map((step) => step.rule)).to.include(RULES.BIT_BAN);
    expect(ban.effect?.void).to.equal(true);
    expect(ban.effect?.trace?.events.find((one) => one.id === p.ban.event_id)?.reason).to.deep.include({
      clause: 'b',
      by: p.demote.event_id,
    });
    const channel = p.b.room(p.channel);
    const name = explainText(p.b.serve(channel, () => channel.explain(p.nameByBob.event_id)));
    expect(name).to.include('Not in force').and.to.include(p.nameByOlga.event_id);
    expect(explainText(ban)).to.include(`RES-6  ${p.ban.event_id}`).and.to.include(`once ${p.demote.event_id} is in place`);
    expect(name).to.include(`RES-8  m.channel.name: ${p.nameByOlga.event_id}`).and.not.to.include('rank null');
    const onA = p.a.room(p.channel);
    const said = explainText(p.a.serve(onA, () => onA.explain(p.said.event_id)));
    expect(said).to.include(`soft-failed here by ${RULES.AHEAD}`);
  });
});
