import { buildEvent } from '../../src/event/build-event.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { signJson } from '../../src/event/sign-json.ts';
import type { RoomEvent, Signer } from '../../src/event/types.ts';
import { base64encode } from '../../src/crypto/base64.ts';
import { publicKeyOf } from '../../src/crypto/key-id.ts';
import type { JsonObject } from '../../src/json/value.ts';
import type { ExportedKeys } from '../../src/verify/export-lines.ts';
import { MemoryRooms } from '../../src/verify/memory-rooms.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { writeExport } from '../../src/verify/write-export.ts';
import { roomVersion, type RoomVersion } from '../../src/version/room-version.ts';
import { signer } from './small-world.ts';

export const DAY = 86_400_000;
/** When the room was made. */
export const START = 1_700_000_000_000;
const ANNA = '@anna:a.example';
const BERT = '@bert:b.example';

/** A server of Matrix rooms: `ed25519:old` until a day after the start, `ed25519:new` from then on. */
export class MatrixServer {
  readonly name: string;
  readonly old: Signer;
  readonly new: Signer;
  readonly #raw: Readonly<Record<'old' | 'new', Uint8Array>>;

  constructor(name: string) {
    this.name = name;
    const [old, present] = [signer(`${name}/old`), signer(`${name}/new`)];
    this.#raw = { old: publicKeyOf(old.key_id) as Uint8Array, new: publicKeyOf(present.key_id) as Uint8Array };
    this.old = { ...old, key_id: 'ed25519:old' };
    this.new = { ...present, key_id: 'ed25519:new' };
  }

  /** What it publishes ten days after the start. */
  keys(change: JsonObject = {}): ExportedKeys {
    const document = {
      server_name: this.name,
      valid_until_ts: START + 11 * DAY,
      verify_keys: { 'ed25519:new': { key: base64encode(this.#raw.new) } },
      old_verify_keys: { 'ed25519:old': { key: base64encode(this.#raw.old), expired_ts: START + DAY } },
      ...change,
    };
    return { server_keys: signJson(document, this.name, this.new), fetched_ts: START + 10 * DAY };
  }
}

export const A = new MatrixServer('a.example');
export const B = new MatrixServer('b.example');

/** A public room: Anna makes it and Bert joins, both by old keys; then each writes, by the new ones, days later. */
export class MatrixWorld {
  readonly version: RoomVersion;
  readonly rooms = new MemoryRooms(portableVerifier(), () => true);
  readonly events: RoomEvent[] = [];

  constructor(id: string) {
    this.version = roomVersion(id) as RoomVersion;
    const creator = Number(id) < 11 ? { creator: ANNA } : {};
    const create = this.put(ANNA, 'm.room.create', { room_version: id, ...creator }, '', []);
    const anna = this.put(ANNA, 'm.room.member', { membership: 'join' }, ANNA, [create]);
    const rules = this.put(ANNA, 'm.room.join_rules', { join_rule: 'public' }, '', [create, anna]);
    const bert = this.put(BERT, 'm.room.member', { membership: 'join' }, BERT, [create, rules]);
    this.put(ANNA, 'm.room.message', { body: 'hello' }, undefined, [create, anna], 5);
    this.put(BERT, 'm.room.message', { body: 'hello too' }, undefined, [create, bert], 6);
  }

  get roomId(): string {
    return (this.events[0] as RoomEvent).room_id;
  }

  /** `day`: after the start. */
  put(sender: string, type: string, content: JsonObject, stateKey: string | undefined, auth: readonly RoomEvent[], day = 0): RoomEvent {
    const server = sender === ANNA ? A : B;
    const last = this.events.at(-1);
    const given = this.version.roomId === 'given';
    const fields = {
      ...{ type, sender, content, origin_ts: START + day * DAY + this.events.length, depth: this.events.length + 1 },
      prev_events: last === undefined ? [] : [last.event_id],
      auth_events: auth.filter((one) => given || one.type !== 'm.room.create').map((one) => one.event_id),
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      ...(last === undefined ? (given ? { room_id: '!room:a.example' } : {}) : { room_id: last.room_id }),
    };
    const copy = checkCopy(buildEvent(fields, this.version, [day === 0 ? server.old : server.new]).pdu, this.version);
    if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
    const receipt = this.rooms.receive(copy.value, this.version);
    if (receipt.missing !== null || receipt.outcome.kind !== 'accepted') throw new Error(JSON.stringify(receipt));
    this.events.push(copy.value.event);
    return copy.value.event;
  }

  /** The lines of its export, without line feeds. */
  exported(keys: readonly ExportedKeys[] = [A.keys(), B.keys()]): string[] {
    return [...writeExport(this.rooms, this.roomId, keys)].map((line) => new TextDecoder().decode(line).slice(0, -1));
  }
}
