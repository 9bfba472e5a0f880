/** What a drawing needs to know of an event. */
export interface DagEvent {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly prev_events: readonly string[];
  readonly depth: number;
}

interface Lanes {
  /** The event that each lane leads to, left to right; undefined: an empty lane. */
  readonly waiting: (string | undefined)[];
}

/**
 * Draws a DAG as `git log --graph` does, newest event first, one line per event: lanes, then what `label` says of it.
 * An event is drawn once all events that name it as a previous one have been.
 */
export function drawDag<E extends DagEvent>(events: readonly E[], label: (event: E) => string): string[] {
  const lanes: Lanes = { waiting: [] };
  const rows: { graph: string; text: string }[] = [];
  const order = newestFirst(events);
  const known = new Set(order.map((event) => event.event_id));
  for (const event of order) {
    const joining = lanesOf(lanes, event.event_id);
    const at = joining[0] ?? openLane(lanes);
    if (joining.length > 1) {
      rows.push({ graph: connect(lanes, joining, '├', '┴', '╯'), text: '' });
      for (const lane of joining.slice(1)) lanes.waiting[lane] = undefined;
      trim(lanes);
    }
    lanes.waiting[at] = event.event_id;
    rows.push({ graph: draw(lanes, at), text: label(event) });
    for (const graph of follow(
      lanes,
      at,
      event.prev_events.filter((id) => known.has(id)),
    ))
      rows.push({ graph, text: '' });
  }
  const width = Math.max(0, ...rows.map((row) => row.graph.length));
  return rows.map((row) => `${row.graph.padEnd(width)}  ${row.text}`.trimEnd());
}

/** Puts the event's previous events into its lane and, where there are several, into new lanes to the right. */
function follow(lanes: Lanes, at: number, prev: readonly string[]): string[] {
  lanes.waiting[at] = prev[0];
  const branches = [at];
  for (const id of prev.slice(1)) {
    const lane = openLane(lanes, at + 1);
    lanes.waiting[lane] = id;
    branches.push(lane);
  }
  const lines = branches.length > 1 ? [connect(lanes, branches, '├', '┬', '╮')] : [];
  trim(lanes);
  return lines;
}

function lanesOf(lanes: Lanes, id: string): number[] {
  return lanes.waiting.flatMap((waiting, lane) => (waiting === id ? [lane] : []));
}

function openLane(lanes: Lanes, from = 0): number {
  const free = lanes.waiting.findIndex((waiting, lane) => lane >= from && waiting === undefined);
  return free >= 0 ? free : lanes.waiting.push(undefined) - 1;
}

function trim(lanes: Lanes): void {
  while (lanes.waiting.length > 0 && lanes.waiting.at(-1) === undefined) lanes.waiting.pop();
}

/** The row of an event: a dot in its lane, a bar in the others. */
function draw(lanes: Lanes, at: number): string {
  return lanes.waiting.map((waiting, lane) => (lane === at ? '●' : waiting === undefined ? ' ' : '│')).join(' ');
}

/** A row in which lanes part or join: from the first of `ends` to the last, crossing what lies between. */
function connect(lanes: Lanes, ends: readonly number[], first: string, middle: string, last: string): string {
  const [from = 0] = ends;
  const to = ends.at(-1) ?? from;
  let row = '';
  for (let lane = 0; lane < lanes.waiting.length; lane += 1) {
    const inside = lane > from && lane < to;
    const passing = lanes.waiting[lane] !== undefined;
    if (lane === from) row += first;
    else if (lane === to) row += last;
    else if (ends.includes(lane)) row += middle;
    else row += inside ? (passing ? '┼' : '─') : passing ? '│' : ' ';
    if (lane < lanes.waiting.length - 1) row += lane >= from && lane < to ? '─' : ' ';
  }
  return row;
}

function newestFirst<E extends DagEvent>(events: readonly E[]): E[] {
  const children = new Map<string, number>(events.map((event) => [event.event_id, 0]));
  for (const event of events) for (const id of event.prev_events) children.set(id, (children.get(id) ?? 0) + 1);
  const byId = new Map(events.map((event) => [event.event_id, event]));
  const ready = events.filter((event) => children.get(event.event_id) === 0);
  const order: E[] = [];
  while (ready.length > 0) {
    ready.sort((a, b) => a.depth - b.depth || (a.event_id < b.event_id ? -1 : 1));
    const event = ready.pop() as E;
    order.push(event);
    for (const id of event.prev_events) {
      const left = (children.get(id) ?? 0) - 1;
      children.set(id, left);
      const parent = byId.get(id);
      if (left === 0 && parent !== undefined) ready.push(parent);
    }
  }
  return order;
}
