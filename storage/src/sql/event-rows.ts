import { type JsonObject, type StateChange, storedEvent, type StoredEvent } from '@openguild/core';

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
  readonly void_before: string | null;
  readonly base_id: string | null;
  readonly state_delta: string | null;
  readonly pdu: string;
}

/** Columns of an `EventRow` where the event is `e` and the event of its state base is `b`. */
export const EVENT_COLUMNS = `e.num, e.event_id, e.depth, e.rejected, e.soft_failed, e.redacted, e.fault_rule, e.fault_detail, e.rank,
  e.void_before, b.event_id AS base_id, e.state_delta, e.pdu`;

export const EVENT_TABLES = 'events e LEFT JOIN events b ON b.num = e.state_base';

export function readEvent(row: EventRow): StoredEvent {
  const event = storedEvent(JSON.parse(row.pdu) as JsonObject, row.event_id, { redacted: row.redacted === 1 });
  return {
    event,
    verdict: row.rejected === 1 ? 'rejected' : 'accepted',
    fault: row.fault_rule === null ? null : { rule: row.fault_rule, detail: row.fault_detail ?? '' },
    soft_failed: row.soft_failed === 1,
    rank: row.rank,
    depth: row.depth,
    void_before: row.void_before === null ? [] : (JSON.parse(row.void_before) as string[]),
    state_base: row.base_id,
    state_delta: row.state_delta === null ? ownChange(row.rejected === 1, event) : (JSON.parse(row.state_delta) as StateChange[]),
  };
}

/** The delta as it is written: NULL where reading finds the same without it. */
export function deltaColumn({ event, verdict, state_delta }: StoredEvent): string | null {
  const written = JSON.stringify(state_delta);
  return written === JSON.stringify(ownChange(verdict === 'rejected', event)) ? null : written;
}

function ownChange(rejected: boolean, event: StoredEvent['event']): StateChange[] {
  return rejected || event.state_key === undefined ? [] : [[event.type, event.state_key, event.event_id]];
}
