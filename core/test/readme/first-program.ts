import { BITS, checkCopy, MemoryRooms, NATIVE_VERSION, portableVerifier, readJson, roomVersion, signerFromSeed } from '@openguild/core';
import type { DraftOf, RoomVersion } from '@openguild/core';

const version = roomVersion(NATIVE_VERSION) as RoomVersion;
const key = signerFromSeed(crypto.getRandomValues(new Uint8Array(32))); // one key for everything; a real server keeps its root offline
const rooms = new MemoryRooms(portableVerifier());
const sign = () => ({ now: Date.now(), signers: [key] });

// A guild: its create event, its owner, and what everybody may do.
const olga = '@olga:a.example';
const created = rooms.start(
  { type: 'm.guild.create', sender: olga, state_key: '', content: { room_version: version.id, root: key.key_id, keys: [key.key_id] } },
  sign(),
  version,
);
const guild = created.event?.room_id as string;
const join = (user: string): DraftOf<'m.room.member'> => ({
  ...{ type: 'm.room.member', sender: user, state_key: user },
  content: { membership: 'join', root: key.key_id },
});
const roles = { everyone: { rank: 0, allow: String(BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES) } };
rooms.create(guild, join(olga), sign());
rooms.create(guild, { type: 'm.guild.authority', sender: olga, state_key: '', content: { roles } }, sign());
rooms.create(guild, { type: 'm.room.join_rules', sender: olga, state_key: '', content: { join_rule: 'public' } }, sign());

// Max joins, and tries to throw Olga out.
console.log(rooms.create(guild, join('@max:a.example'), sign()).outcome);
console.log(
  rooms.create(guild, { type: 'm.room.member', sender: '@max:a.example', state_key: olga, content: { membership: 'ban' } }, sign()).outcome,
);

// Another server takes the guild in from bytes, event by event, and comes to the same state.
const other = new MemoryRooms(portableVerifier());
for (const { event } of rooms.events(guild)) {
  const read = readJson(new TextEncoder().encode(JSON.stringify(event.pdu)));
  const copy = read.ok ? checkCopy(read.value, version) : read;
  if (copy.ok) other.receive(copy.value, version);
}
const hash = (of: MemoryRooms) => of.ask(guild, (room) => room.stateHash());
console.log(hash(rooms) === hash(other) ? 'the same state' : 'something is wrong');
