import {
  type Ask,
  type Needs,
  type ServerSignatureCheck,
  type SignatureCheck,
  type StoredEvent,
  type UnverifiedCopy,
  verdictKey,
} from '@openguild/core';
import { StorageError, WorkLimitError } from '../errors.ts';
import type { RoomStore } from '../ports.ts';
import { LruMap } from './lru-map.ts';
import type { OpenRoom } from './open-rooms.ts';
import type { RunnerLimits } from './runner-limits.ts';

export type Verify = (checks: SignatureCheck[]) => Promise<boolean[]>;

/** Verdicts on signatures whose keys servers publish (Matrix versions), in order: looks the keys up as well. */
export type VerifyServers = (checks: ServerSignatureCheck[]) => Promise<boolean[]>;

/** An event that a step needs and that is not stored. */
export interface Lacking {
  readonly room_id: string;
  readonly event_id: string;
}

/** `replays`: nothing is lacking, but the step was not taken, since it would replay so many events (ENG-16). */
export type Solved<T> = { readonly lacking: null; readonly value: T } | { readonly lacking: readonly Lacking[]; readonly replays?: number };

const FIRST_PREFETCH = 16;

/** Answers what a room asks for: events and states from the store, verdicts from the verifier. */
export class NeedsServer {
  readonly #store: RoomStore;
  readonly #verify: Verify;
  readonly #verifyServers: VerifyServers;
  readonly #limits: RunnerLimits;
  readonly #verdicts: LruMap<string, boolean>;
  /** Asked for ahead and not answered yet. */
  readonly #coming = new Map<string, Promise<boolean>>();

  constructor(store: RoomStore, verify: Verify, verifyServers: VerifyServers, limits: RunnerLimits) {
    this.#store = store;
    this.#verify = verify;
    this.#verifyServers = verifyServers;
    this.#limits = limits;
    this.#verdicts = new LruMap(limits.verdicts);
  }

  /**
   * Asks until there is an answer, or until events are needed that are not stored. `own`: the caller is writing this room.
   * `asked`: what the room answered to the first asking, if that was done already.
   * Throws WorkLimitError, RoomDiscarded, and what the store and the verifier throw.
   */
  async solve<T>(open: OpenRoom, question: () => Ask<T>, own = false, asked?: Ask<T>): Promise<Solved<T>> {
    for (let round = 0; round < this.#limits.rounds; round++) {
      if (!open.isSettledFor(own)) await open.settled(own);
      const answer = (round === 0 ? asked : undefined) ?? question();
      if (answer.needs === null) return { lacking: null, value: answer.value };
      if (answer.needs.replays !== undefined) return { lacking: [], replays: answer.needs.replays };
      const lacking = await this.#serve(open, answer.needs, round);
      if (lacking.length > 0) return { lacking };
    }
    throw new WorkLimitError(`more than ${this.#limits.rounds} rounds in room ${open.room.room_id}`);
  }

  /** Begins to verify what will be asked soon, while the room is busy with other copies. */
  ahead(checks: readonly SignatureCheck[]): void {
    const fresh = checks.map((check) => ({ check, key: verdictKey(check) })).filter(({ key }) => this.#isUnknown(key));
    if (fresh.length === 0) return;
    const answers = this.#verify(fresh.map(({ check }) => check));
    for (const [i, { key }] of fresh.entries()) {
      const verdict = answers.then((valid) => valid[i] === true);
      this.#coming.set(key, verdict);
      verdict
        .then((valid) => this.#verdicts.set(key, valid))
        // Whoever needs it asks again, and is told.
        .catch(() => undefined)
        .finally(() => this.#coming.delete(key));
    }
  }

  /** What a step with a copy asks for first: the event, if it is stored; if it is new here, verdicts on its signatures. */
  async prepare(open: OpenRoom, { event, signatures }: UnverifiedCopy): Promise<void> {
    const { stamp } = open;
    const events = await this.#store.events(open.room.room_id, [event.event_id]);
    if (events.length === 0) open.room.supply({ verdicts: await this.#valid(signatures) });
    else if (open.stamp === stamp) open.room.supply({ events });
  }

  async #serve(open: OpenRoom, needs: Needs, round: number): Promise<readonly Lacking[]> {
    const { stamp } = open;
    // Signatures are all that most events need, and a verdict on one is never out of date.
    if (needs.events.length === 0 && needs.states.length === 0 && needs.servers.length === 0) {
      open.room.supply({ verdicts: await this.#valid(needs.verdicts) });
      return [];
    }
    const [events, states, verdicts, servers] = await Promise.all([
      this.#events(needs, round),
      this.#states(needs),
      this.#valid(needs.verdicts),
      this.#validServers(needs.servers),
    ]);
    open.room.supply({ verdicts, servers });
    // A step of this room or its guild came in between: what was read may be older than what is in memory. The question is asked again.
    if (open.stamp !== stamp) return [];
    open.room.supply({ events, states });
    const stored = new Set(events.map((one) => one.event.event_id));
    return needs.events.filter((one) => !stored.has(one.event_id));
  }

  async #events(needs: Needs, round: number): Promise<StoredEvent[]> {
    const byRoom = Map.groupBy(needs.events, (one) => one.room_id);
    // A walk that goes on for long is a long walk: load further ahead each time.
    const ancestors = Math.min(this.#limits.prefetch, FIRST_PREFETCH * 2 ** Math.min(round, 20));
    const found = await Promise.all(
      [...byRoom].map(([roomId, wanted]) =>
        this.#store.events(
          roomId,
          wanted.map((one) => one.event_id),
          ancestors,
        ),
      ),
    );
    return found.flat();
  }

  #states(needs: Needs) {
    return Promise.all(
      needs.states.map(async ({ room_id, event_id }) => {
        const entries = await this.#store.stateAfter(room_id, event_id);
        if (entries === undefined) throw new StorageError(`the state after ${event_id} is not stored`);
        return { event_id, entries };
      }),
    );
  }

  async #validServers(checks: readonly ServerSignatureCheck[]): Promise<{ check: ServerSignatureCheck; valid: boolean }[]> {
    const answers = checks.length === 0 ? [] : await this.#verifyServers([...checks]);
    return checks.map((check, i) => ({ check, valid: answers[i] === true }));
  }

  async #valid(checks: readonly SignatureCheck[]): Promise<{ check: SignatureCheck; valid: boolean }[]> {
    const keys = checks.map(verdictKey);
    // Once it has come it is among the verdicts; what failed is asked for again.
    const coming = keys.flatMap((key) => this.#coming.get(key) ?? []);
    if (coming.length > 0) await Promise.allSettled(coming);
    const known = keys.map((key) => this.#verdicts.get(key));
    const unknown = checks.filter((_, i) => known[i] === undefined);
    const answers = unknown.length === 0 ? [] : await this.#verify(unknown);
    if (answers.length !== unknown.length) throw new StorageError('the verifier did not answer every check');
    let next = 0;
    return checks.map((check, i) => {
      const valid = known[i] ?? answers[next++] === true;
      if (known[i] === undefined) this.#verdicts.set(keys[i] as string, valid);
      return { check, valid };
    });
  }

  #isUnknown(key: string): boolean {
    return this.#verdicts.get(key) === undefined && !this.#coming.has(key);
  }
}
