import { expect } from 'chai';
import { RULES } from '../../src/auth/rule-ids.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { verdictKey } from '../../src/crypto/verdict-key.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import { MemoryRooms, MissingEventsError } from '../../src/verify/memory-rooms.ts';
import { BOB, CAROL, OLGA, SmallServer, smallWorld, VERSION } from './small-world.ts';

describe('rooms in memory', () => {
  it('say what is missing, change nothing, and take the same copy later', () => {
    const { a, guild } = smallWorld();
    const events = [...a.rooms.events(guild)].map((stored) => stored.event);
    const c = new SmallServer('c.example');
    const [create, second, third] = events as [(typeof events)[0], (typeof events)[0], (typeof events)[0]];
    expect(c.receive(create)).to.equal('accepted');
    expect(c.receive(third)).to.equal(second.event_id);
    expect(c.rooms.stored(guild, third.event_id)).to.equal(undefined);
    expect([c.receive(second), c.receive(third), c.receive(third)]).to.deep.equal(['accepted', 'accepted', 'known']);
    expect(() => c.rooms.ask(guild, (room) => room.explain('$nothing'))).to.throw(MissingEventsError);
    expect(() => c.rooms.ask('!nothing:c.example', (room) => room.stateHash())).to.throw(RangeError);
  });

  it('verify the signatures of a copy that waits once, however often and in whatever form it is given', () => {
    const { a, guild } = smallWorld();
    const copies = [...a.rooms.events(guild)].map(({ event }) => event.pdu);
    const asked = new Map<string, number>();
    const rooms = new MemoryRooms((check) => {
      asked.set(verdictKey(check), (asked.get(verdictKey(check)) ?? 0) + 1);
      return verifyPortable(check);
    });
    const give = (pdu: (typeof copies)[number] | undefined): string => {
      const copy = checkCopy(pdu as JsonValue, VERSION);
      if (!copy.ok) throw new Error(copy.detail);
      const receipt = rooms.receive(copy.value, VERSION);
      return receipt.missing === null ? receipt.outcome.kind : 'waits';
    };
    expect(give(copies[0])).to.equal('accepted');
    for (let round = 0; round < 2; round++) for (const pdu of copies.slice(2)) expect(give(pdu)).to.equal('waits');
    for (const pdu of copies.slice(1)) expect(give(pdu)).to.equal('accepted');
    expect(asked.size).to.be.at.least(copies.length);
    expect(new Set(asked.values())).to.deep.equal(new Set([1]));
    // Another signature of the same event is another question.
    const [last] = copies.slice(-1) as [JsonObject];
    const other = new MemoryRooms(verifyPortable);
    const signatures = Object.entries(last['signatures'] as JsonObject).map(([server, of]) => [
      server,
      Object.fromEntries(Object.keys(of as JsonObject).map((key) => [key, 'A'.repeat(86)])),
    ]);
    const wrong = checkCopy({ ...last, signatures: Object.fromEntries(signatures) }, VERSION);
    const right = checkCopy(last, VERSION);
    const create = checkCopy(copies[0] as JsonValue, VERSION);
    if (!wrong.ok || !right.ok || !create.ok) throw new Error('no copies');
    expect(other.receive(create.value, VERSION).missing).to.equal(null);
    expect(other.receive(right.value, VERSION).missing).to.have.length(1);
    expect(other.receive(wrong.value, VERSION)).to.have.nested.property('outcome.kind', 'dropped');
  });

  it('show a channel event that was ahead as soon as the guild covers what it cites', () => {
    const { a, b, guild, channel, stays } = smallWorld();
    a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: [] }, BOB);
    b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL);
    const said = b.add(channel, BOB, 'm.room.message', { body: 'mine now' });
    a.pull(b, guild);
    expect(a.receive(said)).to.equal('soft-failed');
    expect(a.rooms.stored(channel, said.event_id)?.fault?.rule).to.equal(RULES.AHEAD);
    b.pull(a, guild);
    const merge = b.add(guild, '@:b.example', 'm.room.merge', {});
    expect(a.receive(merge)).to.equal('accepted');
    expect(a.rooms.stored(channel, said.event_id)?.soft_failed).to.equal(false);
    expect(a.stateHash(channel)).to.equal(b.stateHash(channel));
    expect(a.rooms.room(channel)?.extremities).to.deep.equal(b.rooms.room(channel)?.extremities);
  });

  it('keep a channel whose create event is ahead, and show it once the guild covers what it cites', () => {
    const { a, b, guild, stays } = smallWorld();
    a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: [] }, BOB);
    b.add(guild, BOB, 'm.room.member', { membership: 'ban' }, CAROL);
    a.pull(b, guild);
    const create = b.start('m.channel.create', { guild, kind: 'text' }, guild, BOB);
    expect(a.receive(create)).to.equal('soft-failed');
    expect(a.rooms.stored(create.room_id, create.event_id)?.fault?.rule).to.equal(RULES.AHEAD);
    b.pull(a, guild);
    expect(a.receive(b.add(guild, '@:b.example', 'm.room.merge', {}))).to.equal('accepted');
    expect(a.rooms.stored(create.room_id, create.event_id)?.soft_failed).to.equal(false);
  });

  it('refuse what is refused, and keep no room whose create event does not stand', () => {
    const { a, guild } = smallWorld();
    const draft = { type: 'm.guild.meta', sender: CAROL, state_key: '', content: { name: 'mine' } };
    const refused = a.rooms.create(guild, draft, { now: 1, signers: [a.daily] });
    expect(refused).to.deep.include({ event: null, effects: null });
    expect(refused.outcome.kind).to.equal('refused');
    const c = new SmallServer('c.example');
    const [create] = [...a.rooms.events(guild)];
    const signatures = { 'a.example': { [a.daily.key_id]: 'A'.repeat(86) } };
    const copy = checkCopy({ ...create?.event.pdu, signatures }, VERSION);
    if (!copy.ok) throw new Error(copy.detail);
    expect(c.rooms.receive(copy.value, VERSION)).to.deep.nested.include({ 'outcome.kind': 'dropped' });
    expect(c.rooms.rooms).to.deep.equal([]);
  });
});
