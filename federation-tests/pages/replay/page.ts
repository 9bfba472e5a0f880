import type { PageEvent, ReplayData } from '../../src/replay/page-data.ts';
import { byId, el, themeButton } from '../shared/dom.ts';
import { Graph } from '../shared/graph.ts';
import { showDifference, showEvent, showState } from './detail.ts';
import { headsOf, presentAfter, type Step, type View, viewsOf } from './steps.ts';

/** Milliseconds from step to step while it plays. */
const PACE_MS = 450;

const data = JSON.parse(byId('data').textContent) as ReplayData;
const views = viewsOf(data);
const slider = byId<HTMLInputElement>('slider');
const graph = new Graph(byId('graph'), (id) => select(Number(id)));

let view = 0;
let at = 0;
let selected: number | null = null;
let playing: ReturnType<typeof setInterval> | null = null;

function viewNow(): View {
  return views[view] as View;
}

function show(): void {
  const { steps } = viewNow();
  const step = steps[at];
  const { has, holders } = presentAfter(viewNow(), at);
  const ids = (places: Iterable<number>): Set<string> => new Set(Array.from(places, String));
  const shown = selected ?? step?.event ?? null;
  graph.show({
    present: ids(has),
    heads: ids(headsOf(data, has)),
    now: step === undefined ? null : String(step.event),
    selected: shown === null ? null : String(shown),
    suspect: data.difference === null ? null : String(data.difference.event),
    holders: (id) => data.lanes.map((_, lane) => holders.get(Number(id))?.has(lane) === true),
  });
  slider.max = String(Math.max(0, steps.length - 1));
  slider.value = String(at);
  byId('position').textContent = step === undefined ? 'nothing' : positionText(step, steps.length);
  for (const [i, button] of [...byId('views').children].entries()) button.setAttribute('aria-pressed', String(i === view));
  if (shown !== null) {
    showEvent(byId('event'), data, shown, choose);
    showState(byId('state'), data, shown, choose);
  }
}

function positionText({ event, ms, lane, as }: Step, count: number): string {
  const { name } = data.events[event] as PageEvent;
  const what = as === 'accepted' ? '' : `, ${as}`;
  return data.perServer
    ? `${at + 1} of ${count} · ${ms.toLocaleString('en')} ms · ${data.lanes[lane]?.server} has ${name}${what}`
    : `${at + 1} of ${count} · ${name}${what}`;
}

function go(to: number): void {
  at = Math.min(Math.max(0, to), Math.max(0, viewNow().steps.length - 1));
  selected = null;
  show();
  const step = viewNow().steps[at];
  if (step !== undefined) graph.reveal(String(step.event));
}

function select(event: number): void {
  selected = event;
  show();
}

/** An event by its name, from a link. */
function choose(name: string): void {
  const event = data.events.findIndex((one) => one.name === name);
  if (event === -1) return;
  select(event);
  graph.reveal(String(event));
}

/** Another server's view, at about the same time. */
function look(to: number): void {
  const ms = viewNow().steps[at]?.ms ?? 0;
  view = (to + views.length) % views.length;
  const last = viewNow().steps.findLastIndex((step) => step.ms <= ms);
  go(Math.max(0, last));
}

function play(): void {
  const button = byId('play');
  if (playing !== null) {
    clearInterval(playing);
    playing = null;
  } else {
    if (at >= viewNow().steps.length - 1) go(0);
    playing = setInterval(() => (at >= viewNow().steps.length - 1 ? play() : go(at + 1)), PACE_MS);
  }
  button.textContent = playing === null ? 'Play' : 'Pause';
}

const KEYS: Readonly<Record<string, () => void>> = {
  ArrowRight: () => go(at + 1),
  ArrowLeft: () => go(at - 1),
  Home: () => go(0),
  End: () => go(Infinity),
  ArrowDown: () => look(view + 1),
  ArrowUp: () => look(view - 1),
  ' ': play,
  d: () => data.difference !== null && choose(data.events[data.difference.event]?.name ?? ''),
};

document.addEventListener('keydown', (key) => {
  const act = key.ctrlKey || key.metaKey || key.altKey ? undefined : KEYS[key.key];
  if (act === undefined || (key.key === ' ' && key.target instanceof HTMLButtonElement)) return;
  key.preventDefault();
  act();
});
slider.addEventListener('input', () => go(Number(slider.value)));
for (const [id, act] of [
  ['first', () => go(0)],
  ['back', () => go(at - 1)],
  ['next', () => go(at + 1)],
  ['last', () => go(Infinity)],
  ['play', play],
] as const)
  byId(id).addEventListener('click', act);

byId('theme').append(themeButton());
byId('heading').textContent = data.found === null ? 'Replay of a history' : `Replay: ${data.found}`;
byId('facts').append(
  ...[
    data.room_id,
    `version ${data.version}`,
    `${data.events.length} events`,
    ...(data.seed === null ? [] : [`seed ${data.seed}`]),
    data.difference === null ? `agrees with ${data.sides.join(', ')}` : `differs from ${data.difference.by}`,
    ...data.notes,
  ].map((fact) => el('span', { class: 'chip', title: fact }, fact)),
);
byId('views').append(
  ...views.map(({ label }, i) => {
    const button = el('button', { type: 'button' }, label);
    button.addEventListener('click', () => look(i));
    return button;
  }),
);
showDifference(byId('difference'), data, choose);
graph.draw(
  data.events.map((event, i) => ({
    id: String(i),
    lane: event.lane,
    parents: [...event.prev, ...event.guild_heads].map(String),
    cites: event.guild_heads.map(String),
    name: event.name,
    title: event.title,
    status: event.status,
    channel: data.rooms[event.room]?.kind === 'channel',
  })),
);
if (data.perServer) graph.addHolders(data.lanes.map((lane) => lane.server));
if (data.difference === null) go(Infinity);
else {
  go(
    Math.max(
      0,
      viewNow().steps.findIndex((step) => step.event === data.difference?.event),
    ),
  );
}
