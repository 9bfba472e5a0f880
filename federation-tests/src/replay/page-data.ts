import { type JsonObject, OWNER_RANK, type RoomEvent, serverOf, type StateEntry, type StoredEvent } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import { type Difference, explained, type Judged } from './judge-history.ts';
import { namesOf } from './report.ts';
import { titleOf } from './event-title.ts';
import { timelineOf } from './timeline.ts';

/** Events that a page holds. Of a longer history it shows the end, or the surroundings of what is wrong. */
const MAX_PAGE_EVENTS = 2_000;

export type PageStatus = 'accepted' | 'void' | 'soft-failed' | 'rejected';

/** One event, as the page shows it. Other events are named by their place in the list, which is their place in the file. */
export interface PageEvent {
  readonly name: string;
  readonly event_id: string;
  readonly room: number;
  readonly type: string;
  readonly state_key: string | null;
  readonly sender: string;
  readonly lane: string;
  readonly title: string;
  readonly origin_ts: number;
  readonly content: JsonObject;
  readonly prev: readonly number[];
  readonly guild_heads: readonly number[];
  readonly status: PageStatus;
  readonly rule: string | null;
  /** In words; empty for a rejected event, which has none. */
  readonly rank: string;
  readonly explanation: string;
  /** The state after the event is that after `base` (null: the empty state) with these rows set; null for an event takes an entry away. */
  readonly base: number | null;
  readonly delta: readonly (readonly [type: string, stateKey: string, event: number | null])[];
}

/** All that the page shows: plain data. */
export interface ReplayData {
  readonly room_id: string;
  readonly version: string;
  readonly ranked: boolean;
  readonly seed: string | null;
  readonly found: string | null;
  readonly notes: readonly string[];
  readonly rooms: readonly { readonly room_id: string; readonly kind: string }[];
  readonly events: readonly PageEvent[];
  readonly perServer: boolean;
  readonly lanes: readonly { readonly server: string; readonly steps: readonly (readonly [event: number, ms: number, as: string])[] }[];
  readonly sides: readonly string[];
  readonly difference: {
    readonly event: number;
    readonly what: string;
    readonly engine: string;
    readonly by: string;
    readonly other: string;
    readonly trace: string;
  } | null;
}

/** What `npm run replay` writes beside its report. */
export function replayData(history: History, judged: Judged): ReplayData {
  return new PageData(history, judged).made();
}

class PageData {
  readonly #history: History;
  readonly #judged: Judged;
  readonly #names: ReadonlyMap<string, string>;
  readonly #events: readonly RoomEvent[];
  readonly #index: ReadonlyMap<string, number>;
  readonly #rooms: readonly string[];

  constructor(history: History, judged: Judged) {
    this.#history = history;
    this.#judged = judged;
    this.#names = namesOf(judged);
    this.#events = shownOf(judged);
    this.#index = new Map(this.#events.map((event, i) => [event.event_id, i]));
    this.#rooms = [...new Set(this.#events.map((event) => event.room_id))];
  }

  made(): ReplayData {
    const { header } = this.#history;
    const { engine, unusable, signaturesTaken, sides, events, differences } = this.#judged;
    const timeline = timelineOf(this.#history, this.#judged);
    const [first] = differences;
    return {
      room_id: header.room_id,
      version: header.room_version,
      ranked: engine.version.resolution === 'hierarchical',
      seed: header.seed ?? null,
      found: header.found ?? null,
      notes: [
        ...(signaturesTaken ? ['Signatures are not checked: the file brings no keys.'] : []),
        ...(unusable.length > 0 ? [`${unusable.length} lines are no events that can be judged here.`] : []),
        ...(events.length > this.#events.length ? [`${this.#events.length} of ${events.length} events are shown.`] : []),
        ...(differences.length > 1 ? [`${differences.length} differences were found; the first is shown.`] : []),
      ],
      rooms: this.#rooms.map((room_id) => ({ room_id, kind: engine.rooms.find((room) => room.room_id === room_id)?.kind ?? 'plain' })),
      events: this.#events.map((event) => this.#event(event)),
      perServer: timeline.perServer,
      lanes: timeline.lanes.map(({ server, events: rows }) => ({
        server,
        steps: rows.flatMap(({ event_id, ms, as }) => {
          const at = this.#index.get(event_id);
          return at === undefined ? [] : [[at, ms, as] as const];
        }),
      })),
      sides,
      difference: first === undefined ? null : this.#difference(first),
    };
  }

  #event(event: RoomEvent): PageEvent {
    const stored = this.#judged.engine.stored(event.event_id) as StoredEvent;
    return {
      name: this.#names.get(event.event_id) as string,
      event_id: event.event_id,
      room: this.#rooms.indexOf(event.room_id),
      type: event.type,
      state_key: event.state_key ?? null,
      sender: event.sender,
      lane: serverOf(event.sender),
      title: titleOf(event),
      origin_ts: event.origin_ts,
      content: event.content,
      prev: this.#places(event.prev_events),
      guild_heads: this.#places(event.guild_heads),
      status: this.#status(event, stored),
      rule: stored.fault?.rule ?? null,
      rank: stored.verdict === 'rejected' ? '' : rankText(stored.rank),
      explanation: this.#named(explained(this.#judged.engine, event)),
      ...this.#state(event, stored),
    };
  }

  #places(ids: readonly string[]): number[] {
    return ids.flatMap((id) => this.#index.get(id) ?? []);
  }

  #status(event: RoomEvent, stored: StoredEvent): PageStatus {
    if (stored.verdict === 'rejected') return 'rejected';
    if (stored.soft_failed) return 'soft-failed';
    if (event.state_key === undefined) return 'accepted';
    const { effect } = this.#judged.engine.ask(event.room_id, (room) => room.explain(event.event_id));
    return effect?.void === true ? 'void' : 'accepted';
  }

  /** Where the event that the state builds upon is not in the page, the whole state. A rejected event changes nothing: it has the state before it. */
  #state(event: RoomEvent, { state_base: base, state_delta, verdict }: StoredEvent): Pick<PageEvent, 'base' | 'delta'> {
    const { engine } = this.#judged;
    const rows = (ids: readonly string[]): Pick<PageEvent, 'base' | 'delta'> => {
      const entries: Iterable<StateEntry> = engine.ask(event.room_id, (room) => room.stateAfter(ids)).entries();
      return { base: null, delta: Array.from(entries, ([type, key, id]) => [type, key, this.#place(id)]) };
    };
    if (verdict === 'rejected') {
      const stand = event.prev_events.filter((id) => engine.stored(id)?.verdict === 'accepted');
      const [only] = this.#places(stand);
      if (stand.length === 1 && only !== undefined) return { base: only, delta: [] };
      return stand.length === 0 ? { base: null, delta: [] } : rows(stand);
    }
    const at = base === null ? null : this.#index.get(base);
    if (at !== undefined)
      return { base: at, delta: state_delta.map(([type, key, id]) => [type, key, id === null ? null : this.#place(id)]) };
    return rows([event.event_id]);
  }

  /** An event that is not in the page: -1. */
  #place(eventId: string): number {
    return this.#index.get(eventId) ?? -1;
  }

  #difference({ event, what, engine, by, other, trace }: Difference): ReplayData['difference'] {
    return {
      event: this.#place(event.event_id),
      what,
      engine: this.#named(engine),
      by,
      other: this.#named(other),
      trace: this.#named(trace),
    };
  }

  /** Event IDs as ‹names›, which people can read and the page makes links of. */
  #named(text: string): string {
    return text.replaceAll(LONG_KEY, '$1…').replaceAll(/\$[A-Za-z0-9+/_:.-]{20,}/g, (id) => {
      const name = this.#names.get(id);
      return name === undefined ? `${id.slice(0, 9)}…` : `‹${name}›`;
    });
  }
}

/** So much of a key tells keys apart. */
const LONG_KEY = /(ed25519:[1-9A-HJ-NP-Za-km-z]{8})[1-9A-HJ-NP-Za-km-z]{30,}/g;

function rankText(rank: number): string {
  return rank < OWNER_RANK ? `rank ${rank}` : rank === OWNER_RANK ? 'the owner' : 'above all users';
}

/** All events, if they are few enough; else the last ones before and at what is wrong, or at the end. */
function shownOf({ events, differences }: Judged): readonly RoomEvent[] {
  if (events.length <= MAX_PAGE_EVENTS) return events;
  const wrong = events.findIndex((event) => event === differences[0]?.event);
  const end = wrong === -1 ? events.length : Math.min(events.length, wrong + MAX_PAGE_EVENTS / 4);
  return events.slice(Math.max(0, end - MAX_PAGE_EVENTS), end);
}
