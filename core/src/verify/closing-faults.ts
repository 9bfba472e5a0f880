import type { Fault } from '../fault.ts';
import { EXPORT_RULES, type ExportClosing } from './export-lines.ts';
import type { VerifiedRoom } from './report.ts';

type Found = Pick<VerifiedRoom, 'room_id' | 'heads' | 'state_hash'>;

/** Where the closing line says something else than the file proves (EXP-8, EXP-9). `someRooms`: it may speak of more rooms than these. */
export function closingFaults(claimed: ExportClosing, rooms: readonly Found[], someRooms = false): Fault[] {
  const faults: Fault[] = [];
  const known = new Set(rooms.map((room) => room.room_id));
  const named = new Set([...Object.keys(claimed.heads), ...Object.keys(claimed.state_hash)]);
  if (!someRooms)
    for (const roomId of named)
      if (!known.has(roomId))
        faults.push({ rule: EXPORT_RULES.CLOSING, detail: `it speaks of ${roomId}, of which the file holds nothing` });
  for (const room of rooms) faults.push(...roomFaults(claimed, room));
  return faults;
}

function roomFaults(claimed: ExportClosing, { room_id, heads, state_hash }: Found): Fault[] {
  const faults: Fault[] = [];
  const said = Object.hasOwn(claimed.heads, room_id) ? (claimed.heads[room_id] as readonly string[]) : [];
  for (const id of said)
    if (!heads.includes(id)) faults.push({ rule: EXPORT_RULES.CLOSING, detail: `${id} is not a head of ${room_id} in this file` });
  for (const id of heads)
    if (!said.includes(id)) faults.push({ rule: EXPORT_RULES.CLOSING, detail: `the head ${id} of ${room_id} is not named` });
  if (faults.length === 0 && said.some((id, i) => id !== heads[i]))
    faults.push({ rule: EXPORT_RULES.CLOSING, detail: `the heads of ${room_id} are not in order, or not each once` });
  const hash = Object.hasOwn(claimed.state_hash, room_id) ? claimed.state_hash[room_id] : undefined;
  if (hash !== state_hash)
    faults.push({
      rule: EXPORT_RULES.STATE_HASH,
      detail: `the state of ${room_id} has the hash ${state_hash}, not ${hash ?? '(none given)'}`,
    });
  return faults;
}
