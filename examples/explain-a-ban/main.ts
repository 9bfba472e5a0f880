// Why is somebody not banned? Explains a ban that lost, in text and as drawings.
//   node main.ts [--out FOLDER]           the ban of history.ts
//   node main.ts FILE [--out FOLDER]      every ban in an export that is not in force (openguild export, or GET .../export)
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { conflictOf, drawConflict, ExportVerifier, explainText, LineSplitter, portableVerifier } from '@openguild/core';
import type { MemoryRooms } from '@openguild/core';
import { aBanThatFails } from './history.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { out: { type: 'string' } } });
const [file] = positionals;

/** Prints why an event is or is not in force, and draws it. */
function explain(rooms: MemoryRooms, roomId: string, eventId: string): void {
  console.log(explainText(rooms.ask(roomId, (room) => room.explain(eventId))));
  if (values.out === undefined) return;
  const { svg, mermaid } = drawConflict(rooms.ask(roomId, (room) => conflictOf(room, eventId)));
  mkdirSync(values.out, { recursive: true });
  const path = join(values.out, eventId.slice(1, 12));
  writeFileSync(`${path}.svg`, svg);
  writeFileSync(`${path}.mmd`, mermaid);
  console.log(`drawn in ${path}.svg and ${path}.mmd\n`);
}

/** Bans of a room that do not hold their entry now. */
function lostBans(rooms: MemoryRooms, roomId: string): string[] {
  const state = rooms.ask(roomId, (room) => room.currentState());
  return [...rooms.events(roomId)]
    .map((stored) => stored.event)
    .filter((event) => event.type === 'm.room.member' && event.content['membership'] === 'ban')
    .filter((event) => state.get(event.type, event.state_key ?? '') !== event.event_id)
    .map((event) => event.event_id);
}

if (file === undefined) {
  const { a, b, guild, ban } = aBanThatFails();
  const hashes = [a, b].map((rooms) => rooms.ask(guild, (room) => room.stateHash()));
  console.log(`state on a.example ${hashes[0]}\nstate on b.example ${hashes[1]}\n`);
  explain(b, guild, ban);
} else {
  const bytes = readFileSync(file);
  const verifier = new ExportVerifier(portableVerifier());
  const splitter = new LineSplitter(1_048_576);
  for (const line of splitter.push(bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes) : bytes)) verifier.line(line);
  for (const line of splitter.end()) verifier.line(line);
  const report = verifier.end();
  console.log(report.verified ? 'the export is verified\n' : `the export has ${report.fault_count} faults\n`);
  const found = report.rooms.flatMap(({ room_id }) => lostBans(verifier.rooms, room_id).map((id) => [room_id, id] as const));
  for (const [roomId, id] of found) explain(verifier.rooms, roomId, id);
  if (found.length === 0) console.log('every ban in it is in force');
}
