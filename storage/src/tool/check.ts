import { checkCopy, type JsonObject, roomVersion, type StateChange, storedEvent } from '@openguild/core';
import { nextNode, type StateNode } from '../state-chain.ts';
import { SqlSearch } from '../search/sql-search.ts';
import type { Driver, Sql } from '../sql/driver.ts';
import type { SqlStore } from '../sql/sql-store.ts';
import { checkSearch } from './check-search.ts';
import { SignatureChecker } from './check-signatures.ts';
import { checkTables } from './check-tables.ts';
import { checkVerdicts } from './check-verdicts.ts';
import type { Progress } from './tables.ts';

/** Something in a store that contradicts the rest of it. */
export interface Finding {
  /** `event`, `signature`, `verdict`, `past`, `state`, `stream`, `extremities`, `counters`, `sum`, `search`, `database`. */
  readonly kind: string;
  readonly room_id?: string;
  readonly event_id?: string;
  readonly detail: string;
}

export interface CheckReport {
  readonly rooms: number;
  readonly events: number;
  /** Verified. */
  readonly signatures: number;
  /** Signatures of servers of Matrix rooms of which the store has no key document (`keepKeyDocument`). */
  readonly unverifiable: number;
  readonly unverifiable_servers: readonly string[];
  /** Events that were judged anew. */
  readonly verdicts: number;
  /** The first `MAX_FINDINGS`. */
  readonly findings: readonly Finding[];
  readonly finding_count: number;
}

export interface CheckOptions {
  /** Default true. Costs most of the time. */
  readonly signatures?: boolean;
  /** Default false: judge every event anew, as if it had just come. Costs as much again, and memory for the largest guild. */
  readonly verdicts?: boolean;
  /** Default true: recompute hashes and IDs. False only for stores of made-up events. */
  readonly hashes?: boolean;
  readonly progress?: Progress;
}

interface Row {
  readonly num: number;
  readonly event_id: string;
  readonly depth: number;
  readonly rejected: number;
  readonly soft_failed: number;
  readonly redacted: number;
  readonly void_base: number | null;
  readonly void_added: string | null;
  readonly void_removed: string | null;
  readonly state_base: number | null;
  readonly state_delta: string | null;
  readonly state: number | null;
  readonly pdu: string;
  readonly position: number | null;
  readonly stream_room: number | null;
}

interface Known {
  readonly event_id: string;
  readonly depth: number;
  readonly rejected: boolean;
  readonly state: number | null;
}

export const MAX_FINDINGS = 1_000;
const PAGE = 500;

/**
 * Compares everything in a store with what the events themselves say: hashes, IDs and signatures; that the past of each event is there; depths; every state with
 * what its base and the event's change make of it; stream, extremities, counters; the sums of tables (row-sums.ts), the database's own structure, the search index. Reads one moment; writes nothing.
 */
export async function checkStore(store: SqlStore, options: CheckOptions = {}): Promise<CheckReport> {
  return store.driver.snapshot((sql) => new Checker(sql, store.driver, options).run());
}

class Checker {
  readonly #sql: Sql;
  readonly #driver: Driver;
  readonly #options: CheckOptions;
  readonly #findings: Finding[] = [];
  #count = 0;
  #events = 0;
  #signatures: SignatureChecker | undefined;

  constructor(sql: Sql, driver: Driver, options: CheckOptions) {
    this.#sql = sql;
    this.#driver = driver;
    this.#options = options;
  }

  async run(): Promise<CheckReport> {
    const rooms = await this.#sql.all<{ num: number; room_id: string; room_version: string; extremities: string }>(
      'SELECT num, room_id, room_version, extremities FROM rooms ORDER BY num',
    );
    const total = (await this.#sql.get<{ n: number }>('SELECT count(*) AS n FROM events'))?.n ?? 0;
    const say = (kind: string, detail: string): void => this.#report({ kind, detail });
    if (this.#options.signatures !== false) this.#signatures = await SignatureChecker.load(this.#sql, (detail) => say('signature', detail));
    for (const room of rooms) await this.#room(room, total);
    const verdict = (room_id: string, event_id: string, detail: string): void =>
      this.#report({ kind: 'verdict', room_id, event_id, detail });
    const verdicts = this.#options.verdicts === true ? await checkVerdicts(this.#sql, verdict, this.#options.progress) : 0;
    await checkTables(this.#sql, say);
    for (const fault of await this.#driver.faults(this.#sql)) say('database', fault);
    if (await SqlSearch.isOpen({ driver: this.#driver })) await checkSearch(this.#sql, this.#driver.search.key, say);
    return {
      rooms: rooms.length,
      events: this.#events,
      signatures: this.#signatures?.verified ?? 0,
      unverifiable: this.#signatures?.unverifiable ?? 0,
      unverifiable_servers: this.#signatures?.unknownServers ?? [],
      verdicts,
      findings: this.#findings,
      finding_count: this.#count,
    };
  }

  #report(finding: Finding): void {
    this.#count++;
    if (this.#findings.length < MAX_FINDINGS) this.#findings.push(finding);
  }

  async #room(room: { num: number; room_id: string; room_version: string; extremities: string }, total: number): Promise<void> {
    const known = new Map<number, Known>();
    const byId = new Map<string, Known>();
    const tips = new Set<string>();
    const query = `SELECT e.num, e.event_id, e.depth, e.rejected, e.soft_failed, e.redacted, e.void_base, e.void_added, e.void_removed, e.state_base, e.state_delta, e.state, e.pdu,
      s.position, s.room AS stream_room FROM events e LEFT JOIN stream s ON s.event = e.num WHERE e.room = ? AND e.num > ? ORDER BY e.num LIMIT ${PAGE}`;
    for (let after = 0; ; ) {
      const rows = await this.#sql.all<Row>(query, room.num, after);
      if (rows.length === 0) break;
      for (const row of rows) {
        const say = (kind: string, detail: string): void => this.#report({ kind, room_id: room.room_id, event_id: row.event_id, detail });
        const pdu = this.#copy(row, room, say);
        if (pdu !== undefined) await this.#place(row, pdu, known, byId, tips, say);
        if (row.position !== null && row.stream_room !== room.num) say('stream', 'it is in the stream of another room');
        const place = { event_id: row.event_id, depth: row.depth, rejected: row.rejected === 1, state: row.state };
        known.set(row.num, place);
        byId.set(row.event_id, place);
      }
      await this.#signatures?.verify((event_id, detail) => this.#report({ kind: 'signature', room_id: room.room_id, event_id, detail }));
      this.#events += rows.length;
      this.#options.progress?.('events', this.#events, total);
      after = (rows.at(-1) as Row).num;
    }
    this.#extremities(room, tips);
  }

  /** The event by itself: its JSON, hash, ID and the signatures that it needs. */
  #copy(row: Row, room: { room_id: string; room_version: string }, say: (kind: string, detail: string) => void): JsonObject | undefined {
    let pdu: JsonObject;
    try {
      pdu = JSON.parse(row.pdu) as JsonObject;
    } catch {
      say('event', 'its JSON cannot be read');
      return undefined;
    }
    const version = roomVersion(room.room_version);
    if (this.#options.hashes === false) return pdu;
    if (version === undefined) {
      say('event', `its room has the unknown version ${room.room_version}`);
      return pdu;
    }
    const copy = checkCopy(pdu, version);
    if (!copy.ok) {
      say('event', `${copy.rule}: ${copy.detail}`);
      return pdu;
    }
    const { event } = copy.value;
    if (event.event_id !== row.event_id) say('event', `its hash gives the ID ${event.event_id}`);
    if (event.room_id !== room.room_id) say('event', `it belongs to room ${event.room_id}`);
    if (event.redacted !== (row.redacted === 1))
      say(
        'event',
        event.redacted ? 'its content does not fit its hash, and it is not marked as redacted' : 'it is marked as redacted, and is whole',
      );
    this.#signatures?.add(row.event_id, copy.value);
    return pdu;
  }

  async #place(
    row: Row,
    pdu: JsonObject,
    known: ReadonlyMap<number, Known>,
    byId: ReadonlyMap<string, Known>,
    tips: Set<string>,
    say: (kind: string, detail: string) => void,
  ): Promise<void> {
    const event = storedEvent(pdu, row.event_id, { redacted: row.redacted === 1 });
    const past = event.prev_events.map((id) => byId.get(id));
    const missing = event.prev_events.filter((_, index) => past[index] === undefined);
    if (row.rejected === 0) {
      if (missing.length > 0) say('past', `it follows ${missing.join(', ')}, which is not stored before it`);
      const depth = past.reduce((most, one) => Math.max(most, (one?.depth ?? -1) + 1), 0);
      if (missing.length === 0 && depth !== row.depth) say('past', `its depth is ${depth}, and ${row.depth} is written`);
      for (const column of [row.void_added, row.void_removed]) {
        for (const id of column === null ? [] : readList(column))
          if (!byId.has(id)) say('past', `it says whether ${id} is void, which is not stored before it`);
      }
      if (row.void_base !== null && known.get(row.void_base)?.rejected !== false)
        say('past', 'the event from which it tells what is void is not stored before it');
    }
    const enters = row.rejected === 0 && row.soft_failed === 0;
    if (enters !== (row.position !== null)) say('stream', enters ? 'it has no position' : 'it has a position, and is not of the history');
    if (row.position !== null) {
      for (const id of event.prev_events) tips.delete(id);
      tips.add(row.event_id);
    }
    await this.#state(row, event.state_key === undefined ? [] : [[event.type, event.state_key, row.event_id]], known, say);
  }

  /** The node that is stored must be the one that its base and the change make: then every state is right if the one before it is. */
  async #state(
    row: Row,
    own: readonly StateChange[],
    known: ReadonlyMap<number, Known>,
    say: (kind: string, detail: string) => void,
  ): Promise<void> {
    if (row.rejected === 1) {
      if (row.state !== null) say('state', 'it is rejected and has a state');
      if (row.soft_failed === 1) say('event', 'it is rejected, and is marked as soft-failed as well');
      return;
    }
    const base = row.state_base === null ? null : known.get(row.state_base);
    if (base === undefined || base?.rejected === true)
      return say('state', 'the event on whose state its own is built is not stored before it');
    const delta = row.state_delta === null ? own : readDelta(row.state_delta);
    if (delta === undefined) return say('state', 'what it changes cannot be read');
    const from = base?.state ?? null;
    if (delta.length === 0) {
      if (row.state !== from) say('state', 'it changes nothing, and its state is not that of its base');
      return;
    }
    if (row.state === null) return say('state', 'it has no state');
    try {
      const nodes = new Map<number, StateNode<number>>();
      const load = async (num: number): Promise<StateNode<number>> => {
        const found = await this.#sql.get<{ seq: number; parent: number | null; changes: string }>(
          'SELECT seq, parent, changes FROM states WHERE num = ?',
          num,
        );
        if (found === undefined) throw new Error(`state ${num} is not there`);
        const node = { seq: found.seq, parent: found.parent, changes: JSON.parse(found.changes) as StateChange[] };
        nodes.set(num, node);
        return node;
      };
      const stored = await load(row.state);
      for (let at = from; at !== null && at !== stored.parent; ) at = (await load(at)).parent;
      if (from !== null && !nodes.has(from)) await load(from);
      if (stored.parent !== null && !nodes.has(stored.parent)) await load(stored.parent);
      const expected = nextNode(from, delta, (num) => {
        const node = nodes.get(num);
        if (node === undefined) throw new Error(`state ${num} is not on the way`);
        return node;
      });
      if (JSON.stringify(expected) !== JSON.stringify(stored)) say('state', 'its state is not that of its base with its change');
    } catch (error) {
      say('state', `its state cannot be read: ${(error as Error).message}`);
    }
  }

  #extremities(room: { room_id: string; extremities: string }, tips: ReadonlySet<string>): void {
    const written = readList(room.extremities);
    const same = written.length === tips.size && written.every((id) => tips.has(id));
    if (same) return;
    const detail = `its history ends in ${[...tips].sort(byCode).join(', ') || 'nothing'}, and ${written.join(', ') || 'nothing'} is written`;
    this.#report({ kind: 'extremities', room_id: room.room_id, detail });
  }
}

/** Empty if it cannot be read: then something else does not fit. */
function readList(json: string): string[] {
  try {
    const list = JSON.parse(json) as unknown;
    return Array.isArray(list) ? list.map(String) : [];
  } catch {
    return [];
  }
}

function readDelta(json: string): StateChange[] | undefined {
  try {
    const list = JSON.parse(json) as unknown;
    return Array.isArray(list) ? (list as StateChange[]) : undefined;
  } catch {
    return undefined;
  }
}

function byCode(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
