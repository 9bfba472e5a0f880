import { expect } from 'chai';
import { RULES } from '../../src/auth/rule-ids.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import type { EventFields, RoomEvent } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { baseGuild, CAROL, message, OLGA } from '../room/base-guild.ts';
import { MemoryHost, signer, VERSION } from '../room/memory-host.ts';
import { utf8Compare } from '../../src/json/utf8-order.ts';

function forged(good: RoomEvent, changes: Partial<EventFields>): RoomEvent {
  const { type, sender, content, room_id, origin_ts, prev_events, auth_events, guild_heads, state_key } = good;
  const cites = guild_heads.length > 0 ? { guild_heads } : { auth_events };
  const key = state_key === undefined ? {} : { state_key };
  return buildEvent(
    { ...{ type, sender, content, room_id, origin_ts: origin_ts + 1, prev_events }, ...key, ...cites, ...changes },
    VERSION,
    [signer('a.example/k1')],
  );
}

function ruleOf(host: MemoryHost, event: RoomEvent): string {
  const copy = checkCopy(event.pdu, VERSION);
  if (!copy.ok) return copy.rule;
  const { outcome } = host.receive(copy.value);
  return 'fault' in outcome ? outcome.fault.rule : outcome.kind;
}

describe('hostile citations', () => {
  it('auth events that are unneeded, doubled, lacking, rejected, unknown, or of another room: none of them is judged by, none is asked for', () => {
    const { a, guild } = baseGuild();
    const other = baseGuild();
    const good = a.add(guild, OLGA, 'm.guild.meta', { name: 'one' }, '');
    const [first] = good.auth_events as [string];
    const unneeded = a.history(guild).find((id) => !good.auth_events.includes(id) && id !== good.event_id) as string;
    const foreign = other.a.add(other.guild, OLGA, 'm.guild.meta', { name: 'foreign' }, '').event_id;
    const rejected = forged(good, { sender: CAROL });
    expect(ruleOf(a, forged(rejected, { auth_events: [] }))).to.equal(RULES.AUTH_SELECTION);
    expect(a.stored.get(forged(rejected, { auth_events: [] }).event_id)?.verdict).to.equal('rejected');
    const unknown = `$${'1'.repeat(32)}`;
    const before = a.stateHash(guild);
    for (const auth_events of [
      [...good.auth_events, unneeded],
      good.auth_events.slice(1),
      [...good.auth_events.slice(1), foreign],
      [],
      [foreign],
      [...good.auth_events.slice(1), forged(rejected, { auth_events: [] }).event_id],
      [...good.auth_events.slice(1), unknown],
      [...good.auth_events, unknown],
    ]) {
      expect(ruleOf(a, forged(good, { auth_events }))).to.equal(RULES.AUTH_SELECTION);
    }
    expect(ruleOf(a, forged(good, { auth_events: [first, first] }))).to.equal('EV-9');
    expect(a.stateHash(guild)).to.equal(before);
  });

  it('more than may be cited, or what is not sorted', () => {
    const { a, channel } = baseGuild();
    const said = message(a, channel, CAROL, 'hello');
    const ids = Array.from({ length: 21 }, (_, i) => forged(said, { origin_ts: i }).event_id);
    expect(ruleOf(a, forged(said, { prev_events: ids }))).to.equal('EV-8');
    expect(ruleOf(a, forged(said, { guild_heads: ids.slice(0, 11) }))).to.equal('EV-10');
    const backwards = [...ids.slice(0, 2)].sort((x, y) => utf8Compare(y, x));
    expect(checkCopy({ ...said.pdu, prev_events: backwards }, VERSION)).to.deep.include({ ok: false, rule: 'EV-8' });
    for (const wrong of [{}, 'x', null, [null], ['$x'], { length: 1 }]) {
      expect(checkCopy({ ...said.pdu, prev_events: wrong as JsonObject }, VERSION)).to.deep.include({ ok: false, rule: 'EV-8' });
    }
  });

  it('itself: an event’s ID follows from what it cites, so it never cites itself, and there are no circles', () => {
    const { a, channel } = baseGuild();
    const said = message(a, channel, CAROL, 'hello');
    // Another list of prev events is another event, and the signatures are not right for it.
    const onItself = checkCopy({ ...said.pdu, prev_events: [said.event_id] }, VERSION);
    if (!onItself.ok) throw new Error(onItself.detail);
    expect(onItself.value.event.event_id).to.not.equal(said.event_id);
    const { outcome } = a.receive(onItself.value);
    expect(outcome).to.include({ kind: 'dropped' });
    expect('fault' in outcome && outcome.fault.rule).to.equal('ENG-5');
    // Signed anew it is another event once more, which follows the first.
    let name = said.event_id;
    for (let i = 0; i < 100; i++) {
      const next = forged(said, { prev_events: [name] });
      expect(next.event_id).to.not.equal(name);
      name = next.event_id;
    }
  });

  it('a depth of its own is no part of a native event', () => {
    const { a, channel } = baseGuild();
    const said = message(a, channel, CAROL, 'hello');
    for (const depth of [0, -1, 2 ** 53 - 1, '9223372036854775807']) {
      expect(checkCopy({ ...said.pdu, depth }, VERSION)).to.deep.include({ ok: false, rule: 'EV-2' });
    }
  });
});
