import type { PageEvent, ReplayData } from '../../src/replay/page-data.ts';
import { el, eventLink, explanation } from '../shared/dom.ts';
import { type StateRow, stateAfter } from './steps.ts';

type Choose = (name: string) => void;

/** Entries of a state that are shown at once. */
const MAX_ROWS = 500;
let wholeState = false;

/** What is known of one event, and why it was judged so. */
export function showEvent(panel: HTMLElement, data: ReplayData, at: number, choose: Choose): void {
  const event = data.events[at] as PageEvent;
  const links = (places: readonly number[]): HTMLElement =>
    el(
      'span',
      {},
      ...places.flatMap((place, i) => [...(i > 0 ? [' '] : []), eventLink((data.events[place] as PageEvent).name, choose)]),
      places.length === 0 ? 'nothing' : '',
    );
  const facts: [string, Node | string][] = [
    ['type', event.state_key === null ? event.type : `${event.type} [${event.state_key}]`],
    ['sender', data.ranked && event.rank !== '' ? `${event.sender}, ${event.rank}` : event.sender],
    ['room', `${data.rooms[event.room]?.kind} ${data.rooms[event.room]?.room_id}`],
    ['follows', links(event.prev)],
    ...(event.guild_heads.length > 0 ? [['guild heads', links(event.guild_heads)] as [string, Node]] : []),
    ['origin time', `${new Date(event.origin_ts).toISOString().replace('T', ' ').replace('Z', ' UTC')}`],
    ['ID', event.event_id],
  ];
  const status = event.rule === null ? event.status : `${event.status} by ${event.rule}`;
  panel.replaceChildren(
    el('h2', {}, 'Event'),
    el(
      'div',
      { class: 'event-head' },
      el('span', { class: 'mono muted' }, event.name),
      el('strong', {}, event.title),
      el('span', { class: `chip ${event.status}` }, status),
    ),
    el('dl', {}, ...facts.flatMap(([name, value]) => [el('dt', {}, name), el('dd', {}, value)])),
    el('details', { open: '' }, el('summary', {}, 'content'), el('pre', {}, JSON.stringify(event.content, null, 1))),
    el('div', { class: 'why' }, el('h2', {}, 'Why'), explanation(event.explanation, choose)),
  );
}

/** The state after an event: what it changed, or all of it. */
export function showState(panel: HTMLElement, data: ReplayData, at: number, choose: Choose): void {
  const event = data.events[at] as PageEvent;
  const rows = stateAfter(data, at);
  const [first] = event.prev;
  const before = new Map((first === undefined ? [] : stateAfter(data, first)).map(([type, key, holder]) => [`${type}\n${key}`, holder]));
  const changes = event.status !== 'rejected';
  const isChanged = ([type, key, holder]: StateRow): boolean => changes && before.get(`${type}\n${key}`) !== holder;
  const gone = [...(changes ? before.keys() : [])].filter((entry) => !rows.some(([type, key]) => `${type}\n${key}` === entry));
  const shown = wholeState ? rows : rows.filter(isChanged);
  const button = (label: string, whole: boolean): HTMLElement => {
    const made = el('button', { type: 'button', 'aria-pressed': String(wholeState === whole) }, label);
    made.addEventListener('click', () => {
      wholeState = whole;
      showState(panel, data, at, choose);
    });
    return made;
  };
  const table = el('table', {}, ...shown.slice(0, MAX_ROWS).map((row) => stateRow(data, row, isChanged(row), choose)));
  panel.replaceChildren(
    el(
      'div',
      { class: 'state-tools' },
      el('h2', {}, event.status === 'rejected' ? `State before ${event.name}` : `State after ${event.name}`),
      el('div', { class: 'segments' }, button('changed here', false), button(`all ${rows.length} entries`, true)),
    ),
    el(
      'div',
      { class: 'state-body' },
      table,
      ...(shown.length === 0
        ? [
            el(
              'p',
              { class: 'muted' },
              event.status === 'rejected' ? 'A rejected event changes nothing.' : 'Nothing changed against the state before it.',
            ),
          ]
        : []),
      ...(shown.length > MAX_ROWS ? [el('p', { class: 'muted' }, `and ${shown.length - MAX_ROWS} more`)] : []),
      ...gone.map((entry) => el('p', { class: 'muted' }, `gone: ${entry.replace('\n', ' ')}`)),
    ),
  );
}

function stateRow(data: ReplayData, [type, key, holder]: StateRow, changed: boolean, choose: Choose): HTMLElement {
  const event = data.events[holder];
  return el(
    'tr',
    changed ? { class: 'changed' } : {},
    el('td', {}, type),
    el('td', { class: 'muted' }, key),
    el('td', {}, event === undefined ? 'an event not shown' : eventLink(event.name, choose)),
    el('td', { class: 'muted' }, event?.title ?? ''),
  );
}

/** Where judgements part: both sides, one beside the other. */
export function showDifference(panel: HTMLElement, data: ReplayData, choose: Choose): void {
  const { difference } = data;
  if (difference === null) return;
  const event = data.events[difference.event];
  const side = (whose: string, says: string, trace: string): HTMLElement =>
    el('div', { class: 'side' }, el('h2', {}, whose), el('pre', {}, says), explanation(trace, choose));
  panel.hidden = false;
  panel.replaceChildren(
    el('strong', {}, `First difference: the ${difference.what} of `),
    event === undefined ? 'an event not shown' : eventLink(event.name, choose),
    el(
      'div',
      { class: 'sides' },
      side('the engine, in the order of the file', difference.engine, event?.explanation ?? ''),
      side(`the ${difference.by}`, difference.other, difference.trace),
    ),
  );
}
