import { createReadStream } from 'node:fs';
import { createInterface } from 'node:readline';
import { createGunzip } from 'node:zlib';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import type { RoomKind } from '../../src/room/types.ts';
import { keyNamed, roomNamed } from './names.ts';

/** One event of spec/native/histories.jsonl.gz; the format is described beside the file. */
export interface HistoryEvent {
  readonly id: string;
  readonly room: string;
  readonly type: string;
  readonly sender: string;
  readonly content: JsonObject;
  readonly prev: readonly string[];
  readonly ts: number;
  readonly signed_by: readonly string[];
  readonly state_key?: string;
  readonly guild_heads?: readonly string[];
}

/** `type|state_key` to event. */
export type FlatState = Readonly<Record<string, string>>;

export interface History {
  readonly id: string;
  readonly rooms: Readonly<Record<string, RoomKind>>;
  readonly events: readonly HistoryEvent[];
  readonly expect: Readonly<Record<string, { readonly verdict: 'accept' | 'reject'; readonly rule?: string }>>;
  readonly state_after: Readonly<Record<string, Readonly<Record<string, FlatState>>>>;
  readonly final: Readonly<Record<string, FlatState>>;
  readonly heads: Readonly<Record<string, readonly string[]>>;
  readonly void: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const FILE = new URL('../../../spec/native/histories.jsonl.gz', import.meta.url);

/** Every n-th history of the file. */
export async function* readHistories(every: number): AsyncGenerator<History> {
  let n = 0;
  for await (const line of createInterface({ input: createReadStream(FILE).pipe(createGunzip()) })) {
    if (n++ % every === 0) yield JSON.parse(line) as History;
  }
}

const KEY_FIELDS = new Set(['root', 'key', 'owner_key']);
const ROOM_STATE_KEYS = new Set(['m.guild.channel', 'm.channel.overwrites']);

/** References become plain IDs; names of keys and rooms become well-formed IDs. */
function plainValue(value: JsonValue, field: string): JsonValue {
  if (typeof value === 'string') {
    if (KEY_FIELDS.has(field)) return keyNamed(value);
    return field === 'guild' ? roomNamed(value) : value;
  }
  if (Array.isArray(value))
    return (value as readonly JsonValue[]).map((one) => (field === 'keys' ? keyNamed(one as string) : plainValue(one, '')));
  if (typeof value !== 'object' || value === null) return value;
  const object = value as JsonObject;
  const reference = object['$ref'];
  if (typeof reference === 'string') return reference;
  return Object.fromEntries(Object.entries(object).map(([name, one]) => [name, plainValue(one, name)]));
}

/** The state key that the rules see for a state key of the file. */
export function plainStateKey(type: string, stateKey: string): string {
  if (type === 'm.server.keys') return keyNamed(stateKey);
  return ROOM_STATE_KEYS.has(type) ? roomNamed(stateKey) : stateKey;
}

export function roomEvent(e: HistoryEvent): RoomEvent {
  return {
    event_id: e.id,
    room_id: roomNamed(e.room),
    type: e.type,
    sender: e.sender,
    origin_ts: e.ts,
    content: plainValue(e.content, '') as JsonObject,
    state_key: e.state_key === undefined ? undefined : plainStateKey(e.type, e.state_key),
    prev_events: e.prev,
    auth_events: [],
    guild_heads: e.guild_heads ?? [],
    signed_by: e.signed_by.map(keyNamed),
    pdu: {},
    redacted: false,
  };
}

/** Does the proof of an admission name the root? In the file that stands for the root's signature. */
export function proofOf(e: HistoryEvent): boolean {
  return e.content['proof'] === e.content['root'];
}
