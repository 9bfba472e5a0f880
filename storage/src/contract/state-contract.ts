import { expect } from 'chai';
import type { StateChange, StateEntry, StoredEvent } from '@openguild/core';
import type { ContractContext } from './contract-suite.ts';
import { SampleRoom } from './sample-events.ts';

type Model = ReadonlyMap<string, string>;

/** Long enough for many levels of skips. */
const LENGTH = 700;
/** Far above what a walk of bounded length takes, far below what replaying the whole chain for each state would. */
const MAX_MS_PER_STATE = 20;

const apply = (state: Model, delta: readonly StateChange[]): Model => {
  const next = new Map(state);
  for (const [type, key, id] of delta) {
    if (id === null) next.delete(JSON.stringify([type, key]));
    else next.set(JSON.stringify([type, key]), id);
  }
  return next;
};
const modelOf = (entries: readonly StateEntry[] | undefined): Model | undefined =>
  entries && new Map(entries.map(([type, key, id]) => [JSON.stringify([type, key]), id]));

export function stateContract({ store }: ContractContext): void {
  /** Commits an event and what its state must be. */
  const put = (room: SampleRoom, states: Map<string, Model>, stored: StoredEvent): Promise<unknown> => {
    const base = stored.state_base === null ? new Map() : (states.get(stored.state_base) as Model);
    states.set(stored.event.event_id, apply(base, stored.state_delta));
    return store().rooms.commit(room.commit(stored));
  };

  it('knows the state after every event of a long chain with changes, removals and messages', async () => {
    const room = new SampleRoom('guild');
    const states = new Map<string, Model>();
    const writes: Promise<unknown>[] = [];
    for (let i = 0; i < LENGTH; i++) {
      const removal: StateChange[] = [['m.sample', `k${(i * 7) % 40}`, null]];
      const options = i % 11 === 5 ? { delta: removal } : i % 3 === 1 ? {} : { stateKey: `k${(i * i) % 40}` };
      writes.push(put(room, states, room.event(options)));
    }
    await Promise.all(writes);
    for (const [id, expected] of states) expect(modelOf(await store().rooms.stateAfter(room.room_id, id)), id).to.deep.equal(expected);
  });

  it('knows states on branches and after merges', async () => {
    const room = new SampleRoom('guild');
    const states = new Map<string, Model>();
    let tips = [room.event({ stateKey: '' })];
    await put(room, states, tips[0] as StoredEvent);
    for (let round = 0; round < 25; round++) {
      const [from] = tips as [StoredEvent];
      const branches: StoredEvent[] = [];
      for (let branch = 0; branch < 3; branch++) {
        let at = from;
        for (let i = 0; i <= branch + (round % 5); i++) {
          at = room.event({ prev: [at], stateKey: `k${branch}${i}` });
          await put(room, states, at);
        }
        branches.push(at);
      }
      const delta: StateChange[] = [
        ['m.sample', `k1${round % 3}`, null],
        ['m.merged', String(round % 4), `$m${round}`],
      ];
      const merge = room.event({ prev: branches, delta });
      await put(room, states, merge);
      tips = [merge];
    }
    for (const [id, expected] of states) expect(modelOf(await store().rooms.stateAfter(room.room_id, id)), id).to.deep.equal(expected);
  });

  it('lists each entry once, and tells pairs apart that look alike when joined', async () => {
    const room = new SampleRoom('guild');
    const pairs: StateChange[] = [
      ['ab', 'c', '$1'],
      ['a', 'bc', '$2'],
      ['abc', '', '$3'],
      ['', 'abc', '$4'],
      ['1:a', 'b', '$5'],
      ['1', ':ab', '$6'],
      ['m\u0000a', 'b', '$7'],
      ['m', 'a\u0000b', '$8'],
      ['m\u0001a', 'b', '$9'],
      ['\u0000', '', '$10'],
      ['', '\u0000', '$11'],
    ];
    const first = room.event({ delta: pairs });
    await store().rooms.commit(room.commit(first));
    const second = room.event({ delta: pairs.slice(0, 3).map(([type, key]) => [type, key, '$new']) });
    await store().rooms.commit(room.commit(second));
    const entries = (await store().rooms.stateAfter(room.room_id, second.event.event_id)) ?? [];
    expect(entries).to.have.length(pairs.length);
    expect(modelOf(entries)).to.deep.equal(apply(apply(new Map(), pairs), second.state_delta));
  });

  it('has no state after rejected, but one after soft-failed events', async () => {
    const room = new SampleRoom('guild');
    const create = room.event({ stateKey: '' });
    await store().rooms.commit(room.commit(create));
    const rejected = room.event({ stateKey: 'r', rejected: { rule: 'AUTH-1.1', detail: '' } });
    const soft = room.event({ stateKey: 's', softFailed: { rule: 'AUTH-2.7', detail: '' } });
    await store().rooms.commit(room.commit(rejected));
    await store().rooms.commit(room.commit(soft));
    expect(await store().rooms.stateAfter(room.room_id, rejected.event.event_id)).to.equal(undefined);
    expect(await store().rooms.stateAfter(room.room_id, soft.event.event_id)).to.have.length(2);
    expect(await store().rooms.stateAfter('!other:a.example', create.event.event_id)).to.equal(undefined);
  });

  it('reads the state at the end of a chain in bounded time', async () => {
    const room = new SampleRoom('guild');
    const commits = Array.from({ length: 4_000 }, (_, i) => room.next({ stateKey: `k${i % 50}` }));
    await Promise.all(commits.map((commit) => store().rooms.commit(commit)));
    const last = commits.slice(-50).map((commit) => commit.effects.stored.event.event_id);
    const start = process.hrtime.bigint();
    for (const id of last) expect(await store().rooms.stateAfter(room.room_id, id)).to.have.length(50);
    expect(Number(process.hrtime.bigint() - start) / 1e6 / last.length).to.be.lessThan(MAX_MS_PER_STATE);
  });
}
