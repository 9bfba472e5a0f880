import type { Conflict, DrawnEvent } from './conflict.ts';

/** Where an event stands: `row` 0 is the oldest; branches keep their column. */
export interface Place {
  readonly row: number;
  readonly column: number;
}

export interface Layout {
  readonly places: ReadonlyMap<string, Place>;
  /** Of what the heads give together; null where they are not merged. */
  readonly merged: Place | null;
  readonly rows: number;
  readonly columns: number;
}

interface Column {
  /** The last event placed in it, and its row. */
  tip: string;
  row: number;
}

/** Rows by the longest way from the oldest event, columns by branch: the first that follows an event goes on in its column. */
export function layOut({ events, merged }: Pick<Conflict, 'events' | 'merged'>): Layout {
  const places = new Map<string, Place>();
  const columns: Column[] = [];
  for (const event of events) {
    const row = rowOf(event, places);
    const column = columnOf(event, row, places, columns);
    columns[column] = { tip: event.event_id, row };
    places.set(event.event_id, { row, column });
  }
  const last = Math.max(-1, ...[...places.values()].map((place) => place.row));
  const heads = (merged?.heads ?? []).map((id) => places.get(id)).filter((place) => place !== undefined);
  const under = merged === null ? null : { row: last + 1, column: Math.min(columns.length, ...heads.map((place) => place.column)) };
  return { places, merged: under, rows: last + (under === null ? 1 : 2), columns: Math.max(1, columns.length) };
}

function rowOf(event: DrawnEvent, places: ReadonlyMap<string, Place>): number {
  return event.after.reduce((row, { event_id }) => Math.max(row, (places.get(event_id)?.row ?? -1) + 1), 0);
}

function columnOf(event: DrawnEvent, row: number, places: ReadonlyMap<string, Place>, columns: readonly Column[]): number {
  for (const { event_id } of event.after) {
    const column = places.get(event_id)?.column ?? -1;
    if (columns[column]?.tip === event_id) return column;
  }
  // A column whose branch ended well above is free again.
  const free = columns.findIndex((column) => column.row < row - 1);
  return free >= 0 ? free : columns.length;
}
