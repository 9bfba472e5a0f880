import { type JsonObject, NO_VOIDS, type StateChange, storedEvent, type StoredEvent, type VoidDelta } from '@openguild/core';

/** A row of `events`, with the ID of the event whose state is the base. */
export interface EventRow {
  readonly num: number;
  readonly event_id: string;
  readonly depth: number;
  readonly rejected: number;
  readonly soft_failed: number;
  readonly redacted: number;
  readonly fault_rule: string | null;
  readonly fault_detail: string | null;
  readonly rank: number;
  readonly void_base_id: string | null;
  readonly void_added: string | null;
  readonly void_removed: string | null;
  readonly base_id: string | null;
  readonly state_delta: string | null;
  readonly pdu: string;
}

/** Columns of an `EventRow` where the event is `e`, joined with its `EVENT_BASES`. */
export const EVENT_COLUMNS = `e.num, e.event_id, e.depth, e.rejected, e.soft_failed, e.redacted, e.fault_rule, e.fault_detail, e.rank,
  v.event_id AS void_base_id, e.void_added, e.void_removed, b.event_id AS base_id, e.state_delta, e.pdu`;

export const EVENT_BASES = 'LEFT JOIN events b ON b.num = e.state_base LEFT JOIN events v ON v.num = e.void_base';

export const EVENT_TABLES = `events e ${EVENT_BASES}`;

export function readEvent(row: EventRow): StoredEvent {
  const event = storedEvent(JSON.parse(row.pdu) as JsonObject, row.event_id, { redacted: row.redacted === 1 });
  return {
    event,
    verdict: row.rejected === 1 ? 'rejected' : 'accepted',
    fault: row.fault_rule === null ? null : { rule: row.fault_rule, detail: row.fault_detail ?? '' },
    soft_failed: row.soft_failed === 1,
    rank: row.rank,
    depth: row.depth,
    void_delta: readVoids(row),
    state_base: row.base_id,
    state_delta: row.state_delta === null ? ownChange(row.rejected === 1, event) : (JSON.parse(row.state_delta) as StateChange[]),
  };
}

function readVoids({ void_base_id, void_added, void_removed }: EventRow): VoidDelta {
  if (void_base_id === null && void_added === null && void_removed === null) return NO_VOIDS;
  const ids = (column: string | null): string[] => (column === null ? [] : (JSON.parse(column) as string[]));
  return { base: void_base_id, added: ids(void_added), removed: ids(void_removed) };
}

/** The delta as it is written: NULL where reading finds the same without it. */
export function deltaColumn({ event, verdict, state_delta }: StoredEvent): string | null {
  const own = ownChange(verdict === 'rejected', event);
  const same = own.length === state_delta.length && own.every((change, i) => change.every((part, j) => part === state_delta[i]?.[j]));
  return same ? null : JSON.stringify(state_delta);
}

function ownChange(rejected: boolean, event: StoredEvent['event']): StateChange[] {
  return rejected || event.state_key === undefined ? [] : [[event.type, event.state_key, event.event_id]];
}
