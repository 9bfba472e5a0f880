/**
 * One event of a drawing. What it follows, and what became of it, is drawn; what it does is said beside the drawing.
 */
export interface DrawnEvent {
  readonly name: string;
  /** Names of the events to the left that a line joins with it, in the order of the drawing. */
  readonly prev: readonly string[];
  /** Names in brackets: guild heads of a channel event. Undefined: none drawn. */
  readonly guildHeads: readonly string[] | undefined;
  /** `✗`: rejected. `†`: accepted, and void in the end. Nothing: it stands. */
  readonly fate: 'stands' | 'void' | 'rejected';
}

interface Box extends Omit<DrawnEvent, 'prev'> {
  readonly row: number;
  /** Columns `from` (inclusive) to `to` (exclusive). */
  readonly from: number;
  readonly to: number;
}

type Direction = 'left' | 'right' | 'up' | 'down';

const LINES: Readonly<Record<string, readonly Direction[]>> = {
  '─': ['left', 'right'],
  '│': ['up', 'down'],
  '┬': ['left', 'right', 'down'],
  '┴': ['left', 'right', 'up'],
  '├': ['up', 'down', 'right'],
  '┤': ['up', 'down', 'left'],
  '┌': ['right', 'down'],
  '└': ['right', 'up'],
  '┐': ['left', 'down'],
  '┘': ['left', 'up'],
  '┼': ['left', 'right', 'up', 'down'],
};
const STEP: Readonly<Record<Direction, readonly [row: number, column: number]>> = {
  left: [0, -1],
  right: [0, 1],
  up: [-1, 0],
  down: [1, 0],
};
const OPPOSITE: Readonly<Record<Direction, Direction>> = { left: 'right', right: 'left', up: 'down', down: 'up' };
const NAME = /(?<name>[A-Za-z][A-Za-z0-9_]*)(?:\((?<heads>[A-Za-z0-9_, ]+)\))?(?<mark>[†✗]?)/g;

/**
 * Reads a drawing of a graph, time going from left to right:
 *
 *     F ──┬── ban ── demote ──┬── merge
 *         └── rejoin† ────────┘
 *
 * Lines that touch are one net; every event whose right side it meets comes before every event whose left side it meets. An event without a
 * line on its left is one that is known already. Anything that is neither a name nor a line, and every loose end, is an error: the picture
 * that people see is exactly what the test does.
 */
export function parseDrawing(text: string): DrawnEvent[] {
  const grid = text.split('\n').map((line) => [...line]);
  const boxes = grid.flatMap((line, row) => boxesOf(line.join(''), row));
  const taken = new Set(boxes.flatMap((box) => Array.from({ length: box.to - box.from }, (_, i) => cell(box.row, box.from + i))));
  for (const [row, line] of grid.entries())
    for (const [column, char] of line.entries())
      if (char !== ' ' && !(char in LINES) && !taken.has(cell(row, column))) throw fault('neither a name nor a line', row, column, text);
  const before = new Map<Box, readonly string[]>();
  for (const net of netsOf(grid, taken, boxes, text)) for (const target of net.targets) before.set(target, net.sources);
  return inOrder(boxes, before);
}

/** Events that are drawn with their past, in the order of the text; a name that stands twice is one event. */
function inOrder(boxes: readonly Box[], before: ReadonlyMap<Box, readonly string[]>): DrawnEvent[] {
  const drawn: DrawnEvent[] = [];
  for (const box of boxes) {
    const prev = before.get(box);
    if (prev === undefined) continue;
    if (drawn.some((one) => one.name === box.name)) throw new Error(`${box.name} is drawn with two pasts`);
    drawn.push({ name: box.name, prev, guildHeads: box.guildHeads, fate: box.fate });
  }
  return drawn;
}

function boxesOf(line: string, row: number): Box[] {
  return [...line.matchAll(NAME)].map((match) => {
    const { name, heads, mark } = match.groups as { name: string; heads?: string; mark: string };
    return {
      name,
      guildHeads: heads?.split(',').map((head) => head.trim()),
      fate: mark === '✗' ? 'rejected' : mark === '†' ? 'void' : 'stands',
      row,
      from: match.index,
      to: match.index + match[0].length,
    };
  });
}

interface Net {
  readonly sources: string[];
  readonly targets: Box[];
}

/** Walks each set of touching lines once. */
function netsOf(grid: readonly (readonly string[])[], taken: ReadonlySet<string>, boxes: readonly Box[], text: string): Net[] {
  const directions = (row: number, column: number): readonly Direction[] =>
    taken.has(cell(row, column)) ? [] : (LINES[grid[row]?.[column] ?? ' '] ?? []);
  const seen = new Set<string>();
  const nets: Net[] = [];
  for (const [startRow, line] of grid.entries()) {
    for (const startColumn of line.keys()) {
      if (directions(startRow, startColumn).length === 0 || seen.has(cell(startRow, startColumn))) continue;
      const net: Net = { sources: [], targets: [] };
      const open: [number, number][] = [[startRow, startColumn]];
      seen.add(cell(startRow, startColumn));
      for (let at = open.pop(); at !== undefined; at = open.pop()) {
        const [row, column] = at;
        for (const direction of directions(row, column)) {
          const [nextRow, nextColumn] = [row + STEP[direction][0], column + STEP[direction][1]];
          if (directions(nextRow, nextColumn).includes(OPPOSITE[direction])) {
            if (!seen.has(cell(nextRow, nextColumn))) open.push([nextRow, nextColumn]);
            seen.add(cell(nextRow, nextColumn));
          } else {
            endAt(net, direction, row, column, boxes, text);
          }
        }
      }
      if (net.sources.length === 0 || net.targets.length === 0) throw fault('a line that joins nothing', startRow, startColumn, text);
      nets.push(net);
    }
  }
  return nets;
}

/** A line's end: one space from the event that it meets. */
function endAt(net: Net, direction: Direction, row: number, column: number, boxes: readonly Box[], text: string): void {
  const met = boxes.find(
    (box) => box.row === row && ((direction === 'left' && box.to === column - 1) || (direction === 'right' && box.from === column + 2)),
  );
  if (met === undefined) throw fault('a loose end', row, column, text);
  if (direction === 'left') net.sources.push(met.name);
  else net.targets.push(met);
}

function cell(row: number, column: number): string {
  return `${row},${column}`;
}

function fault(what: string, row: number, column: number, text: string): Error {
  return new Error(`${what} in line ${row + 1}, column ${column + 1} of\n${text}`);
}
