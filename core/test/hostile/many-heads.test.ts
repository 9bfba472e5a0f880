import {
  authSelection,
  base64encode,
  blake3,
  buildEvent,
  checkCopy,
  keyId,
  MemoryRooms,
  NATIVE_VERSION,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
  type Signer,
  utf8Encode,
} from '@openguild/core';
import { expect } from 'chai';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const OLGA = '@olga:a.example';

/** Signatures are not what is tested here, and 64 zero bytes are a cheap one. */
const cheap = (name: string): Signer => ({ key_id: keyId(blake3(utf8Encode(name))), sign: () => new Uint8Array(64) });

/** A plain room with a member on each of many servers. */
class Crowd {
  readonly rooms = new MemoryRooms(() => true);
  readonly room: string;
  readonly servers: readonly string[];
  #clock = 1;

  constructor(count: number) {
    const a = cheap('a.example');
    const content = { room_version: VERSION.id, root: a.key_id, keys: [a.key_id] };
    const create = { type: 'm.room.create', sender: OLGA, state_key: '', content };
    this.room = this.rooms.start(create, this.#context('a.example'), VERSION).event?.room_id as string;
    this.join(OLGA);
    this.make(OLGA, 'm.room.join_rules', { join_rule: 'public' }, '');
    this.servers = Array.from({ length: count }, (_, i) => `s${i}.example`);
    for (const server of this.servers) {
      const root = cheap(server).key_id;
      this.make(OLGA, 'm.server.admission', { root, keys: [root], rank: 0, proof: base64encode(new Uint8Array(64)) }, server);
      this.join(`@u:${server}`);
    }
  }

  join(user: string): void {
    this.make(user, 'm.room.member', { membership: 'join', root: cheap(user.slice(user.indexOf(':') + 1)).key_id }, user);
  }

  make(sender: string, type: string, content: RoomEvent['content'], stateKey?: string): RoomEvent {
    const draft = { type, sender, content, ...(stateKey === undefined ? {} : { state_key: stateKey }) };
    const created = this.rooms.create(this.room, draft, this.#context(sender.slice(sender.indexOf(':') + 1)));
    if (created.event === null) throw new Error(JSON.stringify(created.outcome));
    return created.event;
  }

  /** A message that cites this event alone, as if its server knew nothing newer. */
  say(server: string, prev: string): string {
    const sender = `@u:${server}`;
    const signer = cheap(server);
    const fields = { type: 'm.room.message', sender, room_id: this.room, origin_ts: this.#clock++, content: {}, prev_events: [prev] };
    const sketch = {
      ...fields,
      event_id: '',
      state_key: undefined,
      auth_events: [],
      guild_heads: [],
      signed_by: [signer.key_id],
      pdu: {},
      redacted: false,
    };
    const auth_events = this.rooms.ask(this.room, (room) => room.judgeAt([prev], (view) => authSelection(sketch, view, 'plain')));
    const copy = checkCopy(buildEvent({ ...fields, auth_events }, VERSION, [signer]).pdu, VERSION);
    if (!copy.ok) throw new Error(copy.detail);
    const receipt = this.rooms.receive(copy.value, VERSION);
    if (receipt.missing !== null) throw new Error('missing');
    return 'fault' in receipt.outcome ? receipt.outcome.fault.rule : receipt.outcome.kind;
  }

  get extremities(): readonly string[] {
    return this.rooms.room(this.room)?.extremities ?? [];
  }

  #context(server: string): { now: number; signers: readonly Signer[] } {
    return { now: this.#clock++, signers: [cheap(server)] };
  }
}

/**
 * Servers, each with the four heads that ENG-14 leaves it. OPENGUILD_SERVERS=2500 for 10,000 heads: each event is judged by the state of all heads together, so the cost of one grows with
 * their number, and that of all of them with its square.
 */
const SERVERS = Number(process.env['OPENGUILD_SERVERS'] ?? 100);

describe('hostile shapes: many heads', function () {
  this.timeout(1_800_000);

  it('a star of one origin: from the fifth branch on it is soft-failed (ENG-14), and merging goes on', () => {
    const crowd = new Crowd(1);
    const [head] = crowd.extremities as [string];
    const outcomes = Array.from({ length: 2_000 }, () => crowd.say('s0.example', head));
    expect(outcomes.slice(0, 4)).to.deep.equal(Array(4).fill('accepted'));
    expect(new Set(outcomes.slice(4))).to.deep.equal(new Set(['ENG-14']));
    expect(crowd.make('@:a.example', 'm.room.merge', {}).prev_events.length).to.equal(4);
    expect(crowd.extremities.length).to.equal(1);
    expect(crowd.say('s0.example', crowd.extremities[0] as string)).to.equal('accepted');
  });

  it(`${4 * SERVERS} heads of ${SERVERS} origins: a server cites its own first (ENG-12), so that it can always merge them`, () => {
    const crowd = new Crowd(SERVERS);
    const [head] = crowd.extremities as [string];
    for (let round = 0; round < 4; round++) for (const server of crowd.servers) expect(crowd.say(server, head)).to.equal('accepted');
    expect(crowd.extremities.length).to.equal(4 * SERVERS);
    let merges = 0;
    for (; crowd.extremities.length > 1 && merges < 4 * SERVERS; merges++) {
      const before = crowd.extremities.length;
      expect(crowd.make('@:a.example', 'm.room.merge', {}).prev_events.length).to.be.at.most(20);
      expect(crowd.extremities.length).to.be.below(before);
    }
    expect(crowd.extremities.length).to.equal(1);
    // The first takes twenty heads, each further one nineteen and the last merge.
    expect(merges).to.equal(Math.ceil((4 * SERVERS - 1) / 19));
  });
});
