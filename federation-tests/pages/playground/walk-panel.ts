import { el, explanation } from '../shared/dom.ts';
import type { Chapter, WalkStep } from './walk.ts';

interface Acts {
  readonly go: (chapter: number, step: number) => void;
  readonly choose: (name: string) => void;
}

/** The chapters, the one at hand open: what was judged before is done, what comes after is pale. */
export function showWalk(
  panel: HTMLElement,
  chapters: readonly Chapter[],
  at: { readonly chapter: number; readonly step: number } | null,
  acts: Acts,
): void {
  panel.replaceChildren(
    ...chapters.map((chapter, i) =>
      chapterBox(chapter, i, at !== null && at.chapter === i ? at.step : null, at === null || i > at.chapter, acts),
    ),
  );
  const current = panel.querySelector('.current');
  const box = panel.getBoundingClientRect();
  if (current !== null && current.getBoundingClientRect().top < box.top) current.scrollIntoView({ block: 'nearest' });
}

function chapterBox({ title, steps }: Chapter, number: number, step: number | null, future: boolean, acts: Acts): HTMLElement {
  const good = steps.every((one) => one.good);
  const head = el(
    'button',
    { type: 'button', 'aria-expanded': String(step !== null) },
    el('span', { class: `mark ${good ? 'good' : 'bad'}` }, good ? '✓' : '✕'),
    title,
  );
  head.addEventListener('click', () => acts.go(number, steps.length - 1));
  const box = el('div', { class: `chapter${future ? ' later' : ''}` }, head);
  if (step !== null)
    box.append(
      el(
        'ol',
        {},
        ...steps.map((one, i) => stepRow(one, i === step ? 'current' : i > step ? 'future' : '', () => acts.go(number, i), acts.choose)),
      ),
    );
  return box;
}

function stepRow({ kind, good, rule, text }: WalkStep, when: string, go: () => void, choose: (name: string) => void): HTMLElement {
  const row = el(
    'li',
    { class: `walk-step ${kind} ${when}${rule === null ? ' bare' : ''}` },
    el('span', { class: good ? 'good' : 'bad' }, good ? '✓' : '✕'),
    rule === null ? el('span') : el('code', { class: 'rule' }, rule),
    explanation(text, choose),
  );
  row.addEventListener('click', (click) => {
    if (!(click.target instanceof HTMLButtonElement)) go();
  });
  return row;
}
