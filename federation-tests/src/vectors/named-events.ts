import { createPrivateKey, sign } from 'node:crypto';
import {
  admissionMessage,
  base58encode,
  base64encode,
  type JsonObject,
  type JsonValue,
  sha256,
  type Signer,
  signerFromSeed,
  utf8Encode,
} from '@openguild/core';

/** One event of a native history as the file has it: names instead of IDs and keys. */
export interface NamedEvent {
  readonly id: string;
  readonly room: string;
  readonly type: string;
  readonly sender: string;
  readonly content: Readonly<Record<string, JsonValue>>;
  readonly prev: readonly string[];
  readonly ts: number;
  readonly signed_by: readonly string[];
  readonly state_key?: string;
  readonly guild_heads?: readonly string[];
}

/** A key of a name is a reference to a key wherever it stands in these fields. */
const KEY_FIELDS: ReadonlySet<string> = new Set(['root', 'key', 'owner_key']);
/** Types whose state key is a room. */
const ROOM_KEYED: ReadonlySet<string> = new Set(['m.guild.channel', 'm.channel.overwrites']);

/** RFC 8410: what precedes the 32 bytes of an Ed25519 seed in its PKCS #8 form. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

const signers = new Map<string, Signer>();

/** The key pair of a name: the same in every run. */
export function signerOf(name: string): Signer {
  const known = signers.get(name);
  if (known !== undefined) return known;
  const seed = sha256(utf8Encode(name));
  const privateKey = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' });
  const made: Signer = { key_id: signerFromSeed(seed).key_id, sign: (message) => sign(null, message, privateKey) };
  signers.set(name, made);
  return made;
}

/** The names of one history, and what they stand for once events have been made. What no event bears gets some well-formed ID. */
export class Names {
  readonly #events = new Map<string, string>();
  readonly #rooms = new Map<string, string>();
  readonly #eventNames = new Map<string, string>();

  nameEvent(name: string, eventId: string): void {
    this.#events.set(name, eventId);
    this.#eventNames.set(eventId, name);
  }

  nameRoom(name: string, roomId: string): void {
    this.#rooms.set(name, roomId);
  }

  eventId(name: string): string {
    return this.#events.get(name) ?? `$${nowhere(`event ${name}`)}`;
  }

  nameOf(eventId: string): string {
    return this.#eventNames.get(eventId) ?? eventId;
  }

  hasRoom(name: string): boolean {
    return this.#rooms.has(name);
  }

  roomId(name: string): string {
    return this.#rooms.get(name) ?? `!${nowhere(`room ${name}`)}:a.example`;
  }

  stateKey(type: string, stateKey: string): string {
    if (type === 'm.server.keys') return signerOf(stateKey).key_id;
    return ROOM_KEYED.has(type) ? this.roomId(stateKey) : stateKey;
  }

  /** Content with IDs and keys in place of names; of an admission with the proof that the named key makes. */
  content(named: NamedEvent): JsonObject {
    const content = this.#replace(named.content, '') as Record<string, JsonValue>;
    const { guild, proof } = named.content;
    if (named.type === 'm.channel.create' && typeof guild === 'string') content['guild'] = this.roomId(guild);
    if (named.type === 'm.server.admission' && typeof proof === 'string') {
      const { root, keys } = content as { root: string; keys: string[] };
      const message = admissionMessage(this.roomId(named.room), named.state_key ?? '', root, keys);
      content['proof'] = base64encode(signerOf(proof).sign(message));
    }
    return content;
  }

  #replace(value: JsonValue, field: string): JsonValue {
    if (typeof value === 'string') return KEY_FIELDS.has(field) ? signerOf(value).key_id : value;
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value)) {
      return value.map((item: JsonValue) =>
        field === 'keys' && typeof item === 'string' ? signerOf(item).key_id : this.#replace(item, ''),
      );
    }
    const object = value as JsonObject;
    const { $ref: reference } = object;
    if (typeof reference === 'string') return this.eventId(reference);
    return Object.fromEntries(Object.entries(object).map(([key, item]) => [key, this.#replace(item, key)]));
  }
}

function nowhere(name: string): string {
  return base58encode(sha256(utf8Encode(name)));
}
