// A guild and a channel on two servers in memory: a fork, a merge, and why the state is what it is.
import {
  admissionMessage,
  base64encode,
  BITS,
  checkCopy,
  explainText,
  MemoryRooms,
  NATIVE_VERSION,
  portableVerifier,
  roomVersion,
  sha256,
  signerFromSeed,
  utf8Encode,
} from '@openguild/core';
import type { JsonObject, RoomEvent, RoomVersion } from '@openguild/core';

const version = roomVersion(NATIVE_VERSION) as RoomVersion;
const verify = portableVerifier();
const key = (name: string) => signerFromSeed(sha256(utf8Encode(name))); // A real server takes random seeds, and keeps them.
let clock = 1_760_000_000_000;

/** A server: rooms, a root key for admissions, and the key of every day. */
function server(name: string) {
  const rooms = new MemoryRooms(verify);
  const [root, daily] = [key(`${name} root`), key(`${name} daily`)];
  const context = () => ({ now: clock++, signers: [daily] });
  const keys = { root: root.key_id, keys: [root.key_id, daily.key_id] };
  const made = ({ event, outcome }: ReturnType<MemoryRooms['create']>): RoomEvent => {
    if (event === null) throw new Error(JSON.stringify(outcome));
    return event;
  };
  return {
    rooms,
    keys,
    found: (type: string, sender: string, content: JsonObject, guild?: string) =>
      made(rooms.start({ type, sender, state_key: '', content }, context(), version, guild)).room_id,
    add: (room: string, sender: string, type: string, content: JsonObject, state_key?: string) =>
      made(rooms.create(room, { type, sender, content, ...(state_key === undefined ? {} : { state_key }) }, context())),
    admission: (room: string) => ({
      ...keys,
      rank: 50,
      proof: base64encode(root.sign(admissionMessage(room, name, keys.root, keys.keys))),
    }),
    /** Takes what another server has. On a wire it would be the same bytes: nothing about them is believed. */
    pull: (from: { rooms: MemoryRooms }, room: string): void => {
      for (const { event } of from.rooms.events(room)) {
        const copy = checkCopy(event.pdu, version);
        if (copy.ok) rooms.receive(copy.value, version);
      }
    },
  };
}

const [a, b] = [server('a.example'), server('b.example')];
const [olga, bob] = ['@olga:a.example', '@bob:b.example'];

// Olga founds a guild on a, lets b in, and lists a channel. Bob joins from b and becomes a moderator.
const guild = a.found('m.guild.create', olga, a.keys);
a.add(guild, olga, 'm.room.member', { membership: 'join', root: a.keys.root }, olga);
const everyone = { rank: 0, allow: String(BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES) };
const mod = { rank: 50, allow: String(BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.MANAGE_CHANNELS) };
a.add(guild, olga, 'm.guild.authority', { roles: { everyone, mod } }, '');
a.add(guild, olga, 'm.room.join_rules', { join_rule: 'public' }, '');
a.add(guild, olga, 'm.server.admission', b.admission(guild), 'b.example');
const channel = a.found('m.channel.create', olga, { guild, kind: 'text' }, guild);
a.add(guild, olga, 'm.guild.channel', { kind: 'text' }, channel);
b.pull(a, guild);
const stay = b.add(guild, bob, 'm.room.member', { membership: 'join', root: b.keys.root }, bob).event_id;
a.pull(b, guild);
a.add(guild, olga, 'm.guild.member_roles', { stay, roles: ['mod'] }, bob);
for (const room of [guild, channel]) b.pull(a, room);

// A fork: the servers do not hear each other. Olga names the channel and takes Bob's role; Bob names it too, later by the clock.
a.add(guild, olga, 'm.guild.member_roles', { stay, roles: [] }, bob);
a.add(channel, olga, 'm.channel.name', { name: 'town square' }, '');
const byBob = b.add(channel, bob, 'm.channel.name', { name: 'Bob was here' }, '');

// They hear each other again, in whatever order. Then an event that follows both branches merges them.
for (const room of [guild, channel]) a.pull(b, room);
for (const room of [channel, guild]) b.pull(a, room);
a.add(channel, olga, 'm.room.message', { body: 'together again' });
b.pull(a, channel);

for (const { rooms } of [a, b]) {
  const name = rooms.ask(channel, (room) => room.stateEvent('m.channel.name'));
  console.log(`the channel is called ${JSON.stringify(name?.content['name'])}, state ${rooms.ask(channel, (room) => room.stateHash())}`);
}
console.log(`\nWhy not Bob's name?\n${explainText(b.rooms.ask(channel, (room) => room.explain(byBob.event_id)))}`);
