import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';

export type StateRow = readonly [type: string, stateKey: string, eventId: string];

export type Verdict =
  | { readonly auth: 'allow'; readonly replaces?: string | null }
  | {
      readonly auth: 'reject';
      readonly at: 'event' | 'auth_events' | 'state';
      readonly reason: string;
      readonly auth_events?: string | null;
      readonly state?: string | null;
    };

/** One line of `spec/matrix/histories.jsonl.gz`; its README says what the fields mean. */
export interface MatrixHistory {
  readonly id: string;
  readonly room_version: string;
  readonly room_id: string;
  readonly events: readonly Pdu[];
  /** Absent in versions 1 and 2. */
  readonly event_ids?: readonly string[];
  readonly foreign_events?: readonly Pdu[];
  readonly expect: Readonly<Record<string, Verdict>>;
  readonly state_after: Readonly<Record<string, readonly StateRow[]>>;
  readonly extremities: readonly string[];
  readonly final_state: readonly StateRow[];
  readonly disputed?: Readonly<Record<string, readonly string[]>>;
  readonly sensitive?: Readonly<Record<string, readonly string[]>>;
}

interface Pdu extends JsonObject {
  readonly type: string;
  readonly sender: string;
  readonly content: JsonObject;
  readonly origin_server_ts: number;
  readonly prev_events: readonly string[];
  readonly auth_events: readonly string[];
  readonly signatures: JsonObject;
}

/** Lines end at line feeds alone: U+2028, which `readline` takes for one, occurs in texts. */
export function* readHistories(file: URL): Generator<MatrixHistory> {
  const bytes = gunzipSync(readFileSync(file));
  for (let start = 0; start < bytes.length; ) {
    const found = bytes.indexOf(0x0a, start);
    const end = found < 0 ? bytes.length : found;
    if (end > start) yield JSON.parse(bytes.toString('utf8', start, end)) as MatrixHistory;
    start = end + 1;
  }
}

/** An event as the rules see it, its ID given: nothing is checked here. */
export function matrixEvent(pdu: Pdu, eventId: string): RoomEvent {
  const stateKey = pdu['state_key'];
  return {
    event_id: eventId,
    room_id: typeof pdu['room_id'] === 'string' ? pdu['room_id'] : `!${eventId.slice(1)}`,
    type: pdu.type,
    sender: pdu.sender,
    origin_ts: pdu.origin_server_ts,
    content: pdu.content,
    state_key: typeof stateKey === 'string' ? stateKey : undefined,
    prev_events: pdu.prev_events,
    auth_events: pdu.auth_events,
    guild_heads: [],
    signed_by: [],
    pdu,
    redacted: false,
  };
}
