import {
  admissionMessage,
  authSelection,
  base58encode,
  base64encode,
  blake3,
  buildEvent,
  checkCopy,
  type EventFields,
  type Fault,
  type JsonObject,
  type JsonValue,
  MemoryRooms,
  matrixAuthTypes,
  NATIVE_VERSION,
  portableVerifier,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
  type Signer,
  signerFromSeed,
  StateView,
  stayOf,
  type StoredEvent,
  utf8Compare,
  utf8Encode,
} from '@openguild/core';
import { type Before, ActFault, type Deed, keysOf, readDeed } from './acts.ts';
import { type Base, BASES, EMPTY } from './bases.ts';
import { type Drawing, TextFault } from './language.ts';
import type { NamedEvent } from '../../src/vectors/named-events.ts';

/** One event of a run, made and judged. */
export interface Made {
  readonly named: NamedEvent;
  readonly event: RoomEvent;
  /** Why it is rejected. */
  readonly fault: Fault | null;
  /** The text's line; null for the base. */
  readonly line: number | null;
}

const ROOM = 'g';
const OLGA = '@olga:a.example';
const FIRST_TS = 100;
const KEY_FIELDS = new Set(['root', 'key', 'owner_key', 'proof']);
const CREATE_TYPES: Readonly<Record<Base['kind'], string>> = { guild: 'm.guild.create', plain: 'm.room.create', matrix: 'm.room.create' };

const signers = new Map<string, Signer>();
const keyNames = new Map<string, string>();
const verify = portableVerifier();
/** Verdicts are pure, so no signature is checked twice. */
const verdicts = new Map<string, boolean>();

function signerNamed(name: string): Signer {
  let signer = signers.get(name);
  if (signer === undefined) {
    signers.set(name, (signer = signerFromSeed(blake3(utf8Encode(name)))));
    keyNames.set(signer.key_id, name);
  }
  return signer;
}

/** The name of a key that was used here, else the key ID as it is. */
export function nameOfKey(keyId: string): string {
  return keyNames.get(keyId) ?? keyId;
}

/** Everything that a drawing came to. */
export class Run {
  readonly version: RoomVersion;
  readonly native: boolean;
  readonly made: Made[] = [];
  readonly drawing: Drawing;
  /** How many events are of the base. */
  baseSize = 0;
  roomId = '';
  readonly #rooms: MemoryRooms;
  readonly #byName = new Map<string, Made>();
  readonly #names = new Map<string, string>();
  #clock = FIRST_TS;

  /** Throws a TextFault where the text says what nobody understands. */
  constructor(drawing: Drawing) {
    this.drawing = drawing;
    const base = drawing.room === EMPTY ? undefined : Object.hasOwn(BASES, drawing.room) ? BASES[drawing.room] : undefined;
    if (base === undefined && drawing.room !== EMPTY)
      throw new TextFault(1, `room ${drawing.room} is none of ${[...Object.keys(BASES), EMPTY].join(', ')}`);
    const version = roomVersion(base === undefined || base.version === 'native' ? NATIVE_VERSION : base.version);
    if (version === undefined) throw new Error('an unknown version');
    this.version = version;
    this.native = version.authority === 'native';
    this.#rooms = new MemoryRooms(
      (check) => {
        const key = `${check.key_id} ${base64encode(check.signature)} ${base64encode(check.message)}`;
        let valid = verdicts.get(key);
        if (valid === undefined) verdicts.set(key, (valid = verify(check)));
        return valid;
      },
      () => true,
    );
    if (base !== undefined) this.#makeBase(base);
    for (const act of drawing.acts) {
      const prev = act.after.length > 0 ? act.after : this.heads(this.baseSize);
      try {
        this.#enter(
          act.name,
          readDeed(act.act, this.native),
          act.after.length > 0 || this.made.length > 0 ? this.#last(prev) : [],
          act.at,
          act.signed,
          act.line,
        );
      } catch (error) {
        if (error instanceof ActFault) throw new TextFault(act.line, error.message);
        throw error;
      }
    }
  }

  one(name: string): Made | undefined {
    return this.#byName.get(name);
  }

  nameOf(eventId: string): string {
    return this.#names.get(eventId) ?? eventId;
  }

  stored(name: string): StoredEvent {
    return this.#rooms.stored(this.roomId, (this.#byName.get(name) as Made).event.event_id) as StoredEvent;
  }

  get rooms(): MemoryRooms {
    return this.#rooms;
  }

  get accepted(): Made[] {
    return this.made.filter((one) => one.fault === null);
  }

  /** Accepted events that no accepted event follows, of the first so many or of all. */
  heads(among = this.made.length): string[] {
    const standing = this.made.slice(0, among).filter((one) => one.fault === null);
    const followed = new Set(standing.flatMap((one) => one.named.prev));
    return standing.map((one) => one.named.id).filter((name) => !followed.has(name));
  }

  ids(names: readonly string[]): string[] {
    return names.map((name) => (this.#byName.get(name) as Made).event.event_id);
  }

  /** Entries of the state, `[type, state key, name]`. */
  state(names: readonly string[]): [string, string, string][] {
    if (names.length === 0) return [];
    const state = this.#rooms.ask(this.roomId, (room) => room.stateAfter(this.ids(names)));
    return Array.from(state.entries(), ([type, key, id]) => [type, key, this.nameOf(id)]);
  }

  voids(names: readonly string[]): ReadonlySet<string> {
    if (!this.native || names.length === 0) return new Set();
    return new Set([...this.#rooms.ask(this.roomId, (room) => room.voidAt(this.ids(names)))].map((id) => this.nameOf(id)));
  }

  #makeBase({ kind, acts }: Base): void {
    const content: JsonObject = this.native
      ? { root: 'a.example/k0', keys: keysOf('a.example') }
      : this.version.id === '12' || this.version.id === '11'
        ? {}
        : { creator: OLGA };
    this.#enter('create', { type: CREATE_TYPES[kind], sender: OLGA, stateKey: '', content: () => content }, [], undefined, undefined, null);
    for (const [name, act] of acts) this.#enter(name, readDeed(act, this.native), this.heads(), undefined, undefined, null);
    this.baseSize = this.made.length;
    const refused = this.made.find((one) => one.fault !== null);
    if (refused !== undefined) throw new Error(`the base is refused: ${refused.named.id}: ${refused.fault?.rule} ${refused.fault?.detail}`);
  }

  /** Those that none of the others has in its past: an event that follows both a and what came after a follows the latter. */
  #last(names: readonly string[]): string[] {
    const past = new Set<string>();
    const open = names.flatMap((name) => this.#byName.get(name)?.named.prev ?? []);
    for (let name = open.pop(); name !== undefined; name = open.pop()) {
      if (past.has(name)) continue;
      past.add(name);
      open.push(...(this.#byName.get(name)?.named.prev ?? []));
    }
    return names.filter((name) => !past.has(name));
  }

  #enter(
    name: string,
    deed: Deed,
    prev: readonly string[],
    at: number | undefined,
    signed: readonly string[] | undefined,
    line: number | null,
  ): void {
    if (this.#byName.has(name)) throw new ActFault(`${name} is an event of the base`);
    const content = deed.content(this.#before(prev));
    const server = deed.sender.slice(deed.sender.indexOf(':') + 1);
    this.#clock = at ?? this.#clock + 1;
    const named: NamedEvent = {
      id: name,
      room: ROOM,
      type: deed.type,
      sender: deed.sender,
      ...(deed.stateKey === undefined ? {} : { state_key: deed.stateKey }),
      content,
      prev,
      ts: this.#clock,
      signed_by: signed ?? [`${server}/k1`],
    };
    if (at !== undefined) this.#clock = Math.max(at, FIRST_TS + this.made.length);
    const event = this.#buildOrSay(named);
    const copy = checkCopy(event.pdu, this.version);
    if (!copy.ok) throw new ActFault(`no such event can be: ${copy.rule}: ${copy.detail}`);
    if (this.roomId === '') this.roomId = event.room_id;
    if (this.#names.has(event.event_id))
      throw new ActFault(`${name} is the same event as ${this.nameOf(event.event_id)}: give it another time, ${name} (at 500): …`);
    const receipt = this.#rooms.receive(copy.value, this.version);
    const outcome = receipt.missing === null ? receipt.outcome : null;
    if (outcome === null || outcome.kind === 'dropped' || outcome.kind === 'known')
      throw new ActFault(
        `it is dropped: ${outcome === null || outcome.kind === 'known' ? 'what it follows is not there' : `${outcome.fault.rule}: ${outcome.fault.detail}`}`,
      );
    const made: Made = { named, event, fault: outcome.kind === 'rejected' ? outcome.fault : null, line };
    this.made.push(made);
    this.#byName.set(name, made);
    this.#names.set(event.event_id, name);
  }

  /** What rejected events are followed by reads nothing. */
  #before(prev: readonly string[]): Before {
    const standing = prev.length > 0 && prev.every((name) => this.#byName.get(name)?.fault === null);
    const holders = new Map((standing ? this.state(prev) : []).map(([type, key, name]) => [`${type}\n${key}`, name]));
    return {
      holderOf: (type, key) => holders.get(`${type}\n${key}`) ?? 'none',
      contentOf: (type, key) => this.#byName.get(holders.get(`${type}\n${key}`) ?? '')?.named.content,
      stayOf: (user) => {
        if (!standing || !this.native) return 'none';
        const stay = this.#rooms.ask(this.roomId, (room) => room.judgeAt(this.ids(prev), (view) => stayOf(view, user)));
        return stay === undefined ? 'none' : this.nameOf(stay);
      },
    };
  }

  #buildOrSay(named: NamedEvent): RoomEvent {
    try {
      return this.#build(named);
    } catch (error) {
      // What cannot be hashed at all.
      if (error instanceof TypeError) throw new ActFault(`no such event can be: ${error.message}`);
      throw error;
    }
  }

  #build(named: NamedEvent): RoomEvent {
    const creates = named.prev.length === 0;
    const signedBy = named.signed_by.map((name) => signerOfVersion(name, this.native));
    const depth = named.prev.reduce((most, name) => Math.max(most, this.stored(name).depth), -1) + 1;
    const fields: EventFields = {
      type: named.type,
      sender: named.sender,
      content: this.#real(named) as JsonObject,
      origin_ts: named.ts,
      prev_events: this.ids(named.prev).sort(utf8Compare),
      ...(named.state_key === undefined ? {} : { state_key: named.type === 'm.server.keys' ? keyText(named.state_key) : named.state_key }),
      ...(creates ? (this.version.roomId === 'given' ? { room_id: '!playground:a.example' } : {}) : { room_id: this.roomId }),
      ...(this.native ? {} : { depth: depth + 1 }),
    };
    return buildEvent({ ...fields, auth_events: creates ? [] : this.#selection(fields, named, signedBy) }, this.version, signedBy);
  }

  #selection(fields: EventFields, named: NamedEvent, signedBy: readonly Signer[]): string[] {
    if (named.prev.some((name) => this.#byName.get(name)?.fault !== null)) return [];
    const sketch: RoomEvent = {
      ...{
        event_id: '',
        room_id: this.roomId,
        type: fields.type,
        sender: fields.sender,
        origin_ts: fields.origin_ts,
        content: fields.content,
      },
      ...{ state_key: fields.state_key, prev_events: fields.prev_events, auth_events: [], guild_heads: [], pdu: {}, redacted: false },
      signed_by: signedBy.map((signer) => signer.key_id),
    };
    const { authority } = this.version;
    if (authority === 'native')
      return this.#rooms.ask(this.roomId, (room) =>
        room.judgeAt(fields.prev_events, (view: StateView) => authSelection(sketch, view, room.kind)),
      );
    const state = this.#rooms.ask(this.roomId, (room) => room.stateAfter(fields.prev_events));
    return matrixAuthTypes(sketch, authority).flatMap(([type, key]) => state.get(type, key) ?? []);
  }

  /** Content with IDs and keys in place of names; of an admission with its proof. */
  #real(named: NamedEvent): JsonValue {
    const content = this.#replaced(named.content, '') as Record<string, JsonValue>;
    if (named.type === 'm.server.admission' && typeof named.content['proof'] === 'string') {
      const { root, keys } = content as { root: string; keys: string[] };
      const message = admissionMessage(this.roomId, named.state_key ?? '', root, keys);
      content['proof'] = base64encode(signerNamed(named.content['proof']).sign(message));
    }
    return content;
  }

  #replaced(value: JsonValue, field: string): JsonValue {
    if (typeof value === 'string') return this.native && KEY_FIELDS.has(field) ? keyText(value) : value;
    if (value === null || typeof value !== 'object') return value;
    if (Array.isArray(value))
      return (value as readonly JsonValue[]).map((item) =>
        this.native && field === 'keys' && typeof item === 'string' ? keyText(item) : this.#replaced(item, ''),
      );
    const object = value as JsonObject;
    const { $ref: reference } = object;
    if (typeof reference === 'string')
      return this.#byName.get(reference)?.event.event_id ?? `$${base58encode(blake3(utf8Encode(reference)))}`;
    return Object.fromEntries(Object.entries(object).map(([name, item]) => [name, this.#replaced(item, name)]));
  }
}

/** A key ID as it is, or the key of a name. */
function keyText(name: string): string {
  return name.includes('/') ? signerNamed(name).key_id : name;
}

/** Matrix servers publish keys under names; their IDs do not hold the key. */
function signerOfVersion(name: string, native: boolean): Signer {
  const signer = signerNamed(name);
  return native ? signer : { key_id: 'ed25519:1', sign: (message) => signer.sign(message) };
}
