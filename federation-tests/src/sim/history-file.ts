import { type JsonObject, type JsonValue, readJson, type RoomEvent, utf8Encode } from '@openguild/core';
import type { World } from './world.ts';
import { allOf } from '../check/convergence.ts';

/** The first line of a history: the format of a room's export, with the run that it came from. */
export interface HistoryHeader {
  readonly openguild_export: 1;
  readonly room_id: string;
  readonly room_version: string;
  /** False: signatures are the simulation's stand-ins. An export does not say; its signatures are real. */
  readonly real_signatures?: boolean;
  /** Matrix versions: server -> key ID -> public key (unpadded base64). Without it signatures are not checked. */
  readonly keys?: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly seed?: string;
  readonly found?: string;
}

/** Each server's order is judged by itself. */
const MAX_SERVERS = 100;

/** What one server had, in the order in which it came to be there. */
export interface ServerOrder {
  readonly server: string;
  readonly events: readonly ReceivedEvent[];
}

export interface ReceivedEvent {
  readonly event_id: string;
  /** Milliseconds since the run began. */
  readonly ms: number;
  /** What this server made of it then. */
  readonly as: 'accepted' | 'soft-failed' | 'rejected';
}

export interface History {
  readonly header: HistoryHeader;
  /** In an order in which everything cited comes first, a channel's guild before it. */
  readonly pdus: readonly JsonObject[];
  /** Of each server, what it had and when, where the file says so. */
  readonly received: readonly ServerOrder[];
}

/** Everything that any server of a run stored. */
export async function historyOf(world: World, seed: string, found: string): Promise<History> {
  const pdus: JsonObject[] = [];
  for (const roomId of [world.mainRoom, ...world.channels]) {
    const known = new Map<string, { readonly depth: number; readonly event: RoomEvent }>();
    for (const server of world.servers)
      for (const { event, depth } of await allOf(server, roomId))
        if (known.get(event.event_id)?.event.redacted !== false) known.set(event.event_id, { event, depth });
    pdus.push(...[...known.values()].sort((a, b) => a.depth - b.depth).map(({ event }) => event.pdu));
  }
  pdus.push(...world.ledger.continuation);
  const header: HistoryHeader = {
    openguild_export: 1,
    room_id: world.mainRoom,
    room_version: world.shape.version,
    real_signatures: world.shape.realCrypto,
    seed,
    found,
  };
  return { header, pdus, received: world.ledger.receipts() };
}

export function writeHistory({ header, pdus, received }: History): string {
  const orders = received.map(({ server, events }) => ({
    received_by: server,
    events: events.map(({ event_id, ms, as }) => (as === 'accepted' ? [event_id, ms] : [event_id, ms, as])),
  }));
  return [header, ...pdus, ...orders].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Lines of a history or of a room's export; a closing line (heads, state hashes) is left out. Throws on what is none. */
export function readHistory(text: string): History {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const values = lines.map((line, i) => {
    const read = readJson(utf8Encode(line), { maxDepth: 200 });
    if (!read.ok) throw new Error(`line ${i + 1}: ${read.rule}: ${read.detail}`);
    if (!isObject(read.value)) throw new Error(`line ${i + 1}: not an object`);
    return read.value;
  });
  const [header, ...rest] = values;
  if (header === undefined || !isHeader(header))
    throw new Error(
      'line 1 is no header of a history: {"openguild_export":1,"room_id":"...","room_version":"..."}; npm run import makes one',
    );
  const received = rest.flatMap((value, i) => (Object.hasOwn(value, 'received_by') ? [readOrder(value, i + 2)] : []));
  if (received.length > MAX_SERVERS) throw new Error(`${received.length} lines with received_by, at most ${MAX_SERVERS}`);
  return { header, pdus: rest.filter((value) => Object.hasOwn(value, 'type')), received };
}

function isHeader(value: JsonObject): value is JsonObject & HistoryHeader {
  const { openguild_export: format, room_id: room, room_version: version, keys } = value;
  return format === 1 && typeof room === 'string' && typeof version === 'string' && (keys === undefined || isKeys(keys));
}

function isKeys(value: JsonValue): boolean {
  return (
    isObject(value) && Object.values(value).every((keys) => isObject(keys) && Object.values(keys).every((key) => typeof key === 'string'))
  );
}

function readOrder(value: JsonObject, line: number): ServerOrder {
  const { received_by: server, events } = value;
  if (typeof server !== 'string' || !Array.isArray(events)) throw new Error(`line ${line}: received_by and events are a name and a list`);
  return { server, events: (events as readonly JsonValue[]).map((row) => readRow(row, line)) };
}

function readRow(row: JsonValue, line: number): ReceivedEvent {
  const [event_id, ms, as = 'accepted'] = Array.isArray(row) ? (row as readonly JsonValue[]) : [];
  if (typeof event_id !== 'string' || typeof ms !== 'number' || (as !== 'accepted' && as !== 'soft-failed' && as !== 'rejected'))
    throw new Error(`line ${line}: each of the events is [event ID, milliseconds], then perhaps "soft-failed" or "rejected"`);
  return { event_id, ms, as };
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
