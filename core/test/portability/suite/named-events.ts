import {
  admissionMessage,
  authSelection,
  base58encode,
  base64encode,
  blake3,
  buildEvent,
  type EventFields,
  type JsonObject,
  type JsonValue,
  type RoomEvent,
  type Signer,
  utf8Encode,
} from '@openguild/core';
import { signerNamed, type VectorHost, VERSION } from './vector-host.ts';

/** An event with names for IDs and keys, as spec/native and spec/vectors/scenarios.json write it. */
export interface NamedEvent {
  readonly id: string;
  readonly room: string;
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly content: JsonObject;
  readonly prev: readonly string[];
  readonly guild_heads?: readonly string[];
  readonly ts: number;
  readonly signed_by: readonly string[];
}

const KEY_FIELDS = new Set(['root', 'key', 'owner_key']);
const BY_ROOM = new Set(['m.guild.channel', 'm.channel.overwrites']);

/** Makes real events of named ones: hashed, cited and signed as an honest host would. The host must know everything that they cite. */
export class EventMaker {
  readonly events = new Map<string, RoomEvent>();
  readonly rooms = new Map<string, string>();
  readonly #host: VectorHost;

  constructor(host: VectorHost) {
    this.#host = host;
  }

  make(named: NamedEvent): RoomEvent {
    const creates = named.prev.length === 0 && named.type.endsWith('.create');
    const fields = {
      type: named.type,
      sender: named.sender,
      content: this.#content(named),
      origin_ts: named.ts,
      prev_events: named.prev.map((name) => this.eventId(name)),
      ...(named.state_key === undefined ? {} : { state_key: this.stateKey(named.type, named.state_key) }),
      ...(creates ? {} : { room_id: this.roomId(named.room) }),
    };
    const signers = named.signed_by.map(signerNamed);
    const cites =
      named.guild_heads === undefined
        ? { auth_events: creates ? [] : this.#selection(fields, signers) }
        : { guild_heads: named.guild_heads.map((name) => this.eventId(name)) };
    const event = buildEvent({ ...fields, ...cites }, VERSION, signers);
    this.events.set(named.id, event);
    if (creates) this.rooms.set(named.room, event.room_id);
    return event;
  }

  eventId(name: string): string {
    return this.events.get(name)?.event_id ?? `$${base58encode(blake3(utf8Encode(`event ${name}`)))}`;
  }

  /** The room's ID; for a name that no create event bears, some well-formed one. */
  roomId(name: string): string {
    return this.rooms.get(name) ?? `!${base58encode(blake3(utf8Encode(`room ${name}`)))}:a.example`;
  }

  stateKey(type: string, key: string): string {
    if (type === 'm.server.keys') return signerNamed(key).key_id;
    return BY_ROOM.has(type) ? this.roomId(key) : key;
  }

  /** AUTH-10.1, from the state before the event; of what cites a rejected event nothing is read. */
  #selection(fields: EventFields, signers: readonly Signer[]): string[] {
    const cited = fields.prev_events.map((id) => this.#host.stored.get(id));
    if (cited.length === 0 || cited.some((stored) => stored?.verdict !== 'accepted')) return [];
    const room = this.#host.room(fields.room_id as string);
    const sketch: RoomEvent = {
      event_id: '',
      room_id: room.room_id,
      type: fields.type,
      sender: fields.sender,
      origin_ts: fields.origin_ts,
      content: fields.content,
      state_key: fields.state_key,
      prev_events: fields.prev_events,
      auth_events: [],
      guild_heads: [],
      signed_by: signers.map((one) => one.key_id),
      pdu: {},
      redacted: false,
    };
    return this.#host.serve(room, () => room.judgeAt(fields.prev_events, (view) => authSelection(sketch, view, room.kind)));
  }

  #content(named: NamedEvent): JsonObject {
    const content = this.#replaced(named.content) as Record<string, JsonValue>;
    if (named.type === 'm.channel.create') content['guild'] = this.roomId(named.content['guild'] as string);
    if (named.type === 'm.server.admission') {
      const { root, keys } = content as { root: string; keys: string[] };
      const message = admissionMessage(this.roomId(named.room), named.state_key as string, root, keys);
      content['proof'] = base64encode(signerNamed(named.content['proof'] as string).sign(message));
    }
    return content;
  }

  #replaced(value: JsonValue, field = ''): JsonValue {
    if (typeof value === 'string') return KEY_FIELDS.has(field) ? signerNamed(value).key_id : value;
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) {
      const list = value as readonly JsonValue[];
      return list.map((item) => (field === 'keys' ? signerNamed(item as string).key_id : this.#replaced(item)));
    }
    const object = value as Readonly<Record<string, JsonValue>>;
    if (typeof object['$ref'] === 'string') return this.eventId(object['$ref']);
    return Object.fromEntries(Object.entries(object).map(([name, item]) => [name, this.#replaced(item, name)]));
  }
}
