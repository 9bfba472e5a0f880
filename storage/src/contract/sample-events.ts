import {
  type Effects,
  type Fault,
  type JsonObject,
  NO_VOIDS,
  type RoomSnapshot,
  type StateChange,
  storedEvent,
  type StoredEvent,
  type VoidDelta,
} from '@openguild/core';
import type { RoomCommit } from '../ports.ts';

/** What a sample event may differ in from a plain message that enters the history. */
export interface SampleOptions {
  readonly type?: string;
  readonly stateKey?: string;
  readonly body?: string;
  readonly redacted?: boolean;
  /** By default the newest events of the room. */
  readonly prev?: readonly StoredEvent[];
  /** Instead of the event's own entry. */
  readonly delta?: readonly StateChange[];
  readonly base?: StoredEvent | null;
  readonly rejected?: Fault;
  readonly softFailed?: Fault;
  readonly rank?: number;
  readonly voids?: VoidDelta;
}

/** A room made of events that are well-formed but unsigned: a store never looks at signatures. */
export class SampleRoom {
  readonly snapshot: RoomSnapshot;
  readonly #name: string;
  #count = 0;
  /** The newest event of the history. */
  head: StoredEvent | undefined;

  constructor(name: string, guild: SampleRoom | null = null) {
    this.#name = name;
    const room_id = `!${name}:a.example`;
    this.snapshot = {
      room_id,
      room_version: 'org.openguild.1',
      kind: guild === null ? 'guild' : 'channel',
      guild_id: guild?.snapshot.room_id ?? null,
      extremities: [],
    };
  }

  get room_id(): string {
    return this.snapshot.room_id;
  }

  /** An event after `prev`, stored nowhere yet. */
  event(options: SampleOptions = {}): StoredEvent {
    const { room_id } = this;
    const prev = options.prev ?? (this.head === undefined ? [] : [this.head]);
    const event_id = `$${this.#name}${String(this.#count++).padStart(4, '0')}`;
    const type = options.type ?? 'm.sample';
    const pdu: JsonObject = {
      type,
      room_id,
      sender: '@alice:a.example',
      origin_ts: 1_700_000_000_000 + this.#count,
      content: { body: options.body ?? 'text ☃ \u{1F600}', ['__proto__']: { constructor: 1 } },
      prev_events: prev.map((stored) => stored.event.event_id),
      auth_events: [],
      signed_by: ['ed25519:key'],
      ...(options.stateKey === undefined ? {} : { state_key: options.stateKey }),
    };
    const rejected = options.rejected !== undefined;
    const base = options.base === undefined ? prev[0] : options.base;
    const own: StateChange[] = options.stateKey === undefined ? [] : [[type, options.stateKey, event_id]];
    return {
      event: storedEvent(pdu, event_id, { redacted: options.redacted ?? false }),
      verdict: rejected ? 'rejected' : 'accepted',
      fault: options.rejected ?? options.softFailed ?? null,
      soft_failed: options.softFailed !== undefined,
      rank: rejected ? 0 : (options.rank ?? 50),
      depth: prev.reduce((depth, stored) => Math.max(depth, stored.depth + 1), 0),
      void_delta: options.voids ?? NO_VOIDS,
      state_base: rejected ? null : (base?.event.event_id ?? null),
      state_delta: rejected ? [] : (options.delta ?? own),
    };
  }

  /** The commit of an event: into the history, unless it is rejected or soft-failed. */
  commit(
    stored: StoredEvent,
    more: Partial<Omit<RoomCommit, 'effects' | 'room'>> & { readonly enters?: readonly string[] } = {},
  ): RoomCommit {
    const { event_id } = stored.event;
    const seen = stored.verdict === 'accepted' && !stored.soft_failed;
    const { enters = seen ? [event_id] : [], ...rest } = more;
    const effects: Effects = {
      room_id: this.room_id,
      stored,
      creates_room: stored.depth === 0,
      extremities: seen ? [event_id] : null,
      enters_history: enters,
      state_changes: seen ? stored.state_delta : [],
    };
    if (seen) this.head = stored;
    return { room: this.snapshot, effects, destinations: [], received_ts: 5_000, ...rest };
  }

  /** The next event and its commit. */
  next(options: SampleOptions = {}, more: Parameters<SampleRoom['commit']>[1] = {}): RoomCommit {
    return this.commit(this.event(options), more);
  }
}
