import { bylineOf, clipped, reasonText, shortId, visible, wrapped } from './card-text.ts';
import type { Conflict, DrawnEvent } from './conflict.ts';
import { type Layout, layOut, type Place } from './lay-out.ts';

/** All lengths in pixels. */
const MARGIN = 28;
const HEADER = 58;
const CARD_WIDTH = 330;
const COLUMN_GAP = 44;
const ROW_GAP = 46;
const PADDING = 14;
const LINE = 17;
const CORNER = 10;
const BEND = 14;

/** Heights of letters, by which widths of texts are estimated. */
const HEAD_SIZE = 16;
const TITLE_SIZE = 13.5;
const TEXT_SIZE = 12.5;
const STATUS_SIZE = 11;
const INNER = CARD_WIDTH - 2 * PADDING;
const REASON_LINES = 7;
/** How much wider bold letters are. */
const BOLD = 1.1;

/** Light, and dark where the reader's system is: nothing is fetched, no font is named that could be missing. */
const STYLE = `
svg{--bg:#ffffff;--ink:#1f2328;--muted:#59636e;--line:#afb8c1;--card:#f6f8fa;--edge:#d1d9e0;--win:#116329;--winbg:#e3fbe9;--winline:#2da44e;--lose:#a40e26;--losebg:#fff1f0;--loseline:#e5534b;--decide:#6f4400;--decidebg:#fff7dc;--decideline:#c99700;--result:#0b4a9e;--resultbg:#ebf3ff;--resultline:#4184e4}
@media (prefers-color-scheme:dark){svg{--bg:#0d1117;--ink:#e6edf3;--muted:#9aa4af;--line:#57606a;--card:#161b22;--edge:#343b44;--win:#7ee2a0;--winbg:#0f2418;--winline:#2ea043;--lose:#ffa198;--losebg:#2a1415;--loseline:#da4f49;--decide:#f0cf6a;--decidebg:#272007;--decideline:#b8870a;--result:#8cbcff;--resultbg:#0e1d33;--resultline:#3b7de0}}
text{font-family:system-ui,-apple-system,"Segoe UI",Roboto,"Noto Sans","Liberation Sans",Arial,sans-serif;font-size:12.5px;fill:var(--ink)}
.page{fill:var(--bg)}.h{font-size:16px;font-weight:650}.sub,.by{fill:var(--muted)}.t{font-size:13.5px;font-weight:650}
.id{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"Liberation Mono",monospace;font-size:11px;fill:var(--muted)}
.card{fill:var(--card);stroke:var(--edge);stroke-width:1}.winner .card{fill:var(--winbg);stroke:var(--winline);stroke-width:2}
.loser .card{fill:var(--losebg);stroke:var(--loseline);stroke-width:1.5;stroke-dasharray:6 4}.decider .card{fill:var(--decidebg);stroke:var(--decideline);stroke-width:1.5}
.result .card{fill:var(--resultbg);stroke:var(--resultline);stroke-width:2}
.s{font-size:11px;font-weight:700;text-anchor:end;fill:var(--muted)}.winner .s,.winner .r{fill:var(--win)}.loser .s,.loser .r{fill:var(--lose)}.decider .s,.decider .r{fill:var(--decide)}.result .s{fill:var(--result)}
.subject .mark{fill:none;stroke:var(--muted);stroke-width:1;opacity:.75}
.way{fill:none;stroke:var(--line);stroke-width:1.75}.gap{stroke-dasharray:2 5;stroke-linecap:round}.tip{fill:var(--line)}
`;

interface Card {
  readonly place: Place;
  readonly fate: string;
  readonly status: string;
  readonly title: string;
  readonly lines: readonly string[];
  readonly id: string;
  readonly reason: readonly string[];
  readonly subject: boolean;
  readonly hint: string;
}

/** A conflict as one self-contained SVG image, oldest event on top, with the reason in each loser's card. Safe for whatever names strangers chose. */
export function drawSvg(conflict: Conflict): string {
  const layout = layOut(conflict);
  const cards = cardsOf(conflict, layout);
  const tops = rowTops(cards, layout.rows);
  const width = 2 * MARGIN + layout.columns * CARD_WIDTH + (layout.columns - 1) * COLUMN_GAP;
  const height = (tops.at(-1) as number) - ROW_GAP + MARGIN;
  const title = clipped(visible(conflict.title), (width - 2 * MARGIN) / (HEAD_SIZE * BOLD));
  const sub = clipped(subtitle(conflict), (width - 2 * MARGIN) / TEXT_SIZE);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-labelledby="t d">`,
    `<title id="t">${xml(visible(conflict.title))}</title>`,
    `<desc id="d">${xml(description(conflict))}</desc>`,
    `<style>${STYLE}</style>`,
    `<rect class="page" width="${width}" height="${height}"/>`,
    `<text class="h" x="${MARGIN}" y="${MARGIN + 10}">${xml(title)}</text>`,
    `<text class="sub" x="${MARGIN}" y="${MARGIN + 30}">${xml(sub)}</text>`,
    ...waysOf(conflict, layout, cards, tops),
    ...cards.map((card) => drawCard(card, tops)),
    '</svg>',
    '',
  ].join('\n');
}

function subtitle({ room_id, omitted }: Conflict): string {
  return `${omitted === 0 ? '' : `${omitted} more events not drawn (dotted); `}${visible(room_id)}`;
}

/** The drawing in words, for those who do not see it. */
function description({ events, merged, ranked }: Conflict): string {
  const said = events
    .filter((event) => event.fate !== 'other')
    .map((event) =>
      visible(`${event.status}: ${event.title} ${bylineOf(event, ranked)}${event.reason === null ? '' : `. ${reasonText(event)}`}.`),
    );
  return [...said, ...(merged === null ? [] : [visible(`Together: ${merged.text}.`)])].join(' ');
}

function cardsOf({ events, merged, title, ranked }: Conflict, layout: Layout): Card[] {
  const cards = events.map((event) => eventCard(event, layout.places.get(event.event_id) as Place, ranked));
  if (merged === null || layout.merged === null) return cards;
  const result: Card = {
    place: layout.merged,
    fate: 'result',
    status: 'together',
    title: titleBeside(merged.text, 'together'),
    lines: wrapped(visible(`holds the entry: ${title}`), INNER / TEXT_SIZE, 2),
    id: merged.event_id === null ? '' : shortId(merged.event_id),
    reason: [],
    subject: false,
    hint: visible(merged.text),
  };
  return [...cards, result];
}

function eventCard(event: DrawnEvent, place: Place, ranked: boolean): Card {
  return {
    place,
    fate: event.fate,
    status: event.status,
    title: titleBeside(event.title, event.status),
    lines: [clipped(visible(bylineOf(event, ranked)), INNER / TEXT_SIZE)],
    id: shortId(event.event_id),
    reason: wrapped(visible(reasonText(event)), INNER / TEXT_SIZE, REASON_LINES),
    subject: event.subject,
    hint: visible(`${event.event_id}\n${event.title}`),
  };
}

/** A title, cut so that the status has room at its right. */
function titleBeside(title: string, status: string): string {
  const rest = INNER - status.length * STATUS_SIZE * 0.72;
  return clipped(visible(title), rest / (TITLE_SIZE * BOLD));
}

function heightOf({ lines, id, reason }: Card): number {
  const texts = 1 + lines.length + (id === '' ? 0 : 1) + reason.length;
  return 2 * PADDING + texts * LINE - 4 + (reason.length > 0 ? 7 : 0);
}

/** The top of every row, and one more: where the next would begin. */
function rowTops(cards: readonly Card[], rows: number): number[] {
  const tops = [MARGIN + HEADER];
  for (let row = 0; row < rows; row++) {
    const highest = Math.max(0, ...cards.filter((card) => card.place.row === row).map(heightOf));
    tops.push((tops[row] as number) + highest + ROW_GAP);
  }
  return tops;
}

function leftOf({ column }: Place): number {
  return MARGIN + column * (CARD_WIDTH + COLUMN_GAP);
}

function drawCard(card: Card, tops: readonly number[]): string {
  const [x, y] = [leftOf(card.place), tops[card.place.row] as number];
  const height = heightOf(card);
  const texts: string[] = [];
  let base = y + PADDING + 10;
  const add = (kind: string, content: string): void => {
    texts.push(`<text class="${kind}" x="${x + PADDING}" y="${base}">${xml(content)}</text>`);
    base += LINE;
  };
  add('t', card.title);
  for (const line of card.lines) add('by', line);
  if (card.id !== '') add('id', card.id);
  base += 7;
  for (const line of card.reason) add('r', line);
  const status =
    card.status === '' ? '' : `<text class="s" x="${x + CARD_WIDTH - PADDING}" y="${y + PADDING + 10}">${xml(card.status)}</text>`;
  const mark = card.subject
    ? `<rect class="mark" x="${x - 5}" y="${y - 5}" width="${CARD_WIDTH + 10}" height="${height + 10}" rx="${CORNER + 4}"/>`
    : '';
  return `<g class="${card.fate}${card.subject ? ' subject' : ''}"><title>${xml(card.hint)}</title>${mark}<rect class="card" x="${x}" y="${y}" width="${CARD_WIDTH}" height="${height}" rx="${CORNER}"/>${texts.join('')}${status}</g>`;
}

function waysOf({ events, merged }: Conflict, layout: Layout, cards: readonly Card[], tops: readonly number[]): string[] {
  const bottoms = new Map(
    cards.map((card) => [`${card.place.row}/${card.place.column}`, (tops[card.place.row] as number) + heightOf(card)]),
  );
  const taken = new Set(bottoms.keys());
  const way = (from: Place, to: Place, between: boolean): string => {
    const start = bottoms.get(`${from.row}/${from.column}`) as number;
    const end = tops[to.row] as number;
    const path = pathOf(from, to, start, end, tops, taken);
    const x = leftOf(to) + CARD_WIDTH / 2;
    return `<path class="way${between ? ' gap' : ''}" d="${path}"/><path class="tip" d="M${x - 5} ${end - 9}h10l-5 8z"/>`;
  };
  const ways = events.flatMap((event) =>
    event.after.map(({ event_id, between }) =>
      way(layout.places.get(event_id) as Place, layout.places.get(event.event_id) as Place, between),
    ),
  );
  const under = layout.merged;
  if (merged !== null && under !== null) for (const head of merged.heads) ways.push(way(layout.places.get(head) as Place, under, false));
  return ways;
}

/** Down, across in the gap between two rows, and down: across early where the target's column is free on the way, else as late as possible. */
function pathOf(from: Place, to: Place, start: number, end: number, tops: readonly number[], taken: ReadonlySet<string>): string {
  const [x1, x2] = [leftOf(from) + CARD_WIDTH / 2, leftOf(to) + CARD_WIDTH / 2];
  if (x1 === x2) return `M${x1} ${start}V${end - 8}`;
  const isFree = (column: number): boolean => {
    for (let row = from.row + 1; row < to.row; row++) if (taken.has(`${row}/${column}`)) return false;
    return true;
  };
  const gap = isFree(to.column) ? from.row + 1 : to.row;
  const y = (tops[gap] as number) - ROW_GAP / 2;
  const side = x2 > x1 ? BEND : -BEND;
  return `M${x1} ${start}V${y - BEND}Q${x1} ${y} ${x1 + side} ${y}H${x2 - side}Q${x2} ${y} ${x2} ${Math.min(y + BEND, end - 8)}V${end - 8}`;
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function xml(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ENTITIES[character] as string);
}
