import { base58encode, base64decode, blake3, canonicalJson, type JsonObject, type JsonValue, readJson, utf8Encode } from '@openguild/core';
import { engineAnswer } from '../src/index.ts';

type Change = (request: JsonObject, right: JsonObject) => JsonValue;

const textOf = (request: JsonObject): Uint8Array => base64decode(request['text'] as string) as Uint8Array;
const eventOf = (request: JsonObject): JsonObject => request['event'] as JsonObject;
const without = (event: JsonObject, ...names: string[]): JsonObject =>
  Object.fromEntries(Object.entries(event).filter(([name]) => !names.includes(name)));
const idOf = (event: JsonObject): string => `$${base58encode(blake3(utf8Encode(canonicalJson(event))))}`;
const redacted = (request: JsonObject): JsonObject => (engineAnswer({ ...request, op: 'redact' }) as { event: JsonObject }).event;

/** States as a server has them that lets what comes last win. */
function lastComerWins(request: JsonObject, right: JsonObject): JsonValue {
  const events = request['events'] as readonly JsonObject[];
  const verdicts = right['verdicts'] as readonly string[];
  const ids = events.map((event) => (engineAnswer({ op: 'event-id', event }) as JsonObject)['event_id'] as string);
  const states = (request['heads'] as readonly (readonly string[])[]).map((heads) => {
    const past = new Set(heads);
    for (const [i, event] of [...events.entries()].reverse())
      if (past.has(ids[i] as string)) for (const id of event['prev_events'] as readonly string[]) past.add(id);
    const state = new Map<string, JsonValue>();
    for (const [i, event] of events.entries())
      if (past.has(ids[i] as string) && verdicts[i] === 'accepted' && event['state_key'] !== undefined)
        state.set(`${String(event['type'])} ${String(event['state_key'])}`, [event['type'], event['state_key'], ids[i]] as JsonValue);
    return [...state.values()];
  });
  return { verdicts, states };
}

const BROKEN: Readonly<Record<string, readonly [op: string, change: Change]>> = {
  'sorts names by code points': [
    'canonical',
    (request, right) => {
      const read = readJson(textOf(request));
      return read.ok ? { canonical: canonicalJson(read.value, 'code-points') } : right;
    },
  ],
  'reads duplicate names': [
    'canonical',
    (request, right) => {
      if (right['rule'] !== 'CJ-9') return right;
      return { canonical: canonicalJson(JSON.parse(new TextDecoder().decode(textOf(request))) as JsonValue) };
    },
  ],
  'reads fractions that are whole': [
    'canonical',
    (request, right) => {
      const read = readJson(textOf(request), { numbers: 'fractions' });
      return read.ok && right['refused'] === true && /\d\.0/.test(new TextDecoder().decode(textOf(request)))
        ? { canonical: canonicalJson(read.value) }
        : right;
    },
  ],
  'escapes what is not ASCII': [
    'canonical',
    (_, right) => {
      const { canonical } = right;
      if (typeof canonical !== 'string') return right;
      return { canonical: canonical.replaceAll(/[\u0080-\uffff]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`) };
    },
  ],
  'hashes the whole event into the ID': [
    'event-id',
    (request, right) => ({ ...right, event_id: idOf(without(eventOf(request), 'unsigned', 'signatures')) }),
  ],
  'hashes signatures into the ID': ['event-id', (request, right) => ({ ...right, event_id: idOf(redacted(request)) })],
  'takes room IDs as they come': ['event-id', (request, right) => ({ ...right, room_id: eventOf(request)['room_id'] ?? '' })],
  'believes content hashes': ['event-id', (_, right) => ({ ...right, content_fits: true })],
  'keeps the reason of a redaction': [
    'redact',
    (request, right) => {
      const event = right['event'] as JsonObject;
      const { reason } = eventOf(request)['content'] as JsonObject;
      return reason === undefined ? right : { event: { ...event, content: { ...(event['content'] as JsonObject), reason } } };
    },
  ],
  'loses the owner’s key in redaction': [
    'redact',
    (_, right) => {
      const event = right['event'] as JsonObject;
      return { event: { ...event, content: without(event['content'] as JsonObject, 'owner_key') } };
    },
  ],
  'keeps unsigned': [
    'redact',
    (request, right) => ({ event: { ...(right['event'] as JsonObject), ...('unsigned' in eventOf(request) ? { unsigned: {} } : {}) } }),
  ],
  'lets what comes last win': ['judge', lastComerWins],
  'rejects what comes twice': [
    'judge',
    (request, right) => {
      const texts = (request['events'] as readonly JsonObject[]).map((event) => JSON.stringify(event));
      return {
        ...right,
        verdicts: (right['verdicts'] as readonly string[]).map((one, i) => (texts.indexOf(texts[i] as string) === i ? one : 'rejected')),
      };
    },
  ],
  'accepts everything': ['judge', (_, right) => ({ ...right, verdicts: (right['verdicts'] as readonly string[]).map(() => 'accepted') })],
  'forgets bans in merges': [
    'judge',
    (request, right) => {
      const bans = new Set(
        (request['events'] as readonly JsonObject[])
          .filter((event) => (event['content'] as JsonObject)['membership'] === 'ban')
          .map((event) => (engineAnswer({ op: 'event-id', event }) as JsonObject)['event_id']),
      );
      const heads = request['heads'] as readonly (readonly string[])[];
      const states = (right['states'] as readonly (readonly (readonly string[])[])[]).map((state, i) =>
        (heads[i] as readonly string[]).length > 1 ? state.filter((row) => !bans.has(row[2] as string)) : state,
      );
      return { ...right, states };
    },
  ],
};

/** The project's own engine, wrong in the way that is named: what the suites must find. */
export function brokenEngine(name: string): (request: JsonObject) => JsonValue {
  const [broken, change] = BROKEN[name] ?? [];
  if (change === undefined) throw new Error(`${name} is none of ${Object.keys(BROKEN).join(', ')}`);
  return (request) => {
    const right = engineAnswer(request);
    return request['op'] === broken ? change(request, right as JsonObject) : right;
  };
}
