import { checkCopy, type JsonObject, type JsonValue, type RoomEvent, type RoomVersion, roomVersion, roomVersionIds } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import { causalOrder } from './causal-order.ts';
import { type EventSource, type Found, isObject } from './event-source.ts';
import { type KeysByServer, publishedKeys } from './published-keys.ts';

const MAX_EVENTS = 1_000_000;
/** Reasons for which something was left out: so many examples of each are named. */
const EXAMPLES = 3;
/** Matrix: "room_version ... Defaults to "1" if the key does not exist." */
const DEFAULT_VERSION = '1';

/** The file cannot become a history. */
export class ImportError extends Error {
  override readonly name = 'ImportError';
}

export interface ImportOptions {
  /** Of the room, if the file has several. */
  readonly roomId?: string;
  /** Of the room, if its create event is not what says it. */
  readonly version?: string;
  /** Key documents of servers. */
  readonly keys?: JsonValue;
  /** Told how many events were read, now and then. */
  readonly progress?: (events: number) => void;
}

/** Something that was left out or changed, how often, and where first. */
export interface Notice {
  readonly what: string;
  readonly times: number;
  readonly examples: readonly string[];
}

export interface Imported {
  readonly history: History;
  readonly events: readonly RoomEvent[];
  readonly version: RoomVersion;
  readonly notices: readonly Notice[];
}

/**
 * A history from PDUs in any order: event IDs computed, the version from the create event, what is cited first. What cannot be judged because its past is
 * not there is left out and counted; so is what is no event of this room. Throws an ImportError if nothing is left to judge.
 */
export function importRoom(source: EventSource, options: ImportOptions = {}): Imported {
  const beside = source.beside();
  const { version, roomId } = chosenRoom(source, options, beside.roomVersion);
  const notices = new Notices();
  const events = readEvents(source, version, roomId, notices, options.progress);
  const { ordered, lacking } = causalOrder([...events.values()]);
  for (const { event, missing } of lacking)
    notices.add('cites events that are not in the file, so it cannot be judged', `${event.event_id} cites ${missing}`);
  if (ordered.length === 0)
    throw new ImportError(`${events.size} events, but none whose whole past is there: the file must begin at the room's create event`);
  const keys: KeysByServer = { ...publishedKeys(beside.keys), ...publishedKeys(options.keys ?? null) };
  const header: History['header'] = {
    openguild_export: 1,
    room_id: (ordered[0] as RoomEvent).room_id,
    room_version: version.id,
    ...(Object.keys(keys).length === 0 ? {} : { keys }),
  };
  return { history: { header, pdus: ordered.map((event) => event.pdu), received: [] }, events: ordered, version, notices: notices.all() };
}

class Notices {
  readonly #by = new Map<string, { times: number; examples: string[] }>();

  add(what: string, example: string): void {
    const own = this.#by.get(what) ?? { times: 0, examples: [] };
    own.times += 1;
    if (own.examples.length < EXAMPLES) own.examples.push(example);
    this.#by.set(what, own);
  }

  all(): Notice[] {
    return Array.from(this.#by, ([what, rest]) => ({ what, ...rest }));
  }
}

/** Which room it is: that of the create event, the only one or the one asked for. */
function chosenRoom(
  source: EventSource,
  options: ImportOptions,
  besideVersion: string | null,
): { version: RoomVersion; roomId: string | null } {
  const creates: JsonObject[] = [];
  let seen = 0;
  let firstFault: string | null = null;
  let clientFormat: string | null = null;
  for (const { value, where, fault } of source.events('fractions')) {
    if (++seen > MAX_EVENTS) throw new ImportError(`more than ${MAX_EVENTS} events`);
    if (fault !== null) firstFault ??= `${where}: ${fault}`;
    if (!isObject(value)) continue;
    if (value['openguild_export'] !== undefined)
      throw new ImportError('this is a history or an export already: npm run replay reads it as it is');
    // One that follows something is somebody's attempt to make the room anew.
    if (value['type'] === 'm.room.create' && !isFollower(value)) creates.push(value);
    if (value['type'] !== undefined && value['prev_events'] === undefined && value['event_id'] !== undefined) clientFormat ??= where;
  }
  const ids = creates.map((create) => idOfRoom(create, options.version ?? besideVersion));
  const wanted = options.roomId === undefined ? creates : creates.filter((_, i) => ids[i] === options.roomId);
  const [create] = wanted;
  if (create === undefined) throw new ImportError(whyNoCreate(seen, firstFault, clientFormat, options, ids));
  const rooms = new Set(creates.flatMap((one, i) => (wanted.includes(one) ? [ids[i]] : [])));
  if (rooms.size > 1) throw new ImportError(`the file has several rooms: choose one with --room: ${[...rooms].join(', ')}`);
  if (create['prev_events'] === undefined) throw new ImportError(clientText(clientFormat ?? 'the create event'));
  return { version: versionOf(create, options.version ?? besideVersion), roomId: ids[creates.indexOf(create)] ?? null };
}

function isFollower({ prev_events: prev }: JsonObject): boolean {
  return Array.isArray(prev) && prev.length > 0;
}

function versionOf(create: JsonObject, said: string | null): RoomVersion {
  const { content } = create;
  const named = isObject(content) ? (content['room_version'] ?? DEFAULT_VERSION) : DEFAULT_VERSION;
  const id = said ?? (typeof named === 'string' ? named : JSON.stringify(named));
  const version = roomVersion(id);
  if (version === undefined || version.eventFormat !== 'matrix') {
    const known = roomVersionIds().filter((one) => roomVersion(one)?.eventFormat === 'matrix');
    throw new ImportError(`room version ${JSON.stringify(id)} is not among those that can be imported: ${known.join(', ')}`);
  }
  return version;
}

/** From the event itself where the version computes it; null if the event cannot be read. */
function idOfRoom(create: JsonObject, said: string | null): string | null {
  const { room_id: given } = create;
  if (typeof given === 'string') return given;
  try {
    const copy = checkCopy(create, versionOf(create, said));
    return copy.ok ? copy.value.event.room_id : null;
  } catch (error) {
    if (error instanceof ImportError) return null;
    throw error;
  }
}

function whyNoCreate(
  seen: number,
  fault: string | null,
  clientFormat: string | null,
  options: ImportOptions,
  ids: readonly (string | null)[],
): string {
  if (options.roomId !== undefined && ids.length > 0) return `no create event of ${options.roomId}; there are those of ${ids.join(', ')}`;
  if (clientFormat !== null) return clientText(clientFormat);
  if (seen === 0) return 'the file is empty';
  return `no m.room.create event among ${seen} ${seen === 1 ? 'item' : 'items'}: the file must begin at the room's beginning${fault === null ? '' : ` (${fault})`}`;
}

function clientText(where: string): string {
  return `${where} is an event as clients see it (no prev_events, auth_events, hashes): what can be judged again are PDUs, as servers send them to each other`;
}

function readEvents(
  source: EventSource,
  version: RoomVersion,
  roomId: string | null,
  notices: Notices,
  progress: ImportOptions['progress'],
): Map<string, RoomEvent> {
  const events = new Map<string, RoomEvent>();
  let read = 0;
  for (const found of source.events(version.strictNumbers ? 'integers' : 'fractions')) {
    read += 1;
    if (read % 10_000 === 0) progress?.(read);
    const event = eventOf(found, version, roomId, notices);
    if (event === null) continue;
    const known = events.get(event.event_id);
    if (known !== undefined) notices.add('is in the file more than once', event.event_id);
    // A whole copy is better than a redacted one.
    if (known === undefined || known.redacted) events.set(event.event_id, event);
  }
  progress?.(read);
  return events;
}

function eventOf({ value, where, fault }: Found, version: RoomVersion, roomId: string | null, notices: Notices): RoomEvent | null {
  if (fault !== null || !isObject(value)) {
    notices.add('cannot be read', `${where}: ${fault ?? 'not an object'}`);
    return null;
  }
  const { event_id: said, ...pdu } = value;
  const copy = checkCopy(pdu, version);
  if (!copy.ok) {
    notices.add(`is no event of version ${version.id}`, `${where}: ${copy.rule}: ${copy.detail}`);
    return null;
  }
  const { event, redactedFor } = copy.value;
  if (event.room_id !== roomId) {
    notices.add('belongs to another room', `${where}: ${event.room_id}`);
    return null;
  }
  if (typeof said === 'string' && said !== event.event_id)
    notices.add('has another ID than the file says', `${where}: ${said} is ${event.event_id}`);
  if (redactedFor !== undefined) notices.add('has a content that does not fit its hash: kept redacted', `${where}: ${event.event_id}`);
  return event;
}
