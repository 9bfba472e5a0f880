import { expect } from 'chai';
import { conflictOf } from '../../src/draw/conflict-of.ts';
import { drawConflict } from '../../src/draw/draw-conflict.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import type { Explanation } from '../../src/room/explain.ts';
import { explainText } from '../../src/room/explain-text.ts';
import { MemoryRooms } from '../../src/verify/memory-rooms.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { roomVersion, type RoomVersion } from '../../src/version/room-version.ts';
import { signer } from '../verify/small-world.ts';

const ANNA = '@anna:a.example';
const BERT = '@bert:b.example';
const CARL = '@carl:c.example';
const LATE = 100;

/** Anna takes Bert's level while Bert bans Carl; both name the room; a message of Anna's merges all. */
class ForkedRoom {
  readonly version: RoomVersion;
  readonly rooms = new MemoryRooms(portableVerifier(), () => true);
  readonly create: RoomEvent;
  readonly carl: RoomEvent;
  readonly demotion: RoomEvent;
  readonly ban: RoomEvent;
  readonly names: readonly [byAnna: RoomEvent, byBert: RoomEvent];
  #clock = 1_000;

  constructor(id: string) {
    this.version = roomVersion(id) as RoomVersion;
    const creator = Number(id) < 11 ? { creator: ANNA } : {};
    const levels = (bert: number): JsonObject => ({ users: { [BERT]: bert, ...(id === '12' ? {} : { [ANNA]: 100 }) } });
    const create = this.#put(ANNA, 'm.room.create', { room_version: id, ...creator }, '', [], []);
    this.create = create;
    const anna = this.#put(ANNA, 'm.room.member', { membership: 'join' }, ANNA, [create], [create]);
    const first = this.#put(ANNA, 'm.room.power_levels', levels(50), '', [anna], [create, anna]);
    const rules = this.#put(ANNA, 'm.room.join_rules', { join_rule: 'public' }, '', [first], [create, first, anna]);
    const bert = this.#put(BERT, 'm.room.member', { membership: 'join' }, BERT, [rules], [create, first, rules]);
    const carl = this.#put(CARL, 'm.room.member', { membership: 'join' }, CARL, [bert], [create, first, rules]);
    this.carl = carl;
    this.demotion = this.#put(ANNA, 'm.room.power_levels', levels(0), '', [carl], [create, first, anna]);
    const byAnna = this.#put(ANNA, 'm.room.name', { name: 'square' }, '', [this.demotion], [create, this.demotion, anna]);
    this.#clock += LATE;
    this.ban = this.#put(BERT, 'm.room.member', { membership: 'ban' }, CARL, [carl], [create, first, bert, carl]);
    const byBert = this.#put(BERT, 'm.room.name', { name: 'mine' }, '', [this.ban], [create, first, bert]);
    this.names = [byAnna, byBert];
    this.#put(ANNA, 'm.room.message', { body: 'hello again' }, undefined, [byAnna, byBert], [create, this.demotion, anna]);
  }

  explain(event: RoomEvent): Explanation {
    return this.rooms.ask(event.room_id, (room) => room.explain(event.event_id));
  }

  #put(
    sender: string,
    type: string,
    content: JsonObject,
    stateKey: string | undefined,
    prev: readonly RoomEvent[],
    auth: readonly RoomEvent[],
  ): RoomEvent {
    const given = this.version.roomId === 'given';
    const room = given ? '!room:a.example' : this.create?.room_id;
    const depth = this.#clock++ - 999;
    const fields = {
      ...{ type, sender, content, origin_ts: 1_700_000_000_000 + depth, depth },
      prev_events: prev.map((one) => one.event_id),
      auth_events: auth.filter((one) => given || one.type !== 'm.room.create').map((one) => one.event_id),
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      ...(room === undefined ? {} : { room_id: room }),
    };
    const key = { ...signer(sender), key_id: 'ed25519:1' };
    const copy = checkCopy(buildEvent(fields, this.version, [key]).pdu, this.version);
    if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
    const receipt = this.rooms.receive(copy.value, this.version);
    if (receipt.missing !== null || !['accepted', 'soft-failed'].includes(receipt.outcome.kind)) throw new Error(JSON.stringify(receipt));
    return copy.value.event;
  }
}

for (const [version, algorithm] of [
  ['6', 'v2'],
  ['11', 'v2'],
  ['12', 'v2.1'],
] as const) {
  describe(`why a conflict came out as it did, by ${algorithm} in room version ${version}`, () => {
    const room = new ForkedRoom(version);

    it('as text', () => {
      const text = explainText(room.explain(room.ban));
      expect(text)
        .to.include('Not in force')
        .and.to.include(`${room.carl.event_id} holds its entry`)
        .and.to.include('Decided by the merge of');
      expect(text).to.match(new RegExp(`${room.ban.event_id.replaceAll('$', '\\$')}, ordered by power, level 50: refused by MX-5\\.6\\.2`));
      expect(text).to.include('m.room.member [@carl:c.example]');
      expect(explainText(room.explain(room.names[1]))).to.include('ordered by mainline, position 1: refused by MX-8.1');
      expect(explainText(room.explain(room.names[0]))).to.include('In force');
    });

    it('as JSON, of which nothing is lost on the way', () => {
      const explanation = room.explain(room.ban);
      expect(JSON.parse(JSON.stringify(explanation))).to.deep.equal(explanation);
      const whole = room.rooms.ask(room.create.room_id, (one) => one.resolution([room.names[0].event_id, room.names[1].event_id]));
      expect(JSON.parse(JSON.stringify(whole))).to.deep.equal(whole);
      // Of a privileged creator no number says the level (MX-13.2).
      expect(whole.v2.steps.find(({ id }) => id === room.demotion.event_id)?.level).to.equal(version === '12' ? null : 100);
      const trace = explanation.effect?.trace?.v2;
      expect(trace?.steps.find(({ id }) => id === room.ban.event_id)).to.deep.include({
        list: 'power',
        level: 50,
        fault: trace?.keys[0]?.candidates.find(({ id }) => id === room.ban.event_id)?.fault,
      });
      expect(trace?.keys.map(({ type, winner }) => [type, winner])).to.deep.equal([['m.room.member', room.carl.event_id]]);
      expect(trace?.mainline[0]).to.equal(room.demotion.event_id);
    });

    it('as a drawing, with the reason beside the loser', () => {
      const conflict = room.rooms.ask(room.create.room_id, (one) => conflictOf(one, room.ban.event_id));
      const fates = Object.fromEntries(conflict.events.filter(({ status }) => status !== '').map((one) => [one.event_id, one]));
      expect(Object.keys(fates)).to.have.members([room.ban.event_id, room.carl.event_id, room.demotion.event_id]);
      expect(fates[room.demotion.event_id]).to.include({ fate: 'decider' });
      expect(fates[room.ban.event_id]).to.include({ fate: 'loser', status: 'refused', subject: true });
      expect(fates[room.ban.event_id]?.reason).to.deep.include({ rule: 'MX-5.6.2' });
      expect(fates[room.carl.event_id]).to.include({ fate: 'winner', status: 'in force' });
      const { svg, mermaid } = drawConflict(conflict);
      for (const part of ['MX-5.6.2', 'refused', 'in force', `ban of ${CARL}`]) {
        expect(svg).to.include(part);
        expect(mermaid).to.include(part);
      }
    });

    it('as a drawing of what the mainline ordered', () => {
      const conflict = room.rooms.ask(room.create.room_id, (one) => conflictOf(one, room.names[1].event_id));
      expect(conflict.merged?.event_id).to.equal(room.names[0].event_id);
      expect(conflict.events.find((one) => one.event_id === room.names[1].event_id)?.reason?.rule).to.equal('MX-8.1');
    });
  });
}
