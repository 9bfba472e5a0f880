import { canonicalJson } from '../json/canonical.ts';
import { utf8Encode } from '../json/utf8.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { JsonObject } from '../json/value.ts';
import type { Room } from '../room/room.ts';
import { stateHash } from '../state/state-hash.ts';
import { headerLine } from './export-lines.ts';
import type { MemoryRooms } from './memory-rooms.ts';

/**
 * EXP-1 to EXP-9. The export of a room, line by line, each with its line feed: its history as it is here, after that of its guild if it is a channel.
 * Throws a RangeError if the room is not here.
 */
export function* writeExport(rooms: MemoryRooms, roomId: string): Generator<Uint8Array> {
  const room = rooms.room(roomId);
  if (room === undefined) throw new RangeError(`there is no room ${roomId} here`);
  yield exportLine(headerLine(roomId, room.version));
  const heads: Record<string, string[]> = {};
  const hashes: Record<string, string> = {};
  for (const one of room.guild === null ? [room] : [room.guild, room]) {
    const open = new Set<string>();
    for (const { event, verdict, soft_failed } of rooms.events(one.room_id)) {
      if (verdict !== 'accepted' || soft_failed) continue;
      for (const id of event.prev_events) open.delete(id);
      open.add(event.event_id);
      yield exportLine(event.pdu);
    }
    const sorted = [...open].sort(utf8Compare);
    heads[one.room_id] = sorted;
    hashes[one.room_id] = hashAt(rooms, one, sorted);
  }
  yield exportLine({ heads, state_hash: hashes });
}

/** One line of an export, with its line feed. */
export function exportLine(value: JsonObject): Uint8Array {
  return utf8Encode(`${canonicalJson(value)}\n`);
}

function hashAt(rooms: MemoryRooms, room: Room, heads: readonly string[]): string {
  return stateHash(
    rooms.ask(room.room_id, () => room.stateAfter(heads)),
    room.version,
  );
}
