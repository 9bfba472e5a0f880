import { type JsonObject, type StateChange, storedEvent } from '@openguild/core';
import { CommitMemory } from '../sql/commit-memory.ts';
import { SUMMED_TABLES } from '../sql/row-sums.ts';
import type { SqlStore } from '../sql/sql-store.ts';
import type { WriteTransaction } from '../sql/write-transaction.ts';
import type { Progress } from './tables.ts';

export interface RebuildReport {
  readonly events: number;
  /** State rows that were taken out of use; they are in quarantine. */
  readonly quarantined: number;
}

interface Row {
  readonly num: number;
  readonly event_id: string;
  readonly rejected: number;
  readonly state_base: number | null;
  readonly state_delta: string | null;
  readonly pdu: string;
  readonly position: number | null;
}

interface Built {
  readonly depth: number;
  readonly state: number | null;
}

const PAGE = 500;

/**
 * Makes everything anew that follows from the events and the stream: depths, states, extremities, counters, sums. In one transaction. Old states are not deleted but put
 * in quarantine, until `purgeQuarantine`. `now`: milliseconds since 1970.
 */
export async function rebuildStore(store: SqlStore, now: number, progress: Progress = () => undefined): Promise<RebuildReport> {
  const report = await store.committer.run(async (tx) => {
    const quarantined = await quarantineStates(tx, now);
    await raiseCounters(tx);
    let events = 0;
    for (const { num } of await tx.all<{ num: number }>('SELECT num FROM rooms ORDER BY num')) {
      events += await rebuildRoom(tx, num, (done) => progress('events', events + done));
    }
    await tx.run('DELETE FROM states WHERE num <= ?', quarantined.upTo);
    for (const table of SUMMED_TABLES) await tx.sumAgain(table);
    return { events, quarantined: quarantined.count };
  });
  return report;
}

/** Deletes what has been in quarantine since before a time. Returns the number of rows. */
export function purgeQuarantine(store: SqlStore, before: number): Promise<number> {
  return store.committer.run((tx) => tx.remove('quarantine', 'since_ts < ?', before));
}

async function quarantineStates(tx: WriteTransaction, now: number): Promise<{ count: number; upTo: number }> {
  const last = (await tx.get<{ n: number | null }>('SELECT max(num) AS n FROM states'))?.n ?? 0;
  tx.raise('states', last);
  let count = 0;
  for (let after = 0; ; ) {
    const rows = await tx.all<{ num: number; seq: number; parent: number | null; changes: string }>(
      `SELECT num, seq, parent, changes FROM states WHERE num > ? ORDER BY num LIMIT ${PAGE}`,
      after,
    );
    if (rows.length === 0) break;
    for (const row of rows) {
      tx.insert('quarantine', { num: tx.next('quarantine'), source: 'states', content: JSON.stringify(row), since_ts: now });
    }
    await tx.settle();
    count += rows.length;
    after = rows.at(-1)?.num ?? 0;
  }
  return { count, upTo: last };
}

async function raiseCounters(tx: WriteTransaction): Promise<void> {
  const keys = {
    rooms: 'num',
    events: 'num',
    stream: 'position',
    outgoing: 'sequence',
    invite_codes: 'num',
    pending_invites: 'num',
    one_time_keys: 'num',
    to_device: 'position',
  } as const;
  for (const [table, column] of Object.entries(keys)) {
    const used = (await tx.get<{ n: number | null }>(`SELECT max(${column}) AS n FROM ${table}`))?.n ?? 0;
    tx.raise(table as keyof typeof keys, used);
  }
}

async function rebuildRoom(tx: WriteTransaction, room: number, progress: (done: number) => void): Promise<number> {
  const memory = new CommitMemory();
  const byNum = new Map<number, Built>();
  const depths = new Map<string, number>();
  const tips = new Set<string>();
  let done = 0;
  const query = `SELECT e.num, e.event_id, e.rejected, e.state_base, e.state_delta, e.pdu, s.position
    FROM events e LEFT JOIN stream s ON s.event = e.num WHERE e.room = ? AND e.num > ? ORDER BY e.num LIMIT ${PAGE}`;
  for (let after = 0; ; ) {
    const rows = await tx.all<Row>(query, room, after);
    if (rows.length === 0) break;
    for (const row of rows) {
      const event = storedEvent(JSON.parse(row.pdu) as JsonObject, row.event_id, { redacted: false });
      const depth = event.prev_events.reduce((most, id) => Math.max(most, (depths.get(id) ?? -1) + 1), 0);
      const own: StateChange[] = event.state_key === undefined ? [] : [[event.type, event.state_key, row.event_id]];
      const delta = row.state_delta === null ? own : (JSON.parse(row.state_delta) as StateChange[]);
      const base = row.state_base === null ? null : (byNum.get(row.state_base)?.state ?? null);
      const state = row.rejected === 1 ? null : await nextState(tx, memory, base, delta);
      if (row.rejected === 1) tx.later('UPDATE events SET state = NULL WHERE num = ?', row.num);
      else tx.later('UPDATE events SET state = ?, depth = ? WHERE num = ?', state, depth, row.num);
      byNum.set(row.num, { depth, state });
      depths.set(row.event_id, depth);
      if (row.position === null) continue;
      for (const id of event.prev_events) tips.delete(id);
      tips.add(row.event_id);
    }
    await tx.settle();
    done += rows.length;
    progress(done);
    after = rows.at(-1)?.num ?? 0;
  }
  const sorted = [...tips].sort((a, b) => (a < b ? -1 : 1));
  tx.later('UPDATE rooms SET extremities = ? WHERE num = ?', JSON.stringify(sorted), room);
  return done;
}

async function nextState(
  tx: WriteTransaction,
  memory: CommitMemory,
  base: number | null,
  delta: readonly StateChange[],
): Promise<number | null> {
  if (delta.length === 0) return base;
  const node = await memory.nodeAfter(tx, base, delta);
  const num = tx.next('states');
  tx.later('INSERT INTO states (num, seq, parent, changes) VALUES (?, ?, ?, ?)', num, node.seq, node.parent, JSON.stringify(node.changes));
  memory.setNode(num, node);
  return num;
}
