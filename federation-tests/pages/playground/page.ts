import { byId, el, eventLink, themeButton } from '../shared/dom.ts';
import { Graph, type GraphNode, type Status } from '../shared/graph.ts';
import { ActFault, PEOPLE, VERB_NAMES } from './acts.ts';
import { BASES, EMPTY } from './bases.ts';
import { showDetail } from './detail.ts';
import { EXAMPLES } from './examples.ts';
import { HELP } from './help.ts';
import { BASE, readDrawing, TextFault } from './language.ts';
import { type Made, Run } from './make.ts';
import { titleOf } from '../../src/replay/event-title.ts';
import { drawingOfVector, vectorOf, VectorFault } from './vector.ts';
import { type Chapter, walkOf } from './walk.ts';
import { showWalk } from './walk-panel.ts';

/** Milliseconds without a key before the text is read. */
const CALM_MS = 250;

const text = byId<HTMLTextAreaElement>('text');
const slider = byId<HTMLInputElement>('slider');
const graph = new Graph(byId('graph'), (id, more) => pick(id, more));

let run: Run | null = null;
let chapters: readonly Chapter[] = [];
/** The chapter and the step in it of each step of all. */
let steps: readonly { readonly chapter: number; readonly step: number }[] = [];
let at = 0;
let selected: string | null = null;
let parents: ReadonlySet<string> = new Set();

/** Reads and judges the text. What cannot be read leaves the last drawing as it is. */
function read(toEnd = true): void {
  try {
    run = new Run(readDrawing(text.value));
  } catch (error) {
    if (error instanceof TextFault) return showFault(error.line, error.message);
    if (error instanceof ActFault) return showFault(null, error.message);
    throw error;
  }
  chapters = walkOf(run);
  steps = chapters.flatMap((chapter, i) => chapter.steps.map((_, step) => ({ chapter: i, step })));
  const voids = run.voids(run.heads());
  const drawn = run.made.slice(run.baseSize);
  graph.draw([...(run.baseSize > 0 ? [baseNode()] : []), ...drawn.map((made) => nodeOf(made, voids))]);
  const fates = drawn.map((made) => statusOf(made, voids));
  const count = (status: Status): number => fates.filter((one) => one === status).length;
  byId('fault').className = '';
  byId('fault').textContent =
    `${drawn.length} events: ${count('accepted')} stand, ${count('void')} void, ${count('rejected')} rejected; ${run.heads().length} ${run.heads().length === 1 ? 'head' : 'heads'}`;
  numberLines(null);
  const { room } = run.drawing;
  for (const button of byId('rooms').children) button.setAttribute('aria-pressed', String(button.getAttribute('data-room') === room));
  if (selected !== null && run.one(selected) === undefined) selected = null;
  parents = new Set(run.heads().filter((name) => (run as Run).made.findIndex((one) => one.named.id === name) >= (run as Run).baseSize));
  go(toEnd ? steps.length - 1 : at);
}

function showFault(line: number | null, message: string): void {
  byId('fault').className = 'bad';
  byId('fault').textContent = line === null ? message : `line ${line}: ${message}`;
  numberLines(line);
}

function numberLines(wrong: number | null): void {
  const count = text.value.split('\n').length;
  byId('lines').replaceChildren(
    ...Array.from({ length: count }, (_, i) => el('span', i + 1 === wrong ? { class: 'wrong' } : {}, `${i + 1}\n`)),
  );
}

function baseNode(): GraphNode {
  return {
    id: BASE,
    lane: 'a.example',
    parents: [],
    cites: [],
    name: BASE,
    title: `${(run as Run).baseSize} events`,
    status: 'accepted',
    channel: false,
  };
}

function statusOf({ named, fault }: Made, voids: ReadonlySet<string>): Status {
  return fault !== null ? 'rejected' : voids.has(named.id) ? 'void' : 'accepted';
}

function nodeOf(made: Made, voids: ReadonlySet<string>): GraphNode {
  const { id, sender, prev } = made.named;
  const drawn = (name: string): boolean => (run as Run).made.findIndex((one) => one.named.id === name) >= (run as Run).baseSize;
  return {
    id,
    lane: sender.slice(sender.indexOf(':') + 1),
    parents: prev.map((name) => (drawn(name) ? name : BASE)),
    cites: [],
    name: id,
    title: titleOf(made.event),
    status: statusOf(made, voids),
    channel: made.named.state_key === undefined,
  };
}

/** Where the walk is: the drawing fills up as its events are judged; at resolutions everything before them is there. */
function show(): void {
  if (run === null) return;
  const place = steps[at];
  const chapter = place === undefined ? undefined : chapters[place.chapter];
  const step = place === undefined ? undefined : chapter?.steps[place.step];
  const judged = new Set<string>([BASE]);
  for (const { name } of chapters.slice(0, (place?.chapter ?? chapters.length) + 1)) if (name !== null) judged.add(name);
  const heads = new Set(run.heads());
  const shown = selected ?? step?.name ?? chapter?.name ?? null;
  graph.show({ present: judged, heads, now: step?.name ?? null, selected: shown, chosen: parents.size === 0 ? new Set([BASE]) : parents });
  slider.max = String(Math.max(0, steps.length - 1));
  slider.value = String(at);
  byId('position').textContent = steps.length === 0 ? 'nothing to judge yet' : `step ${at + 1} of ${steps.length}`;
  showWalk(byId('walk'), chapters, place ?? null, { go: (chapterAt, stepAt) => goTo(chapterAt, stepAt), choose: select });
  showDetail(byId('event'), run, shown !== null && run.one(shown) !== undefined ? shown : null, select);
  showParents();
}

function showParents(): void {
  const names = parents.size === 0 ? [BASE] : [...parents];
  byId('after').replaceChildren(
    ...names.map((name) => eventLink(name, select)),
    el('small', {}, 'click an event; shift-click for several'),
  );
}

function go(to: number): void {
  at = Math.min(Math.max(0, to), Math.max(0, steps.length - 1));
  selected = null;
  show();
  const place = steps[at];
  const name = place === undefined ? null : chapters[place.chapter]?.steps[place.step]?.name;
  if (typeof name === 'string') graph.reveal(name);
}

function goTo(chapter: number, step: number): void {
  go(steps.findIndex((one) => one.chapter === chapter && one.step === step));
}

function select(name: string): void {
  selected = name;
  show();
}

function pick(name: string, more: boolean): void {
  const next = new Set(more ? parents : []);
  if (name !== BASE && !(more && next.delete(name))) next.add(name);
  parents = next;
  select(name);
}

/** What the form says becomes lines of the text: the text is all there is. */
function add(): void {
  if (run === null) return;
  const [who, verb, rest] = [
    byId<HTMLSelectElement>('who').value,
    byId<HTMLSelectElement>('verb').value,
    byId<HTMLInputElement>('rest').value.trim(),
  ];
  let n = run.made.length - run.baseSize + 1;
  while (run.one(`e${n}`) !== undefined) n += 1;
  const chains = (parents.size === 0 ? [BASE] : [...parents]).map((name) => `${name} -- e${n}`);
  const before = text.value;
  text.value = `${before.trimEnd()}\n\n${chains.join('\n')}\ne${n}: ${`${who} ${verb} ${rest}`.trim()}\n`;
  read();
  if (byId('fault').className === 'bad') {
    // The message stays; what was not understood does not.
    const message = byId('fault').textContent;
    text.value = before;
    numberLines(null);
    byId('fault').textContent = message;
    return;
  }
  parents = new Set([`e${n}`]);
  byId<HTMLInputElement>('rest').value = '';
  show();
  text.scrollTop = text.scrollHeight;
}

async function copy(): Promise<void> {
  if (run === null) return;
  const json = `${JSON.stringify(vectorOf(run), null, 1)}\n`;
  try {
    await navigator.clipboard.writeText(json);
    byId('done').textContent = 'copied';
  } catch {
    // Not every page may write there; then the reader copies by hand.
    byId<HTMLTextAreaElement>('vector').value = json;
    byId<HTMLDialogElement>('dialog').showModal();
    byId<HTMLTextAreaElement>('vector').select();
    byId('done').textContent = 'the vector is in the window: copy it from there';
  }
}

function take(): void {
  const story = byId<HTMLSelectElement>('story');
  try {
    const { text: drawing, names } = drawingOfVector(byId<HTMLTextAreaElement>('vector').value, story.hidden ? undefined : story.value);
    if (names.length > 1 && story.hidden) {
      story.hidden = false;
      story.replaceChildren(...names.map((name) => el('option', { value: name }, name)));
      byId('vector-fault').textContent = '';
      return;
    }
    text.value = drawing;
    read();
    byId<HTMLDialogElement>('dialog').close();
  } catch (error) {
    if (!(error instanceof VectorFault)) throw error;
    byId('vector-fault').textContent = error.message;
  }
}

function setRoom(room: string): void {
  const line = /^room\s.*$/m;
  text.value = line.test(text.value) ? text.value.replace(line, `room ${room}`) : `room ${room}\n${text.value}`;
  read();
}

function listen(): void {
  let calm: ReturnType<typeof setTimeout> | undefined;
  text.addEventListener('input', () => {
    numberLines(null);
    clearTimeout(calm);
    calm = setTimeout(() => read(), CALM_MS);
  });
  text.addEventListener('scroll', () => (byId('lines').scrollTop = text.scrollTop));
  slider.addEventListener('input', () => go(Number(slider.value)));
  const buttons: Readonly<Record<string, () => void>> = {
    first: () => go(0),
    back: () => go(at - 1),
    next: () => go(at + 1),
    last: () => go(Infinity),
    copy: () => void copy(),
    take,
    import: () => {
      byId<HTMLSelectElement>('story').hidden = true;
      byId('vector-fault').textContent = '';
      byId<HTMLDialogElement>('dialog').showModal();
    },
  };
  for (const [id, act] of Object.entries(buttons)) byId(id).addEventListener('click', act);
  byId('vector').addEventListener('input', () => (byId<HTMLSelectElement>('story').hidden = true));
  byId('add').addEventListener('submit', (submit) => {
    submit.preventDefault();
    add();
  });
  const keys: Readonly<Record<string, () => void>> = {
    ArrowRight: () => go(at + 1),
    ArrowLeft: () => go(at - 1),
    Home: () => go(0),
    End: () => go(Infinity),
  };
  document.addEventListener('keydown', (key) => {
    const typing =
      key.target instanceof HTMLInputElement || key.target instanceof HTMLTextAreaElement || key.target instanceof HTMLSelectElement;
    const act = key.ctrlKey || key.metaKey || key.altKey || typing ? undefined : keys[key.key];
    if (act === undefined) return;
    key.preventDefault();
    act();
  });
}

const examples = byId<HTMLSelectElement>('examples');
examples.append(...EXAMPLES.map(({ name }, i) => el('option', { value: String(i) }, name)));
examples.addEventListener('change', () => {
  text.value = EXAMPLES[Number(examples.value)]?.text ?? '';
  read();
});
byId('rooms').append(
  ...Object.entries({ ...BASES, [EMPTY]: { label: 'native, everything drawn' } }).map(([room, { label }]) => {
    const button = el('button', { type: 'button', 'data-room': room, title: label }, room);
    button.addEventListener('click', () => setRoom(room));
    return button;
  }),
);
byId('who').append(...Object.keys(PEOPLE).map((name) => el('option', {}, name)));
byId('verb').append(...VERB_NAMES.map((verb) => el('option', { ...(verb === 'bans' ? { selected: '' } : {}) }, verb)));
byId('people').append(...Object.keys(PEOPLE).map((name) => el('option', { value: name })));
byId('help').append(el('dl', {}, ...HELP.flatMap(([term, meaning]) => [el('dt', {}, term), el('dd', {}, meaning)])));
byId('theme').append(themeButton());
listen();
text.value = EXAMPLES[0]?.text ?? '';
read();
