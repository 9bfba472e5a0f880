import { expect } from 'chai';
import { RULES } from '../../src/auth/rule-ids.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import type { EventFields, RoomEvent } from '../../src/event/types.ts';
import { utf8Compare } from '../../src/json/utf8-order.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { ENGINE_RULES } from '../../src/room/engine-rules.ts';
import { Room } from '../../src/room/room.ts';
import { type RoomVersion, roomVersion } from '../../src/version/room-version.ts';
import { baseGuild, BOB, CAROL, grant, message, OLGA } from './base-guild.ts';
import { type MemoryHost, MissingEvents, signer, VERSION } from './memory-host.ts';

/** An event that no honest host makes: fields of a good one, some replaced. */
function forged(good: RoomEvent, changes: Partial<EventFields>, by = 'a.example/k1'): RoomEvent {
  const fields: EventFields = {
    type: good.type,
    sender: good.sender,
    content: good.content,
    room_id: good.room_id,
    origin_ts: good.origin_ts + 1,
    prev_events: [...good.prev_events],
    ...(good.state_key === undefined ? {} : { state_key: good.state_key }),
    ...(good.guild_heads.length > 0 ? { guild_heads: [...good.guild_heads] } : { auth_events: [...good.auth_events] }),
    ...changes,
  };
  return buildEvent(fields, VERSION, [signer(by)]);
}

/** What an event leaves behind; equal before and after for everything that must change nothing. */
function fingerprint(host: MemoryHost, rooms: readonly string[]): unknown {
  return rooms.map((room) => [host.stateHash(room), host.room(room).extremities, host.history(room)]);
}

describe('receiving hostile events', () => {
  it('drops a copy with a wrong signature and takes the right copy afterwards', () => {
    const { a, b, channel } = baseGuild();
    const said = message(b, channel, BOB, 'hello');
    const pdu = said.pdu as { signatures: Record<string, Record<string, string>> } & JsonObject;
    const [[server, [keyId]]] = Object.entries(pdu.signatures).map(([name, table]) => [name, Object.keys(table)]) as [[string, [string]]];
    const other = message(b, channel, BOB, 'other').pdu as typeof pdu;
    const before = fingerprint(a, [channel]);
    const swapped = { ...pdu, signatures: { [server]: { [keyId]: other.signatures[server]?.[keyId] as string } } };
    expect(a.receivePdu(swapped).outcome)
      .to.deep.include({ kind: 'dropped' })
      .and.to.have.nested.property('fault.rule', ENGINE_RULES.SIGNATURE);
    expect(fingerprint(a, [channel])).to.deep.equal(before);
    expect(a.receiveEvent(said).outcome.kind).to.equal('accepted');
  });

  it('rejects auth events that are not the selection, and what cites the rejected event', () => {
    const { a, guild } = baseGuild();
    const good = a.add(guild, OLGA, 'm.guild.meta', { name: 'one' }, '');
    const before = fingerprint(a, [guild]);
    const bad = forged(good, { auth_events: good.auth_events.slice(1) });
    expect(a.receiveEvent(bad).outcome).to.have.nested.property('fault.rule', RULES.AUTH_SELECTION);
    const follower = forged(good, { prev_events: [bad.event_id] });
    expect(a.receiveEvent(follower).outcome).to.have.nested.property('fault.rule', RULES.CITES_REJECTED);
    expect(fingerprint(a, [guild])).to.deep.equal(before);
  });

  it('rejects a channel event that cites a rejected guild event, and asks for an unknown one', () => {
    const { a, guild, channel } = baseGuild();
    const name = a.add(guild, OLGA, 'm.guild.meta', { name: 'one' }, '');
    const bad = forged(name, { sender: CAROL, content: { name: 'mine' } });
    expect(a.receiveEvent(bad).outcome.kind).to.equal('rejected');
    const said = message(a, channel, CAROL, 'hello');
    expect(a.receiveEvent(forged(said, { guild_heads: [bad.event_id] })).outcome).to.have.nested.property(
      'fault.rule',
      RULES.CITES_REJECTED_GUILD,
    );
    const unknown = `$${bad.event_id.slice(1, -2)}11`;
    expect(() => a.receiveEvent(forged(said, { guild_heads: [unknown] }))).to.throw();
    const elsewhere = forged(name, { origin_ts: 5 });
    expect(() => a.receiveEvent(forged(said, { guild_heads: [elsewhere.event_id] }))).to.throw(MissingEvents);
  });

  it('rejects a reply whose guild heads lie behind those of what it follows', () => {
    const { a, guild, channel } = baseGuild();
    const old = a.room(guild).extremities;
    a.add(guild, OLGA, 'm.guild.meta', { name: 'one' }, '');
    const said = message(a, channel, CAROL, 'new guild');
    const reply = forged(said, { prev_events: [said.event_id], guild_heads: old });
    expect(a.receiveEvent(reply).outcome).to.have.nested.property('fault.rule', RULES.FRONTIER);
  });

  it('rejects messages of a non-member, of one who may not speak, and by a key that is not listed', () => {
    const { a, guild, channel, stays } = baseGuild();
    const said = message(a, channel, CAROL, 'hello');
    const rule = (event: RoomEvent): string | undefined => {
      const { outcome } = a.receiveEvent(event);
      return 'fault' in outcome ? outcome.fault.rule : undefined;
    };
    expect(rule(forged(said, { sender: '@nobody:a.example' }))).to.equal(RULES.NOT_JOINED);
    expect(rule(forged(said, {}, 'a.example/k9'))).to.equal(RULES.KEY_LISTED);
    expect(rule(forged(said, { type: 'm.channel.name', state_key: '', content: { name: 'x' } }))).to.equal(RULES.BIT_CHANNEL);
    const overwrites = [{ kind: 'member', id: CAROL, allow: '0', deny: String(1 << 11), stay: stays[CAROL] as string }];
    a.add(guild, OLGA, 'm.channel.overwrites', { overwrites }, channel);
    expect(rule(forged(said, { guild_heads: a.room(guild).extremities }))).to.equal(RULES.BIT_CHANNEL);
    expect(a.create(channel, { type: 'm.room.message', sender: CAROL, content: {} }).outcome).to.have.nested.property(
      'fault.rule',
      RULES.BIT_CHANNEL,
    );
  });

  it('a question about the present state finds an event whole once a whole copy of it has come', () => {
    const { a, b, guild } = baseGuild();
    const meta = a.add(guild, OLGA, 'm.guild.meta', { name: 'one' }, '');
    b.receivePdu({ ...meta.pdu, content: { name: 'another' } });
    const name = (): unknown =>
      b.serve(b.room(guild), () => b.room(guild).judgeBy((view) => view.get('m.guild.meta')?.content['name'] ?? null));
    expect(name()).to.equal(null);
    b.receiveEvent(meta);
    expect(name()).to.equal('one');
  });

  it('takes one create event per room and no event without a past', () => {
    const { a, guild } = baseGuild();
    const meta = a.add(guild, OLGA, 'm.guild.meta', { name: 'one' }, '');
    expect(checkCopy(forged(meta, { prev_events: [], auth_events: [] }).pdu, VERSION)).to.deep.include({ ok: false, rule: 'EV-8' });
    const create = a.stored.get(a.history(guild)[0] as string)?.event as RoomEvent;
    expect(a.receiveEvent(create).outcome.kind).to.equal('known');
    const other = Room.fromCreate(meta, VERSION);
    expect(other).to.deep.include({ ok: false, rule: ENGINE_RULES.CREATE_FIRST });
  });

  it('ENG-1, ENG-2: a channel has the version of its guild, and both are of native versions', () => {
    const { a, guild, channel, events } = baseGuild();
    const other: RoomVersion = { ...VERSION, id: 'org.openguild.other' };
    const create = events.find((event) => event.room_id === channel && event.type === 'm.channel.create') as RoomEvent;
    const made = (event: RoomEvent, version: RoomVersion): unknown => {
      const content = { ...event.content, room_version: version.id };
      return Room.fromCreate({ ...event, content }, version, a.room(guild));
    };
    expect(made(create, VERSION)).to.deep.include({ ok: true });
    expect(made(create, other)).to.deep.include({ ok: false, rule: ENGINE_RULES.VERSION });
    const matrix = roomVersion('11') as RoomVersion;
    for (const event of [create, events[0] as RoomEvent])
      expect(made(event, matrix)).to.deep.include({ ok: false, rule: ENGINE_RULES.CREATE_FIRST });
  });

  it('makes no event that would have to be redacted to fit', () => {
    const { a, channel } = baseGuild();
    const { outcome, event } = a.create(channel, { type: 'm.room.message', sender: CAROL, content: { body: 'x'.repeat(70_000) } });
    expect(outcome).to.have.nested.property('fault.rule', 'EV-14');
    expect(event).to.equal(null);
  });

  it('follows four branches of one server, and more once they are merged', () => {
    const { a, b, guild, events } = baseGuild();
    for (const event of events) b.receiveEvent(event);
    const first = a.add(guild, OLGA, 'm.guild.meta', { name: '0' }, '');
    const forks = Array.from({ length: 24 }, (_, i) => forged(first, { content: { name: String(i + 1) } }));
    const outcomes = [first, ...forks].map((event) => b.receiveEvent(event).outcome);
    expect(outcomes.map((outcome) => outcome.kind)).to.deep.equal([...Array(4).fill('accepted'), ...Array(21).fill('soft-failed')]);
    expect(outcomes.at(-1)).to.have.nested.property('fault.rule', ENGINE_RULES.BRANCHES);
    expect(b.room(guild).extremities).to.have.length(4);
    const cited = [first, ...forks]
      .slice(0, 20)
      .map((event) => event.event_id)
      .sort(utf8Compare);
    const merge = forged(first, {
      type: 'm.room.merge',
      sender: '@:a.example',
      content: {},
      prev_events: cited,
      auth_events: [],
      state_key: undefined,
    } as never);
    expect(b.receiveEvent(merge).outcome.kind).to.equal('accepted');
    expect(b.room(guild).extremities).to.deep.equal([merge.event_id]);
  });

  it('shows equal histories whatever the order of arrival', () => {
    const { a, b, guild, channel, stays } = baseGuild();
    const fromA = [
      message(a, channel, OLGA, '1'),
      message(a, channel, CAROL, '2'),
      grant(a, guild, BOB, [], stays[BOB] as string),
      message(a, channel, OLGA, '3'),
    ];
    const fromB = [message(b, channel, BOB, 'x'), message(b, channel, BOB, 'y')];
    for (const event of fromB) a.receiveEvent(event);
    for (const event of fromA) b.receiveEvent(event);
    expect(a.history(channel, 2)).to.deep.equal(b.history(channel, 100));
    for (const room of [guild, channel]) expect(a.stateHash(room)).to.equal(b.stateHash(room));
    a.receiveEvent(message(b, channel, BOB, 'joins both'));
    expect(a.room(channel).extremities).to.deep.equal(b.room(channel).extremities);
    expect(a.history(channel, 3)).to.deep.equal(b.history(channel, 4));
  });
});
