import { el, eventLink, explanation } from '../shared/dom.ts';
import type { Made, Run } from './make.ts';
import { titleOf } from '../../src/replay/event-title.ts';
import { explanationOf } from './walk.ts';

let whole = false;

/** One event, why it is judged so, and the state after it; without one, the state at all heads. */
export function showDetail(panel: HTMLElement, run: Run, name: string | null, choose: (name: string) => void): void {
  panel.replaceChildren(...(name === null ? [] : eventPart(run, run.one(name) as Made, choose)), ...statePart(panel, run, name, choose));
}

function eventPart(run: Run, { named, event, fault }: Made, choose: (name: string) => void): HTMLElement[] {
  const voided = run.voids(run.heads()).has(named.id);
  const status = fault !== null ? `rejected by ${fault.rule}` : voided ? 'void in the end' : 'accepted';
  return [
    el(
      'div',
      { class: 'event-head' },
      el('span', { class: 'mono muted' }, named.id),
      el('strong', {}, titleOf(event)),
      el('span', { class: `chip ${fault !== null ? 'rejected' : voided ? 'void' : 'accepted'}` }, status),
    ),
    el(
      'div',
      { class: 'muted' },
      `${named.type}${named.state_key === undefined ? '' : ` [${named.state_key}]`} by ${named.sender}, time ${named.ts}`,
    ),
    el('pre', {}, JSON.stringify(named.content, null, 1)),
    el(
      'details',
      { open: '' },
      el('summary', { class: 'hide muted' }, 'The engine explains'),
      explanation(explanationOf(run, named.id), choose),
    ),
    el('div', { class: 'mono muted' }, event.event_id),
  ];
}

function statePart(panel: HTMLElement, run: Run, name: string | null, choose: (name: string) => void): HTMLElement[] {
  const made = name === null ? null : (run.one(name) as Made);
  const heads =
    made === null ? run.heads() : made.fault === null ? [made.named.id] : made.named.prev.filter((one) => run.one(one)?.fault === null);
  const rows = run.state(heads);
  const base = new Set(run.made.slice(0, run.baseSize).map((one) => one.named.id));
  const isNew = (holder: string): boolean => !base.has(holder);
  const before = new Map(run.state(run.heads(run.baseSize)).map(([type, key, holder]) => [`${type}\n${key}`, holder]));
  const gone = [...before].filter(([entry]) => !rows.some(([type, key]) => `${type}\n${key}` === entry));
  const shown = whole || run.baseSize === 0 ? rows : rows.filter(([, , holder]) => isNew(holder));
  const toggle = el('button', { type: 'button', class: 'event-link' }, whole ? 'only what is new' : `all ${rows.length} entries`);
  toggle.addEventListener('click', () => {
    whole = !whole;
    showDetail(panel, run, name, choose);
  });
  const title =
    made === null ? `State at all heads (${heads.join(', ')})` : made.fault === null ? `State after ${name}` : `State before ${name}`;
  return [
    el('h2', {}, title),
    toggle,
    el(
      'table',
      {},
      ...shown.map(([type, key, holder]) =>
        el(
          'tr',
          isNew(holder) ? { class: 'changed' } : {},
          el('td', {}, type),
          el('td', { class: 'muted' }, key),
          el('td', {}, eventLink(holder, choose)),
        ),
      ),
    ),
    ...(shown.length === 0 ? [el('p', { class: 'muted' }, 'As it was before the drawing.')] : []),
    ...gone.map(([entry, holder]) => el('p', { class: 'bad' }, `gone: ${entry.replace('\n', ' ')}, which ${holder} held`)),
  ];
}
