import { type JsonObject, type JsonValue, readJson, utf8Compare, utf8Encode } from '@openguild/core';
import { EMPTY } from './bases.ts';
import type { NamedEvent } from '../../src/vectors/named-events.ts';
import type { Run } from './make.ts';

/** What cannot be taken as a vector. */
export class VectorFault extends Error {
  override readonly name = 'VectorFault';
}

const MAX_BYTES = 8 * 1024 * 1024;

/** A run in the form of spec/vectors/scenarios.json; of a Matrix room in that of spec/matrix. */
export function vectorOf(run: Run): object {
  return run.native ? scenarioOf(run) : matrixHistoryOf(run);
}

function scenarioOf(run: Run): object {
  const { drawing, made, baseSize } = run;
  const heads = run.heads();
  const before = new Map(run.state(run.heads(baseSize)).map((row) => [entryOf(run, row), row[2]]));
  const after = new Map(run.state(heads).map((row) => [entryOf(run, row), row[2]]));
  const changed = [...after].filter(([entry, name]) => before.get(entry) !== name);
  const gone = [...before.keys()].filter((entry) => !after.has(entry)).map((entry) => [entry, null] as const);
  const refused = made.flatMap(({ named, fault }) => (fault === null ? [] : [[named.id, fault.rule] as const]));
  const drawn = made.slice(baseSize);
  const scenario = {
    name: drawing.title,
    why: drawing.title,
    rule: refused[0]?.[1] ?? 'RES-7',
    base: drawing.room,
    drawing: drawn.map(({ named }) => `${named.prev.join(' + ')} -- ${named.id}`),
    events: drawn.map(({ named }) => named),
    refused: Object.fromEntries(refused),
    void: { g: [...run.voids(heads)] },
    changes: { g: Object.fromEntries<string | null>([...changed, ...gone]) },
  };
  return { bases: { [drawing.room]: made.slice(0, baseSize).map(({ named }) => named) }, scenarios: [scenario] };
}

function entryOf(run: Run, [type, , name]: readonly [string, string, string]): string {
  return `${type}|${run.one(name)?.named.state_key ?? ''}`;
}

function matrixHistoryOf(run: Run): object {
  const { made, version, roomId, drawing } = run;
  const rows = (names: readonly string[]): string[][] =>
    run
      .state(names)
      .map(([type, key, name]) => [type, key, run.ids([name])[0] as string])
      .sort((a, b) => utf8Compare(a.join('\n'), b.join('\n')));
  const extremities = run.ids(run.heads()).sort(utf8Compare);
  const merges = made.filter(({ named, fault }) => fault === null && named.prev.length > 1);
  return {
    id: drawing.title,
    room_version: version.id,
    room_id: roomId,
    events: made.map(({ event }) => event.pdu),
    event_ids: made.map(({ event }) => event.event_id),
    expect: Object.fromEntries(made.map((one) => [one.event.event_id, expectation(run, one)])) as object,
    state_after: Object.fromEntries(merges.map(({ named, event }) => [event.event_id, rows([named.id])])) as object,
    extremities,
    final_state: rows(run.heads()),
  };
}

function expectation(run: Run, { event, fault }: Run['made'][number]): object {
  if (fault === null) return { auth: 'allow' };
  const { by_auth_events: cited, by_its_past: past } = run.rooms.ask(run.roomId, (room) => room.explain(event.event_id));
  const [byCited, byState] = [cited, past].map((trace) => trace.find((step) => step.answer.startsWith('no'))?.rule ?? null) as [
    string | null,
    string | null,
  ];
  return {
    auth: 'reject',
    at: byCited === null ? 'state' : 'auth_events',
    reason: byCited ?? byState,
    auth_events: byCited,
    state: byState,
  };
}

/** The text of a drawing of a native vector: one scenario (with its bases), or a list of which the one of this name, else the first, is taken. */
export function drawingOfVector(json: string, name?: string): { readonly text: string; readonly names: readonly string[] } {
  const read = readJson(utf8Encode(json), { maxBytes: MAX_BYTES });
  if (!read.ok) throw new VectorFault(`${read.rule}: ${read.detail}`);
  const { bases, scenarios } = isObject(read.value) ? read.value : {};
  const list = Array.isArray(scenarios) ? (scenarios as readonly JsonValue[]).filter(isObject) : [];
  const names = list.map((one) => String(one['name']));
  const scenario = list[Math.max(0, names.indexOf(name ?? ''))];
  if (scenario === undefined || !isObject(bases))
    throw new VectorFault('no {"bases": {…}, "scenarios": [{…}]} as in spec/vectors/scenarios.json');
  const base = bases[String(scenario['base'])];
  const events = [base, scenario['events']].flatMap((part) => (Array.isArray(part) ? (part as readonly JsonValue[]).map(namedEvent) : []));
  const rooms = new Set(events.map((event) => event.room));
  if (rooms.size > 1) throw new VectorFault(`${String(scenario['name'])} has several rooms; the playground draws one`);
  return { text: textOf(String(scenario['name']), events), names };
}

function namedEvent(value: JsonValue): NamedEvent {
  if (!isObject(value)) throw new VectorFault('an event is an object');
  const { id, type, sender, content, prev, ts, signed_by: signed, guild_heads: heads } = value;
  const isTexts = (list: JsonValue | undefined): boolean => Array.isArray(list) && list.every((one) => typeof one === 'string');
  if (heads !== undefined) throw new VectorFault(`${String(id)} is of a channel; the playground draws guilds and plain rooms`);
  if (
    typeof id !== 'string' ||
    typeof type !== 'string' ||
    typeof sender !== 'string' ||
    !isObject(content) ||
    !isTexts(prev) ||
    typeof ts !== 'number' ||
    !isTexts(signed)
  )
    throw new VectorFault(`an event needs id, type, sender, content, prev, ts and signed_by: ${JSON.stringify(value).slice(0, 120)}`);
  return value as unknown as NamedEvent;
}

/** Every event written out: `room empty` has no base. */
function textOf(title: string, events: readonly NamedEvent[]): string {
  const acts = events.map(({ id, type, sender, state_key, content, ts, signed_by }) => {
    const key = state_key === undefined ? '' : ` [${state_key}]`;
    return `${id} (at ${ts}; signed ${signed_by.join(', ')}): ${sender} sends ${type}${key} ${JSON.stringify(content)}`;
  });
  const chains = events.flatMap(({ id, prev }) => prev.map((before) => `${before} -- ${id}`));
  return [`title ${title.replaceAll('\n', ' ')}`, `room ${EMPTY}`, '', ...chains, '', ...acts, ''].join('\n');
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
