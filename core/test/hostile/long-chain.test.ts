import { keyId, MemoryRooms, NATIVE_VERSION, blake3, roomVersion, type RoomVersion, utf8Encode } from '@openguild/core';
import { expect } from 'chai';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const OLGA = '@olga:a.example';
/** Signatures are not what is tested here, and 64 zero bytes are a cheap one. */
const SIGNER = { key_id: keyId(blake3(utf8Encode('a.example'))), sign: () => new Uint8Array(64) };

/** OPENGUILD_CHAIN=1000000 for as long a chain as one likes. */
const LENGTH = Number(process.env['OPENGUILD_CHAIN'] ?? 100_000);

describe(`hostile shapes: a chain of ${LENGTH} events`, function () {
  this.timeout(1_800_000);

  it('is taken in without a deep stack, and its last events cost about what its first did', () => {
    let clock = 1;
    const rooms = new MemoryRooms(() => true);
    const context = (): { now: number; signers: [typeof SIGNER] } => ({ now: clock++, signers: [SIGNER] });
    const content = { room_version: VERSION.id, root: SIGNER.key_id, keys: [SIGNER.key_id] };
    const create = rooms.start({ type: 'm.room.create', sender: OLGA, state_key: '', content }, context(), VERSION);
    const room = create.event?.room_id as string;
    const make = (type: string, stateKey: string | undefined, n: number): void => {
      const about = stateKey === undefined ? {} : { state_key: stateKey };
      const made = rooms.create(
        room,
        { type, sender: OLGA, content: stateKey === OLGA ? { membership: 'join', root: SIGNER.key_id } : { n }, ...about },
        context(),
      );
      if (made.event === null) throw new Error(JSON.stringify(made.outcome));
    };
    make('m.room.member', OLGA, 0);
    // A fifth of it is state, all of one entry.
    const stretch = (count: number): number => {
      const start = process.cpuUsage().user;
      for (let i = 0; i < count; i++) make(i % 5 === 0 ? 'm.room.topic' : 'm.room.message', i % 5 === 0 ? '' : undefined, i);
      return process.cpuUsage().user - start;
    };
    const part = Math.max(1, Math.floor(LENGTH / 20));
    stretch(part);
    const early = stretch(part);
    for (let i = 2; i < 19; i++) stretch(part);
    const late = stretch(part);
    expect(late / early, 'cost of the last part by that of the second').to.be.below(4);
    const history = rooms.ask(room, (one) => one.history(50));
    expect(history.events.length).to.equal(50);
    expect(history.events[0]?.depth).to.be.at.least(part * 20);
  });
});
