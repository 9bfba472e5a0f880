import { canonicalJson } from '../json/canonical.ts';
import { utf8Encode } from '../json/utf8.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { JsonObject } from '../json/value.ts';
import type { Room } from '../room/room.ts';
import { stateHash } from '../state/state-hash.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { type ExportedKeys, headerLine } from './export-lines.ts';
import type { MemoryRooms } from './memory-rooms.ts';

/**
 * EXP-1 to EXP-9, EXP-13. The export of a room, line by line, each with its line feed: its history as it is here, after that of its guild if it is a channel.
 * `keys`: of a Matrix room, key documents of the servers whose events are in it; without them nobody can check signatures from the file alone.
 * Throws a RangeError if the room is not here, or nothing of it is in the history (ENG-10).
 */
export function* writeExport(rooms: MemoryRooms, roomId: string, keys: readonly ExportedKeys[] = []): Generator<Uint8Array> {
  const room = rooms.room(roomId);
  if (room === undefined || room.extremities.length === 0) throw new RangeError(`nothing of the room ${roomId} is in the history here`);
  yield exportLine(headerLine(roomId, room.version));
  for (const { server_keys, fetched_ts } of keys) yield exportLine({ server_keys, fetched_ts });
  const heads: Record<string, string[]> = {};
  const hashes: Record<string, string> = {};
  for (const one of room.guild === null ? [room] : [room.guild, room]) {
    const open = new Set<string>();
    for (const { event, verdict, soft_failed } of rooms.events(one.room_id)) {
      if (verdict !== 'accepted' || soft_failed) continue;
      for (const id of event.prev_events) open.delete(id);
      open.add(event.event_id);
      yield exportLine(event.pdu, room.version);
    }
    const sorted = [...open].sort(utf8Compare);
    heads[one.room_id] = sorted;
    hashes[one.room_id] = hashAt(rooms, one, sorted);
  }
  yield exportLine({ heads, state_hash: hashes });
}

/** One line of an export, with its line feed. `version`: of an event, whose numbers may be other than integers (MXB-3). */
export function exportLine(value: JsonObject, version?: RoomVersion): Uint8Array {
  const numbers = version?.strictNumbers === false ? 'fractions' : 'integers';
  return utf8Encode(`${canonicalJson(value, version?.keyOrder, numbers)}\n`);
}

function hashAt(rooms: MemoryRooms, room: Room, heads: readonly string[]): string {
  return stateHash(
    rooms.ask(room.room_id, () => room.stateAfter(heads)),
    room.version,
  );
}
