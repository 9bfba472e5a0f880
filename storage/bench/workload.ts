import { canonicalJson } from '@openguild/core';
import type { RoomCommit, Store } from '@openguild/storage';
import { SampleRoom } from '../dist/contract/sample-events.js';

/** A body that makes the canonical JSON of a sample message about 1 KB long. */
const BODY = 'abcdefghij klmnopqrs '.repeat(32);

/** Commits of messages of 1 KB, `each` in every one of `rooms` rooms, which are made first. */
export function messages(rooms: number, each: number): { readonly creates: RoomCommit[]; readonly writers: RoomCommit[][] } {
  const made = Array.from({ length: rooms }, (_, i) => new SampleRoom(`room${i}`));
  return {
    creates: made.map((room) => room.next({ stateKey: '' })),
    // As the runner commits: only if nobody else has written to the room.
    writers: made.map((room) =>
      Array.from({ length: each }, () => {
        const before = room.head === undefined ? [] : [room.head.event.event_id];
        return room.next({ body: BODY }, { expects: { room: before, guild: null } });
      }),
    ),
  };
}

export function jsonBytes(commits: readonly RoomCommit[]): number {
  return commits.reduce((sum, { effects }) => sum + Buffer.byteLength(canonicalJson(effects.stored.event.pdu)), 0);
}

/** Events per second of writers that run at the same time; each waits for its commit before it makes the next. */
export async function rateOf(store: Store, writers: readonly (readonly RoomCommit[])[]): Promise<number> {
  const start = performance.now();
  await Promise.all(
    writers.map(async (commits) => {
      for (const commit of commits) await store.rooms.commit(commit);
    }),
  );
  return (writers.reduce((sum, commits) => sum + commits.length, 0) / (performance.now() - start)) * 1_000;
}

export async function commitAll(store: Store, commits: readonly RoomCommit[], atOnce = 200): Promise<void> {
  for (let from = 0; from < commits.length; from += atOnce)
    await Promise.all(commits.slice(from, from + atOnce).map((one) => store.rooms.commit(one)));
}
