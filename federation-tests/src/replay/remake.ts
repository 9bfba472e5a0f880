import {
  admissionMessage,
  authSelection,
  base64encode,
  buildEvent,
  checkCopy,
  type EventFields,
  isCreate,
  type JsonObject,
  type JsonValue,
  type RoomEvent,
  serverOf,
  type Signer,
  utf8Compare,
} from '@openguild/core';
import { entryOf } from '../matrix/model/event.ts';
import { selectedEntries } from '../matrix/model/rules.ts';
import { signerOf } from '../matrix/stand-in-keys.ts';
import { Keyring } from '../sim/environment/keyring.ts';
import type { History } from '../sim/history-file.ts';
import type { Attempt, Copy } from '../sim/ledger.ts';
import { proofOf } from '../model/signatures.ts';
import { HistoryRooms, verifierOf } from './history-rooms.ts';

/** One event of a history that is to be made again. */
export interface Piece {
  /** The event as it was. */
  readonly was: RoomEvent;
  readonly content: JsonObject;
  /** What it follows, by the IDs that there were. */
  readonly prev: readonly string[];
}

const STAND_INS = new Keyring(false);

/**
 * Makes a history again without some of its events, or with other contents: what cited an event that is left out cites what that one
 * cited; `auth_events` are chosen anew where they were the right ones; IDs within contents follow; and all of it is signed by stand-ins (in Matrix versions
 * by nobody whose keys the history would bring, so that signatures are taken as right).
 */
export class Remaker {
  readonly pieces: readonly Piece[];
  readonly #history: History;
  readonly #was = new Map<string, RoomEvent>();
  /** Events that cite what the rules would have them cite. */
  readonly #chosen = new Set<string>();
  /** Admissions with a right proof. */
  readonly #proven = new Set<string>();

  constructor(history: History) {
    const { keys: _, ...header } = history.header;
    this.#history = { ...history, header: { ...header, real_signatures: false } };
    const rooms = new HistoryRooms(history.header);
    const verify = verifierOf(history.header);
    for (const pdu of history.pdus) {
      const taken = takenBy(rooms, pdu);
      const event = taken === null ? readBy(rooms, pdu) : taken.kind === 'judged' ? taken.event : null;
      if (event === null || this.#was.has(event.event_id)) continue;
      this.#was.set(event.event_id, event);
      const proof = event.type === 'm.server.admission' ? proofOf(event.room_id, event.state_key ?? '', event.content) : undefined;
      if (proof !== undefined && verify(proof)) this.#proven.add(event.event_id);
      if (taken === null) break;
      // Matrix versions leave the order to the author.
      const cited = rooms.version.authority === 'native' ? event.auth_events : [...event.auth_events].sort(utf8Compare);
      if (sameList(selection(rooms, event, event.prev_events), cited)) this.#chosen.add(event.event_id);
    }
    this.pieces = [...this.#was.values()].map((was) => ({ was, content: was.content, prev: was.prev_events }));
  }

  /** These pieces, in this order, which is that of the history. Null if there is no event that could stand in for one of them. */
  make(pieces: readonly Piece[]): History | null {
    const rooms = new HistoryRooms(this.#history.header);
    /** Old event or room ID -> new one. */
    const now = new Map<string, string>();
    const pdus: JsonObject[] = [];
    const pasts = new Map<string, ReadonlySet<string>>();
    for (const piece of pieces) {
      const event = this.#event(rooms, piece, { now, pasts });
      if (event === null || pasts.has(event.event_id)) return null;
      pasts.set(event.event_id, new Set(event.prev_events.flatMap((id) => [id, ...(pasts.get(id) ?? [])])));
      now.set(piece.was.event_id, event.event_id);
      if (isCreate(event)) now.set(piece.was.room_id, event.room_id);
      pdus.push(event.pdu);
      if (takenBy(rooms, event.pdu) === null) break;
    }
    const received = this.#history.received.map(({ server, events }) => ({
      server,
      events: events.flatMap((one) => {
        const event_id = now.get(one.event_id);
        return event_id === undefined ? [] : [{ ...one, event_id }];
      }),
    }));
    return { header: this.#history.header, pdus, received };
  }

  #event(rooms: HistoryRooms, { was, content, prev: followed }: Piece, so: SoFar): RoomEvent | null {
    const at = (id: string): string => so.now.get(id) ?? id;
    const prev = this.#following(followed, so);
    if (prev.length === 0 && !isCreate(was)) return null;
    const fields = {
      type: was.type,
      sender: was.sender,
      room_id: at(was.room_id),
      origin_ts: was.origin_ts,
      prev_events: prev,
      content: this.#proved(was, replaced(content, so.now) as JsonObject, at(was.room_id)),
      signed_by: was.signed_by,
      ...(was.state_key === undefined ? {} : { state_key: at(was.state_key) }),
      ...(rooms.version.authority === 'native' ? {} : matrixFields(rooms, was, prev, so)),
    };
    const signers = signersOf(rooms, was);
    try {
      if (Object.hasOwn(was.pdu, 'guild_heads')) {
        return buildEvent({ ...fields, guild_heads: this.#following(was.guild_heads, so) }, rooms.version, signers);
      }
      const auth = was.auth_events.flatMap((id) => so.now.get(id) ?? []);
      const event = buildEvent({ ...fields, auth_events: auth }, rooms.version, signers);
      const chosen = this.#chosen.has(was.event_id) ? selection(rooms, event, prev) : null;
      return chosen === null || sameList(chosen, event.auth_events)
        ? event
        : buildEvent({ ...fields, auth_events: chosen }, rooms.version, signers);
    } catch (error) {
      if (error instanceof TypeError) return null;
      throw error;
    }
  }

  /** Stand-ins sign for the root that an admission names, too. */
  #proved({ event_id, state_key = '' }: RoomEvent, content: JsonObject, roomId: string): JsonObject {
    const { root, keys } = content;
    if (!this.#proven.has(event_id) || typeof root !== 'string' || !Array.isArray(keys)) return content;
    const proof = STAND_INS.signerOf(root)?.sign(admissionMessage(roomId, state_key, root, keys as string[]));
    return proof === undefined ? content : { ...content, proof: base64encode(proof) };
  }

  /** What is there of these events, and in the place of what is not there what comes before it; of that nothing that lies before something else. */
  #following(ids: readonly string[], { now, pasts }: SoFar): readonly string[] {
    const kept = ids.flatMap((id) => now.get(id) ?? []);
    if (kept.length === ids.length) return kept;
    const found = new Set<string>();
    const seen = new Set<string>();
    const open = [...ids];
    for (let id = open.pop(); id !== undefined; id = open.pop()) {
      if (seen.has(id)) continue;
      seen.add(id);
      const one = now.get(id);
      if (one === undefined) open.push(...(this.#was.get(id)?.prev_events ?? []));
      else found.add(one);
    }
    return [...found].filter((id) => ![...found].some((other) => pasts.get(other)?.has(id)));
  }
}

function signersOf({ version }: HistoryRooms, { sender, signed_by }: RoomEvent): Signer[] {
  return version.authority === 'native' ? signed_by.flatMap((id) => STAND_INS.signerOf(id) ?? []) : [signerOf(serverOf(sender))];
}

/** What an event of a Matrix version says besides. */
function matrixFields(
  rooms: HistoryRooms,
  { pdu }: RoomEvent,
  prev: readonly string[],
  { now }: SoFar,
): Pick<EventFields, 'depth' | 'more'> {
  const { redacts } = pdu;
  const depth = 1 + Math.max(0, ...prev.map((id) => Number(rooms.stored(id)?.event.pdu['depth'] ?? 0)));
  const more = typeof redacts === 'string' ? { more: { redacts: now.get(redacts) ?? redacts } } : {};
  return { depth: Math.min(depth, Number.MAX_SAFE_INTEGER), ...more };
}

/** What was made again so far. */
interface SoFar {
  /** Old event or room ID to the new one. */
  readonly now: ReadonlyMap<string, string>;
  /** New event ID to all that comes before it in its room. */
  readonly pasts: ReadonlyMap<string, ReadonlySet<string>>;
}

/** The history and, as its last event, what never became one. The same history if that cannot be made. */
export function withLost(history: History, lost: Attempt | Copy): History {
  const pdu = 'pdu' in lost ? lost.pdu : attempted(history, lost);
  return pdu === null ? history : { ...history, pdus: [...history.pdus, pdu] };
}

function attempted(history: History, { room_id, draft, signed_by, prev, guild_heads }: Attempt): JsonObject | null {
  const keyring = new Keyring(history.header.real_signatures !== false);
  const fields = { ...draft, ...(room_id === null ? {} : { room_id }), prev_events: prev, origin_ts: latest(history) };
  const signers = signed_by.flatMap((id) => keyring.signerOf(id) ?? []);
  try {
    const rooms = new HistoryRooms(history.header);
    for (const pdu of history.pdus) takenBy(rooms, pdu);
    const cites = guild_heads === null ? { auth_events: [] } : { guild_heads };
    const event = buildEvent({ ...fields, ...cites }, rooms.version, signers);
    const chosen = selection(rooms, event, prev);
    return (chosen === null ? event : buildEvent({ ...fields, auth_events: chosen }, rooms.version, signers)).pdu;
  } catch {
    return null;
  }
}

function latest({ pdus }: History): number {
  return pdus.reduce((most, pdu) => Math.max(most, Number(pdu['origin_ts'])), 0);
}

/** Null if the engine breaks down over it, after which it is good for nothing. */
function takenBy(rooms: HistoryRooms, pdu: JsonObject): ReturnType<HistoryRooms['take']> | null {
  try {
    return rooms.take(pdu);
  } catch {
    return null;
  }
}

/** The event by itself, whatever the engine makes of it. */
function readBy({ version }: HistoryRooms, pdu: JsonObject): RoomEvent | null {
  const copy = checkCopy(pdu, version);
  return copy.ok ? copy.value.event : null;
}

/** What an event is to cite at this place; null where the room has no state there, where nothing is cited, and where the engine breaks down. */
function selection(rooms: HistoryRooms, event: RoomEvent, prev: readonly string[]): readonly string[] | null {
  if (Object.hasOwn(event.pdu, 'guild_heads') || prev.length === 0) return null;
  if (prev.some((id) => rooms.stored(id)?.verdict !== 'accepted')) return null;
  try {
    if (rooms.version.authority !== 'native') return matrixSelection(rooms, event, prev);
    return rooms.ask(event.room_id, (room) => room.judgeAt(prev, (view) => authSelection(event, view, room.kind)));
  } catch {
    return null;
  }
}

function matrixSelection(
  rooms: HistoryRooms,
  { type, sender, state_key: stateKey, content, room_id }: RoomEvent,
  prev: readonly string[],
): string[] {
  const entries = selectedEntries({ type, sender, stateKey, content }, Number(rooms.version.id));
  const state = rooms.ask(room_id, (room) => room.stateAfter(prev));
  return [...state.entries()].flatMap(([of, key, id]) => (entries.has(entryOf(of, key)) ? [id] : [])).sort(utf8Compare);
}

/** IDs anywhere in a content, and as names of its members. */
function replaced(value: JsonValue, now: ReadonlyMap<string, string>): JsonValue {
  if (typeof value === 'string') return now.get(value) ?? value;
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return (value as readonly JsonValue[]).map((one) => replaced(one, now));
  return Object.fromEntries(Object.entries(value).map(([name, one]) => [now.get(name) ?? name, replaced(one as JsonValue, now)]));
}

function sameList(a: readonly string[] | null, b: readonly string[]): boolean {
  return a !== null && a.length === b.length && a.every((id, i) => id === b[i]);
}
