import {
  base64decode,
  canonicalJson,
  checkCopy,
  type JsonObject,
  type JsonValue,
  NATIVE_VERSION,
  readJson,
  redactEvent,
  roomVersion,
} from '@openguild/core';
import { HistoryRooms } from '../replay/history-rooms.ts';
import { contentFits } from './content-fits.ts';
import { isObject, PROTOCOL, PROTOCOL_VERSION, SUITE_NAMES } from './protocol.ts';

/** What this project's own engine answers: the `ok` of an answer. Throws on a request that is none. */
export function engineAnswer(request: JsonObject): JsonValue {
  switch (request['op']) {
    case 'hello':
      return { protocol: PROTOCOL, version: PROTOCOL_VERSION, engine: '@openguild/core', suites: [...SUITE_NAMES] };
    case 'canonical':
      return canonical(request['text']);
    case 'event-id':
      return eventId(request['event']);
    case 'redact':
      return { event: redactEvent(checked(request['event']).event, version()).pdu };
    case 'judge':
      return judge(request['events'], request['heads']);
    default:
      throw new TypeError(`unknown op ${JSON.stringify(request['op'])}`);
  }
}

function version(): NonNullable<ReturnType<typeof roomVersion>> {
  const found = roomVersion(NATIVE_VERSION);
  if (found === undefined) throw new Error('the native version is unknown');
  return found;
}

function canonical(text: JsonValue | undefined): JsonValue {
  const bytes = typeof text === 'string' ? base64decode(text) : undefined;
  if (bytes === undefined) throw new TypeError('text must be base64');
  const read = readJson(bytes);
  return read.ok ? { canonical: canonicalJson(read.value) } : { refused: true, rule: read.rule };
}

function checked(event: JsonValue | undefined) {
  const copy = checkCopy(event ?? null, version());
  if (!copy.ok) throw new TypeError(`no event: ${copy.rule}: ${copy.detail}`);
  return copy.value;
}

function eventId(value: JsonValue | undefined): JsonValue {
  const { event } = checked(value);
  return { event_id: event.event_id, room_id: event.room_id, content_fits: contentFits(value as JsonObject) };
}

function judge(events: JsonValue | undefined, heads: JsonValue | undefined): JsonValue {
  if (!Array.isArray(events) || !Array.isArray(heads)) throw new TypeError('events and heads must be lists');
  const rooms = new HistoryRooms({ openguild_export: 1, room_id: '', room_version: NATIVE_VERSION });
  let room = '';
  const verdicts = (events as readonly JsonValue[]).map((pdu) => {
    if (!isObject(pdu)) throw new TypeError('an event is an object');
    const taken = rooms.take(pdu);
    if (taken.kind !== 'judged') throw new TypeError(taken.kind === 'unusable' ? taken.detail : `lacks ${taken.for.join(', ')}`);
    room = taken.event.room_id;
    return rooms.stored(taken.event.event_id)?.verdict ?? 'rejected';
  });
  const states = (heads as readonly (readonly string[])[]).map((list) => [...rooms.ask(room, (one) => one.stateAfter(list)).entries()]);
  return { verdicts, states };
}

/** Answers request after request; a line that is no request is a program's fault and ends it. */
export function answerLine(line: Uint8Array, answer: (request: JsonObject) => JsonValue): string {
  const read = readJson(line, { maxBytes: 64 * 1024 * 1024, maxDepth: 200 });
  if (!read.ok || !isObject(read.value)) throw new TypeError(`no request: ${read.ok ? 'not an object' : read.detail}`);
  const id = read.value['id'] ?? null;
  try {
    return `${JSON.stringify({ id, ok: answer(read.value) })}\n`;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return `${JSON.stringify({ id, error: error.message })}\n`;
  }
}
