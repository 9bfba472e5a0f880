import {
  type Ask,
  base64decode,
  checkCopy,
  isCreate,
  type JsonObject,
  MemoryRooms,
  type MissingEvent,
  type Received,
  type Room,
  type RoomEvent,
  type RoomVersion,
  roomVersion,
  type ServerSignatureCheck,
  serverSignatureChecks,
  type SignatureCheck,
  type StoredEvent,
  type UnverifiedCopy,
  utf8Compare,
  voidsBy,
} from '@openguild/core';
import type { HistoryHeader } from '../sim/history-file.ts';
import { Keyring } from '../sim/environment/keyring.ts';

/** What one line of a history came to. */
export type Taken =
  | { readonly kind: 'judged'; readonly event: RoomEvent; readonly outcome: Received['outcome'] }
  /** It cites what has not come yet: nothing has happened. */
  | { readonly kind: 'waits'; readonly event: RoomEvent; readonly for: readonly string[] }
  /** No event of this version, or a faulty copy. */
  | { readonly kind: 'unusable'; readonly rule: string; readonly detail: string };

/** The rooms of one history as one server would have them: any room version, in memory. */
export class HistoryRooms {
  readonly header: HistoryHeader;
  readonly version: RoomVersion;
  readonly #rooms: MemoryRooms;
  readonly #roomOf = new Map<string, string>();

  constructor(header: HistoryHeader) {
    const version = roomVersion(header.room_version);
    if (version === undefined) throw new Error(`unknown room version ${JSON.stringify(header.room_version)}`);
    this.header = header;
    this.version = version;
    this.#rooms = new MemoryRooms(verifierOf(header), serverVerifierOf(header));
  }

  take(pdu: JsonObject): Taken {
    const copy = checkCopy(pdu, this.version);
    return copy.ok ? this.takeCopy(copy.value) : { kind: 'unusable', rule: copy.rule, detail: copy.detail };
  }

  /** The same of a copy that was read already. */
  takeCopy(copy: UnverifiedCopy): Taken {
    const { event } = copy;
    const lacking = this.#lacking(event);
    if (lacking !== null) return { kind: 'waits', event, for: lacking };
    const receipt = this.#rooms.receive(copy, this.version);
    if (receipt.missing !== null) return { kind: 'waits', event, for: receipt.missing.map(({ event_id }: MissingEvent) => event_id) };
    const { outcome } = receipt;
    if (outcome.kind === 'dropped') return { kind: 'unusable', rule: outcome.fault.rule, detail: outcome.fault.detail };
    this.#roomOf.set(event.event_id, event.room_id);
    return { kind: 'judged', event, outcome };
  }

  /** As it stands now: a soft-failed event that the history covers since is soft-failed no more. */
  stored(eventId: string): StoredEvent | undefined {
    const roomId = this.#roomOf.get(eventId);
    return roomId === undefined ? undefined : this.#rooms.stored(roomId, eventId);
  }

  /** What is void in the state before an event, by what the engine kept of it. */
  voidsBefore({ void_delta }: StoredEvent): string[] {
    return [...voidsBy(void_delta, (id) => this.stored(id) as StoredEvent)].sort(utf8Compare);
  }

  ask<T>(roomId: string, question: (room: Room) => Ask<T>): T {
    return this.#rooms.ask(roomId, question);
  }

  get rooms(): readonly Room[] {
    return this.#rooms.rooms;
  }

  /** The state after these accepted events together, one `type state_key event` per line, in the order of the state's own keys. */
  stateAfter(roomId: string, eventIds: readonly string[]): string[] {
    return [...this.ask(roomId, (room) => room.stateAfter(eventIds)).entries()].map((entry) => entry.join(' '));
  }

  /** A room begins with its create event, a channel's after its guild. */
  #lacking(event: RoomEvent): readonly string[] | null {
    if (this.#rooms.room(event.room_id) !== undefined) return null;
    if (!isCreate(event)) return event.prev_events.length > 0 ? event.prev_events : [event.room_id];
    const { guild } = event.content;
    return typeof guild === 'string' && this.#rooms.room(guild) === undefined ? [guild] : null;
  }
}

/** `real_signatures: false`: the simulation's stand-ins. An export says nothing of it: it has real ones. */
export function verifierOf(header: HistoryHeader): (check: SignatureCheck) => boolean {
  const keyring = new Keyring(header.real_signatures !== false);
  return (check) => keyring.verify(check);
}

/** Matrix versions: by the keys that the history brings along, each valid for ever. Without any, signatures are taken as right. */
function serverVerifierOf(header: HistoryHeader): (check: ServerSignatureCheck) => boolean {
  const { keys } = header;
  if (keys === undefined) return () => true;
  const verify = verifierOf(header);
  return (check) =>
    serverSignatureChecks(check, (server, keyId) => {
      const ofServer = Object.hasOwn(keys, server) ? keys[server] : undefined;
      const text = ofServer !== undefined && Object.hasOwn(ofServer, keyId) ? ofServer[keyId] : undefined;
      const bytes = text === undefined ? undefined : base64decode(text);
      return bytes === undefined ? [] : [{ public_key: bytes, valid_until_ts: null }];
    }).some(verify);
}
