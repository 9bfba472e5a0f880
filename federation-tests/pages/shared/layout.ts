/** What the drawing needs to know of an event: what it follows, and in whose lane it stands. Given in causal order. */
export interface LaidNode {
  readonly id: string;
  readonly lane: string;
  /** Events that it follows; unknown ones do not matter. */
  readonly parents: readonly string[];
}

/** `column` counts from the left (oldest), `row` from the top, over all lanes. */
export interface Spot {
  readonly column: number;
  readonly row: number;
}

export interface Lanes {
  readonly spots: ReadonlyMap<string, Spot>;
  /** In the order of drawing; `rows`: at least one. */
  readonly lanes: readonly { readonly name: string; readonly top: number; readonly rows: number }[];
  readonly columns: number;
  readonly rows: number;
}

/** Columns by the longest way from the beginning; a lane for each server, with as many rows as it has branches side by side. */
export function layLanes(nodes: readonly LaidNode[]): Lanes {
  const columns = new Map<string, number>();
  const inLane = new Map<string, { readonly taken: Set<string>; rows: number; readonly rowOf: Map<string, number> }>();
  for (const { id, lane, parents } of nodes) {
    const column = Math.max(-1, ...parents.map((parent) => columns.get(parent) ?? -1)) + 1;
    columns.set(id, column);
    let own = inLane.get(lane);
    if (own === undefined) inLane.set(lane, (own = { taken: new Set(), rows: 1, rowOf: new Map() }));
    // A branch goes on in the row of what it follows, if that is of its lane and the row is free.
    let row = Math.max(0, ...parents.slice(0, 1).map((parent) => own.rowOf.get(parent) ?? 0));
    if (own.taken.has(`${column}/${row}`)) for (row = 0; own.taken.has(`${column}/${row}`); ) row += 1;
    own.taken.add(`${column}/${row}`);
    own.rowOf.set(id, row);
    own.rows = Math.max(own.rows, row + 1);
  }
  const names = [...inLane.keys()].sort((a, b) => (a < b ? -1 : 1));
  const lanes: { name: string; top: number; rows: number }[] = [];
  let top = 0;
  for (const name of names) {
    const { rows } = inLane.get(name) as { rows: number };
    lanes.push({ name, top, rows });
    top += rows;
  }
  const topOf = new Map(lanes.map((lane) => [lane.name, lane.top]));
  const spots = new Map(
    nodes.map(({ id, lane }) => {
      const row = (topOf.get(lane) as number) + (inLane.get(lane)?.rowOf.get(id) as number);
      return [id, { column: columns.get(id) as number, row }];
    }),
  );
  return { spots, lanes, columns: Math.max(0, ...columns.values()) + 1, rows: top };
}
