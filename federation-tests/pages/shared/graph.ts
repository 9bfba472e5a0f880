import { shown, svg } from './dom.ts';
import { type Lanes, layLanes, type LaidNode, type Spot } from './layout.ts';

export type Status = 'accepted' | 'void' | 'soft-failed' | 'rejected';

export interface GraphNode extends LaidNode {
  /** What it is called, shortly. */
  readonly name: string;
  readonly title: string;
  readonly status: Status;
  /** Drawn with square corners: conversation. */
  readonly channel: boolean;
  /** Events of the guild that it cites: dotted lines. */
  readonly cites: readonly string[];
}

/** What is shown of the graph at one moment. */
export interface Moment {
  /** Undefined: all. */
  readonly present?: ReadonlySet<string>;
  readonly heads?: ReadonlySet<string>;
  /** The event of this step. */
  readonly now?: string | null;
  readonly selected?: string | null;
  /** Where judgements part. */
  readonly suspect?: string | null;
  /** What a new event is to follow. */
  readonly chosen?: ReadonlySet<string>;
  /** Of an event: which of the servers have it, as a list of yes and no. */
  readonly holders?: (id: string) => readonly boolean[];
}

/** Pixels. */
const COLUMN = 132;
const ROW = 66;
const WIDTH = 100;
const HEIGHT = 40;
const LEFT = 26;
const TOP = 38;
/** Between lanes: room for a lane's name. */
const LANE_GAP = 36;
/** Letters of a title in its box. */
const TITLE = 15;

const GLYPH: Readonly<Record<Status, string>> = { accepted: '', void: '∅', 'soft-failed': '~', rejected: '✕' };

/** The drawing of a graph: time from left to right, one lane for each server. */
export class Graph {
  readonly #scroller: HTMLElement;
  readonly #choose: (id: string, more: boolean) => void;
  readonly #groups = new Map<string, SVGGElement>();
  readonly #edges: { readonly from: string; readonly to: string; readonly path: SVGPathElement }[] = [];
  #spots: ReadonlyMap<string, Spot> = new Map();
  #tops: readonly number[] = [];

  constructor(scroller: HTMLElement, choose: (id: string, more: boolean) => void) {
    this.#scroller = scroller;
    this.#choose = choose;
  }

  draw(nodes: readonly GraphNode[]): void {
    this.#groups.clear();
    this.#edges.length = 0;
    const lanes = layLanes(nodes);
    this.#spots = lanes.spots;
    this.#tops = rowTops(lanes);
    const width = Math.max(LEFT + lanes.columns * COLUMN + 24, this.#scroller.clientWidth - 14);
    const height = (this.#tops.at(-1) ?? TOP) + 10;
    const image = svg('svg', { class: 'graph', width, height, viewBox: `0 0 ${width} ${height}` });
    image.append(...this.#bands(lanes, width), ...this.#lines(nodes), ...nodes.map((node) => this.#box(node)), ...this.#names(lanes));
    this.#scroller.replaceChildren(image);
  }

  show({ present, heads, now, selected, suspect, chosen, holders }: Moment): void {
    for (const [id, group] of this.#groups) {
      group.classList.toggle('absent', present !== undefined && !present.has(id));
      group.classList.toggle('head', heads?.has(id) === true);
      group.classList.toggle('now', id === now);
      group.classList.toggle('selected', id === selected);
      group.classList.toggle('suspect', id === suspect);
      group.classList.toggle('chosen', chosen?.has(id) === true);
      const dots = group.querySelectorAll('.holder');
      const held = holders?.(id) ?? [];
      for (const [i, dot] of dots.entries()) dot.classList.toggle('has', held[i] === true);
    }
    for (const { from, to, path } of this.#edges) {
      path.classList.toggle('absent', present !== undefined && !(present.has(from) && present.has(to)));
      path.classList.toggle('lit', selected === to || selected === from);
    }
  }

  /** Small dots under every event, one for each server: who has it. */
  addHolders(servers: readonly string[]): void {
    for (const group of this.#groups.values()) {
      const left = WIDTH - 8 - (servers.length - 1) * 9;
      for (const [i, name] of servers.entries())
        group.append(svg('circle', { class: 'holder', cx: left + i * 9, cy: HEIGHT, r: 3.2 }, svg('title', {}, name)));
    }
  }

  /** Scrolls so that the event can be seen. */
  reveal(id: string): void {
    const spot = this.#spots.get(id);
    if (spot === undefined) return;
    const [x, y] = [this.#x(spot), this.#y(spot)];
    const { scrollLeft, scrollTop, clientWidth, clientHeight } = this.#scroller;
    const isIn = x > scrollLeft && x + WIDTH < scrollLeft + clientWidth && y > scrollTop && y + HEIGHT < scrollTop + clientHeight;
    if (!isIn) this.#scroller.scrollTo({ left: x - clientWidth * 0.6, top: y - clientHeight / 2 });
  }

  #x({ column }: Spot): number {
    return LEFT + column * COLUMN;
  }

  #y({ row }: Spot): number {
    return this.#tops[row] as number;
  }

  #bands({ lanes }: Lanes, width: number): SVGElement[] {
    return lanes.map(({ top, rows }, i) => {
      const y = (this.#tops[top] as number) - LANE_GAP + 4;
      return svg('rect', { class: `band ${i % 2 === 0 ? 'even' : 'odd'}`, x: 0, y, width, height: rows * ROW + LANE_GAP - 12, rx: 10 });
    });
  }

  /** The lanes' names stay in sight when the drawing scrolls. */
  #names({ lanes }: Lanes): SVGElement[] {
    const group = svg('g', { class: 'lane-names' });
    for (const { name, top } of lanes)
      group.append(
        svg('text', { class: 'lane', x: 14, y: (this.#tops[top] as number) - 15 }, name.length > 60 ? `${name.slice(0, 59)}…` : name),
      );
    this.#scroller.onscroll = () => group.setAttribute('transform', `translate(${this.#scroller.scrollLeft} 0)`);
    return [group];
  }

  #lines(nodes: readonly GraphNode[]): SVGElement[] {
    const lines: SVGElement[] = [];
    for (const node of nodes) {
      const to = this.#spots.get(node.id) as Spot;
      const add = (parent: string, kind: string): void => {
        const from = this.#spots.get(parent);
        if (from === undefined) return;
        const path = svg('path', { class: `edge ${kind}`, d: this.#curve(from, to) });
        this.#edges.push({ from: parent, to: node.id, path });
        lines.push(path);
      };
      const cited = new Set(node.cites);
      for (const parent of node.parents) if (!cited.has(parent)) add(parent, '');
      for (const parent of node.cites) add(parent, 'cites');
    }
    return lines;
  }

  #curve(from: Spot, to: Spot): string {
    const [x1, y1] = [this.#x(from) + WIDTH, this.#y(from) + HEIGHT / 2];
    const [x2, y2] = [this.#x(to), this.#y(to) + HEIGHT / 2];
    // Far jumps run between the rows, so that they do not cross the boxes on their way.
    if (to.column - from.column > 1) {
      const y = y2 >= y1 ? y1 + (ROW - 4) / 2 : y1 - (ROW - 4) / 2;
      const bend = (COLUMN - WIDTH) / 2;
      return `M${x1} ${y1}C${x1 + bend} ${y1} ${x1 + bend / 2} ${y} ${x1 + 2 * bend} ${y}H${x2 - 2 * bend}C${x2 - bend / 2} ${y} ${x2 - bend} ${y2} ${x2} ${y2}`;
    }
    const bend = (COLUMN - WIDTH) * 0.6;
    return `M${x1} ${y1}C${x1 + bend} ${y1} ${x2 - bend} ${y2} ${x2} ${y2}`;
  }

  #box(node: GraphNode): SVGElement {
    const spot = this.#spots.get(node.id) as Spot;
    const title = node.title.length > TITLE ? `${node.title.slice(0, TITLE - 1)}…` : node.title;
    const group = svg(
      'g',
      {
        class: `node ${node.status}`,
        transform: `translate(${this.#x(spot)} ${this.#y(spot)})`,
        tabindex: 0,
        role: 'button',
        'data-id': node.id,
        'aria-label': shown(`${node.name}, ${node.title}, ${node.status}`),
      },
      svg('title', {}, `${node.name}: ${node.title} (${node.status})`),
      svg('rect', { class: 'halo', x: -5, y: -5, width: WIDTH + 10, height: HEIGHT + 10, rx: node.channel ? 7 : 16 }),
      svg('rect', { class: 'box', width: WIDTH, height: HEIGHT, rx: node.channel ? 4 : 12 }),
      svg('text', { class: 'name', x: 10, y: 15 }, node.name),
      svg('text', { class: 'title', x: 10, y: 30 }, title),
      svg('text', { class: 'glyph', x: WIDTH - 10, y: 16 }, GLYPH[node.status]),
    );
    group.addEventListener('click', (click) => this.#choose(node.id, click.shiftKey || click.ctrlKey || click.metaKey));
    group.addEventListener('keydown', (key) => {
      if (key.key !== 'Enter') return;
      this.#choose(node.id, key.shiftKey);
      key.preventDefault();
    });
    this.#groups.set(node.id, group);
    return group;
  }
}

/** The top of each row: a little room between lanes. */
function rowTops({ lanes, rows }: Lanes): number[] {
  const tops: number[] = [];
  let y = TOP;
  for (let row = 0; row <= rows; row++) {
    if (row > 0 && lanes.some((lane) => lane.top === row)) y += LANE_GAP;
    tops.push(y);
    y += ROW;
  }
  return tops;
}
