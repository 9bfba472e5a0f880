import { authSelection } from '../../src/auth/auth-selection.ts';
import type { RoomEvent, Signer } from '../../src/event/types.ts';
import { admissionMessage } from '../../src/event/admission-message.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import { base58encode } from '../../src/crypto/base58.ts';
import { base64encode } from '../../src/crypto/base64.ts';
import { sha256 } from '../../src/crypto/digest.ts';
import { utf8Compare } from '../../src/json/utf8-order.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import type { Room } from '../../src/room/room.ts';
import type { StateMap } from '../../src/state/state-map.ts';
import { MemoryHost, signer, VERSION } from './memory-host.ts';

/** One event of a history as the file has it: names instead of IDs and keys. */
interface NamedEvent {
  readonly id: string;
  readonly room: string;
  readonly type: string;
  readonly sender: string;
  readonly content: Record<string, JsonValue>;
  readonly prev: readonly string[];
  readonly ts: number;
  readonly signed_by: readonly string[];
  readonly state_key?: string;
  readonly guild_heads?: readonly string[];
}

export interface History {
  readonly id: string;
  readonly tie?: boolean;
  readonly servers: Readonly<Record<string, unknown>>;
  readonly person_keys: readonly string[];
  readonly rooms: Readonly<Record<string, 'guild' | 'channel' | 'plain'>>;
  readonly events: readonly NamedEvent[];
  readonly expect: Readonly<Record<string, { readonly verdict: 'accept' | 'reject'; readonly rule?: string }>>;
  readonly state_after: Readonly<Record<string, Readonly<Record<string, Readonly<Record<string, string>>>>>>;
  readonly final: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly heads: Readonly<Record<string, readonly string[]>>;
  readonly void: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** A key of a name is a reference to a key wherever it stands in these fields. */
const KEY_FIELDS = new Set(['root', 'key', 'owner_key']);

/** Turns a history's events into real ones, hashed and signed, and judges them with the whole engine. */
export class HistoryReplay {
  readonly host = new MemoryHost('replay.example');
  readonly events = new Map<string, RoomEvent>();
  readonly #history: History;
  readonly #rooms = new Map<string, string>();
  readonly #names = new Map<string, string>();

  constructor(history: History) {
    this.#history = history;
  }

  /** Where the engine's answers differ from the history's. */
  differences(): string[] {
    const out: string[] = [];
    for (const named of this.#history.events) {
      const event = this.#build(named);
      this.events.set(named.id, event);
      this.#names.set(event.event_id, named.id);
      if (named.prev.length === 0 && named.type.endsWith('.create')) this.#rooms.set(named.room, event.room_id);
      const { outcome } = this.host.receiveEvent(event);
      const verdict = outcome.kind === 'accepted' || outcome.kind === 'soft-failed' ? 'accept' : 'reject';
      if (outcome.kind === 'dropped' || verdict !== this.#history.expect[named.id]?.verdict) {
        out.push(`${named.id}: ${JSON.stringify(outcome)}, expected ${JSON.stringify(this.#history.expect[named.id])}`);
      }
      for (const [room, state] of Object.entries(this.#history.state_after[named.id] ?? {}))
        out.push(...this.#compareAfter(named, room, state));
    }
    for (const room of Object.keys(this.#history.final)) out.push(...this.#compareFinal(room));
    return out;
  }

  #compareAfter(named: NamedEvent, roomName: string, expected: Readonly<Record<string, string>>): string[] {
    const accepted = this.#history.expect[named.id]?.verdict === 'accept';
    const own = roomName === named.room;
    const heads = own ? (accepted ? [named.id] : named.prev) : (named.guild_heads ?? []);
    const room = this.host.room(this.#roomId(roomName));
    const state = this.host.serve(room, () => room.stateAfter(heads.map((id) => this.#eventId(id))));
    return this.#compare(`state of ${roomName} after ${named.id}`, state, expected);
  }

  #compareFinal(roomName: string): string[] {
    const roomId = this.#rooms.get(roomName);
    const expected = this.#history.final[roomName] ?? {};
    if (roomId === undefined) return Object.keys(expected).length === 0 ? [] : [`${roomName} was never created`];
    const room = this.host.room(roomId);
    const heads = (this.#history.heads[roomName] ?? []).map((id) => this.#eventId(id));
    const out = this.#compare(
      `final state of ${roomName}`,
      this.host.serve(room, () => room.stateAfter(heads)),
      expected,
    );
    const expectedVoid = Object.keys(this.#history.void[roomName] ?? {}).sort(utf8Compare);
    const found = [...this.host.serve(room, () => room.voidAt(heads))].map((id) => this.#names.get(id) as string).sort(utf8Compare);
    if (JSON.stringify(found) !== JSON.stringify(expectedVoid))
      out.push(`void events of ${roomName}: ${found.join()}, expected ${expectedVoid.join()}`);
    return out;
  }

  #compare(what: string, state: StateMap, expected: Readonly<Record<string, string>>): string[] {
    const found = new Map([...state.entries()].map(([type, key, id]) => [`${type}|${key}`, this.#names.get(id)]));
    const wanted = new Map(Object.entries(expected).map(([key, id]) => [this.#realKey(key), id]));
    const keys = new Set([...found.keys(), ...wanted.keys()]);
    return [...keys]
      .filter((key) => found.get(key) !== wanted.get(key))
      .map((key) => `${what}: ${key} is ${found.get(key)}, expected ${wanted.get(key)}`);
  }

  #realKey(key: string): string {
    const [type, stateKey] = [key.slice(0, key.indexOf('|')), key.slice(key.indexOf('|') + 1)];
    return `${type}|${this.#stateKey(type, stateKey)}`;
  }

  #build(named: NamedEvent): RoomEvent {
    const prev = named.prev.map((id) => this.#eventId(id));
    const signers = named.signed_by.map(signer) as [Signer];
    const creates = prev.length === 0 && named.type.endsWith('.create');
    const fields = {
      type: named.type,
      sender: named.sender,
      content: this.#content(named),
      origin_ts: named.ts,
      prev_events: prev,
      ...(named.state_key === undefined ? {} : { state_key: this.#stateKey(named.type, named.state_key) }),
      ...(creates ? {} : { room_id: this.#roomId(named.room) }),
    };
    if (named.guild_heads !== undefined)
      return buildEvent({ ...fields, guild_heads: named.guild_heads.map((id) => this.#eventId(id)) }, VERSION, signers);
    return buildEvent({ ...fields, auth_events: creates ? [] : this.#selection(fields, signers) }, VERSION, signers);
  }

  /** The auth events that an honest host would name; of what cites a rejected event nothing is read. */
  #selection(
    fields: {
      room_id?: string;
      type: string;
      sender: string;
      content: JsonObject;
      origin_ts: number;
      prev_events: string[];
      state_key?: string;
    },
    signers: readonly Signer[],
  ): string[] {
    const room = this.host.room(fields.room_id as string);
    if (fields.prev_events.length === 0 || fields.prev_events.some((id) => this.host.stored.get(id)?.verdict === 'rejected')) return [];
    const sketch = {
      ...fields,
      event_id: '',
      auth_events: [],
      guild_heads: [],
      signed_by: signers.map((one) => one.key_id),
      pdu: {},
      redacted: false,
    };
    return this.host.serve(room, () =>
      room.judgeAt(fields.prev_events, (view) =>
        authSelection({ ...sketch, room_id: room.room_id, state_key: fields.state_key }, view, (room as Room).kind),
      ),
    );
  }

  #content(named: NamedEvent): JsonObject {
    const content = this.#replace(named.content) as Record<string, JsonValue>;
    if (named.type === 'm.channel.create') content['guild'] = this.#roomId(named.content['guild'] as string);
    if (named.type === 'm.server.admission') {
      const message = admissionMessage(
        this.#roomId(named.room),
        named.state_key as string,
        content['root'] as string,
        content['keys'] as string[],
      );
      content['proof'] = base64encode(signer(named.content['proof'] as string).sign(message));
    }
    return content;
  }

  #replace(value: JsonValue, field = ''): JsonValue {
    if (typeof value === 'string') return KEY_FIELDS.has(field) ? signer(value).key_id : value;
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value))
      return value.map((item) => (field === 'keys' ? signer(item as string).key_id : this.#replace(item as JsonValue)));
    const object = value as Readonly<Record<string, JsonValue>>;
    if (typeof object['$ref'] === 'string') return this.#eventId(object['$ref']);
    return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, this.#replace(item, key)]));
  }

  #stateKey(type: string, stateKey: string): string {
    if (type === 'm.server.keys') return signer(stateKey).key_id;
    return type === 'm.guild.channel' || type === 'm.channel.overwrites' ? this.#roomId(stateKey) : stateKey;
  }

  /** The room's ID; for a name that no create event bears, some well-formed ID. */
  #roomId(name: string): string {
    return this.#rooms.get(name) ?? `!${base58encode(sha256(utf8Encode(`room ${name}`)))}:a.example`;
  }

  #eventId(name: string): string {
    return this.events.get(name)?.event_id ?? `$${base58encode(sha256(utf8Encode(`event ${name}`)))}`;
  }
}
