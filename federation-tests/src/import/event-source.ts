import { DEFAULT_MAX_JSON_BYTES, type JsonObject, type JsonValue, LineSplitter, readJson } from '@openguild/core';

/** A JSON text that holds many events. */
const MAX_DOCUMENT_BYTES = 128 * 1024 * 1024;
const MAX_DOCUMENT_DEPTH = 80;
/** Lists in which exports keep their events, beside one event a line. */
const LISTS = ['events', 'pdus', 'auth_chain', 'auth_events', 'state', 'messages'] as const;

/** One thing of a file that should be an event. */
export interface Found {
  /** Where it is, for people. */
  readonly where: string;
  readonly value: JsonValue | null;
  /** Why there is no value. */
  readonly fault: string | null;
}

/** What a file says beside its events. */
export interface Beside {
  readonly roomVersion: string | null;
  readonly keys: JsonObject | null;
  readonly id: string | null;
}

/**
 * The events of a file, whatever way they are kept: one on each line (NDJSON), or in lists of JSON texts. Bytes are kept as they are and read again
 * each time, since how numbers are read depends on the room version, which only the create event tells.
 */
export class EventSource {
  readonly #documents: readonly { readonly where: string; readonly bytes: Uint8Array }[];

  constructor(file: Uint8Array) {
    this.#documents = isOneDocument(file) ? [{ where: 'the file', bytes: file }] : linesOf(file);
  }

  *events(numbers: 'integers' | 'fractions'): Generator<Found> {
    for (const { where, bytes } of this.#documents) {
      const read = readJson(bytes, { maxBytes: MAX_DOCUMENT_BYTES, maxDepth: MAX_DOCUMENT_DEPTH, numbers });
      if (!read.ok) {
        yield { where, value: null, fault: `${read.rule}: ${read.detail}` };
        continue;
      }
      const lists = listsOf(read.value);
      if (lists.length === 0) {
        const tooLong = bytes.length > DEFAULT_MAX_JSON_BYTES;
        yield { where, value: tooLong ? null : read.value, fault: tooLong ? `${bytes.length} bytes are no event` : null };
      }
      for (const { name, items } of lists)
        for (const [i, value] of items.entries()) yield { where: `${where}, ${name}[${i}]`, value: unwrapped(value), fault: null };
    }
  }

  beside(): Beside {
    for (const { bytes } of this.#documents) {
      const read = readJson(bytes, { maxBytes: MAX_DOCUMENT_BYTES, maxDepth: MAX_DOCUMENT_DEPTH, numbers: 'fractions' });
      if (!read.ok || !isObject(read.value) || listsOf(read.value).length === 0) continue;
      const { room_version: version, keys, id } = read.value;
      const text = (value: JsonValue | undefined): string | null => (typeof value === 'string' ? value : null);
      return { roomVersion: text(version), keys: isObject(keys) ? keys : null, id: text(id) };
    }
    return { roomVersion: null, keys: null, id: null };
  }
}

function listsOf(value: JsonValue): { name: string; items: readonly JsonValue[] }[] {
  if (Array.isArray(value)) return [{ name: 'event', items: value as readonly JsonValue[] }];
  // An event itself may have members of these names.
  if (!isObject(value) || Object.hasOwn(value, 'type')) return [];
  return LISTS.flatMap((name) => {
    const items = Object.hasOwn(value, name) ? value[name] : undefined;
    return Array.isArray(items) ? [{ name, items: items as readonly JsonValue[] }] : [];
  });
}

/** Some tools wrap each event. */
function unwrapped(value: JsonValue): JsonValue {
  if (!isObject(value) || Object.hasOwn(value, 'type')) return value;
  const { event, pdu } = value;
  return isObject(event) ? event : isObject(pdu) ? pdu : value;
}

/** A list, or an object that does not end with its first line. */
function isOneDocument(file: Uint8Array): boolean {
  const first = file.find((byte) => byte > 0x20);
  if (first === 0x5b) return true;
  if (first !== 0x7b) return false;
  const end = file.indexOf(0x0a);
  const line = end === -1 ? file : file.subarray(0, end);
  const rest = end === -1 ? undefined : file.subarray(end).find((byte) => byte > 0x20);
  return rest !== 0x7b && !readJson(line, { maxBytes: MAX_DOCUMENT_BYTES, maxDepth: MAX_DOCUMENT_DEPTH, numbers: 'fractions' }).ok;
}

function linesOf(file: Uint8Array): { where: string; bytes: Uint8Array }[] {
  const splitter = new LineSplitter(MAX_DOCUMENT_BYTES);
  const lines: { where: string; bytes: Uint8Array }[] = [];
  let number = 0;
  const take = (bytes: Uint8Array): void => {
    number += 1;
    if (bytes.some((byte) => byte > 0x20)) lines.push({ where: `line ${number}`, bytes });
  };
  for (const line of splitter.push(file)) take(line);
  for (const line of splitter.end()) take(line);
  return lines;
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
