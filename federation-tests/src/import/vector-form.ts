import type { AuthTrace, JsonObject, RoomEvent } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import { HistoryRooms } from '../replay/history-rooms.ts';
import { lacksMembership } from '../vectors/matrix-history.ts';

type Row = readonly [type: string, stateKey: string, eventId: string];

/** In the form of spec/matrix, and how many events are not in it: copies that the engine drops, and what cites them. */
export interface VectorForm {
  readonly vector: object;
  readonly leftOut: number;
}

/** A history of spec/matrix, with what this engine makes of it as the expectation: for other implementations to compare, and for `npm run vectors`. */
export function vectorForm(id: string, { header, pdus }: History): VectorForm {
  const rooms = new HistoryRooms(header);
  const kept: JsonObject[] = [];
  const ids: string[] = [];
  const verdicts: [string, object][] = [];
  const states: [string, Row[]][] = [];
  const heads = new Set<string>();
  for (const pdu of pdus) {
    const taken = rooms.take(pdu);
    if (taken.kind !== 'judged') continue;
    const { event } = taken;
    kept.push(pdu);
    ids.push(event.event_id);
    const accepted = rooms.stored(event.event_id)?.verdict === 'accepted';
    verdicts.push([event.event_id, accepted ? { auth: 'allow' } : rejection(rooms, event)]);
    if (!accepted) continue;
    if (event.prev_events.length > 1) states.push([event.event_id, rowsAt(rooms, event.room_id, [event.event_id])]);
    for (const prev of event.prev_events) heads.delete(prev);
    heads.add(event.event_id);
  }
  const extremities = [...heads].sort(byText);
  const vector = {
    id,
    room_version: header.room_version,
    room_id: header.room_id,
    ...(header.keys === undefined ? {} : { keys: header.keys }),
    events: kept,
    event_ids: ids,
    expect: Object.fromEntries(verdicts) as object,
    state_after: Object.fromEntries(states) as object,
    extremities,
    final_state: rowsAt(rooms, header.room_id, extremities),
  };
  return { vector, leftOut: pdus.length - kept.length };
}

/** The check that fails first, and whether each of the two finds a fault, as spec/matrix/README.md words it. */
function rejection(rooms: HistoryRooms, event: RoomEvent): object {
  const { by_auth_events: cited, by_its_past: past } = rooms.ask(event.room_id, (room) => room.explain(event.event_id));
  const [byCited, byState] = [faultOf(cited), faultOf(past)];
  return {
    auth: 'reject',
    at: lacksMembership(event.pdu) ? 'event' : byCited === null ? 'state' : 'auth_events',
    reason: byCited ?? byState ?? rooms.stored(event.event_id)?.fault?.rule ?? 'rejected',
    auth_events: byCited,
    state: byState,
  };
}

function faultOf(trace: AuthTrace): string | null {
  return trace.find((step) => step.answer.startsWith('no'))?.rule ?? null;
}

function rowsAt(rooms: HistoryRooms, roomId: string, heads: readonly string[]): Row[] {
  const entries: Iterable<Row> = rooms.ask(roomId, (room) => room.stateAfter(heads)).entries();
  return Array.from(entries).sort(([a, b], [c, d]) => byText(a, c) || byText(b, d));
}

function byText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
