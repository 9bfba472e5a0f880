import { expect } from 'chai';
import { base64encode } from '../../src/crypto/base64.ts';
import { publicKeyOf } from '../../src/crypto/key-id.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { PublishedKeys } from '../../src/event/published-keys.ts';
import { signJson } from '../../src/event/sign-json.ts';
import type { EventDraft, RoomEvent, Signer } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { MemoryRooms } from '../../src/verify/memory-rooms.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { roomVersion, roomVersionIds, type RoomVersion } from '../../src/version/room-version.ts';
import { signer } from '../verify/small-world.ts';

const verify = portableVerifier();
const NOW = 1_700_000_000_000;
const ANNA = '@anna:a.example';
const BERT = '@bert:b.example';
const CARA = '@cara:c.example';

const keys = new PublishedKeys(verify);
const signers = new Map<string, Signer>(
  ['a', 'b', 'c'].map((letter) => {
    const key = signer(`${letter}.example/matrix-create`);
    const published = { ...key, key_id: 'ed25519:1' };
    const raw = base64encode(publicKeyOf(key.key_id) as Uint8Array);
    const document = { server_name: `${letter}.example`, valid_until_ts: NOW * 2, verify_keys: { 'ed25519:1': { key: raw } } };
    keys.add(signJson(document, document.server_name, published), NOW);
    return [`${letter}.example`, published];
  }),
);

/** A server of Matrix rooms: what it makes, and what it takes from others. */
class Server {
  readonly rooms = new MemoryRooms(verify, (check) => keys.isSigned(check));
  readonly version: RoomVersion;
  #clock = NOW;

  constructor(id: string) {
    this.version = roomVersion(id) as RoomVersion;
  }

  start(): string {
    const creator = this.version.authority !== 'native' && this.version.authority.creator === 'content' ? { creator: ANNA } : {};
    const named = this.version.roomId === 'given' ? { room_id: '!made:a.example' } : {};
    const draft = { type: 'm.room.create', sender: ANNA, state_key: '', content: creator };
    const { event } = this.rooms.start(draft, { ...this.#context(ANNA), ...named }, this.version);
    return (event as RoomEvent).room_id;
  }

  /** The event, or the rule that refuses it. */
  make(room: string, draft: EventDraft): RoomEvent | string {
    const { outcome, event } = this.rooms.create(room, draft, this.#context(draft.sender));
    return outcome.kind === 'refused' ? outcome.fault.rule : (event as RoomEvent);
  }

  take(event: RoomEvent): string {
    const copy = checkCopy(event.pdu, this.version);
    if (!copy.ok) return copy.rule;
    const receipt = this.rooms.receive(copy.value, this.version);
    return receipt.missing === null ? receipt.outcome.kind : 'waits';
  }

  hash(room: string): string {
    return this.rooms.ask(room, (one) => one.stateHash());
  }

  #context(sender: string): { now: number; signers: Signer[] } {
    return { now: this.#clock++, signers: [signers.get(sender.slice(sender.indexOf(':') + 1)) as Signer] };
  }
}

const state = (sender: string, type: string, content: JsonObject, stateKey = ''): EventDraft => ({
  type,
  sender,
  state_key: stateKey,
  content,
});
const member = (sender: string, membership: string, target = sender): EventDraft => state(sender, 'm.room.member', { membership }, target);
const message = (sender: string, body: string): EventDraft => ({ type: 'm.room.message', sender, content: { body } });

describe('making events of Matrix rooms', () => {
  for (const id of roomVersionIds().slice(1)) {
    it(`version ${id}: what one server makes another accepts, with the same state; merges included (ENG-12)`, () => {
      const [one, two] = [new Server(id), new Server(id)];
      const room = one.start();
      const listed = id === '12' ? {} : { [ANNA]: 100 };
      const drafts = [
        member(ANNA, 'join'),
        state(ANNA, 'm.room.power_levels', { users: { ...listed, [BERT]: 50 } }),
        state(ANNA, 'm.room.join_rules', { join_rule: 'invite' }),
        member(ANNA, 'invite', BERT),
        member(BERT, 'join'),
        message(BERT, 'hello'),
      ];
      for (const draft of drafts) expect(one.make(room, draft), draft.type).to.be.an('object');
      expect(one.make(room, message(CARA, 'let me in'))).to.equal('MX-6.1');
      expect(one.make(room, member(BERT, 'ban', ANNA))).to.equal('MX-5.6.2');
      const all = (): RoomEvent[] => [...one.rooms.events(room)].map(({ event }) => event);
      for (const event of all()) expect(two.take(event), event.type).to.equal('accepted');
      expect(two.hash(room)).to.equal(one.hash(room));

      // Both go on by themselves; what comes after the exchange cites both, a level deeper.
      const [left, right] = [
        one.make(room, state(ANNA, 'm.room.topic', { topic: 'a' })),
        two.make(room, state(BERT, 'm.room.topic', { topic: 'b' })),
      ];
      expect(two.take(left as RoomEvent)).to.equal('accepted');
      expect(one.take(right as RoomEvent)).to.equal('accepted');
      const merge = one.make(room, message(ANNA, 'both')) as RoomEvent;
      expect(merge.prev_events).to.have.members([(left as RoomEvent).event_id, (right as RoomEvent).event_id]);
      expect(merge.pdu['depth']).to.equal(9);
      expect(two.take(merge)).to.equal('accepted');
      expect(two.hash(room)).to.equal(one.hash(room));
      const types = merge.auth_events.map((cited) => one.rooms.stored(room, cited)?.event.type);
      expect(types).to.have.members([...(id === '12' ? [] : ['m.room.create']), 'm.room.power_levels', 'm.room.member']);
    });
  }
});
