// The history that is explained: olga owns a guild on a.example, bob of b.example moderates it, carol is a member. The servers lose each other.
// On a, olga takes bob's role. On b, where that is not known yet, bob bans carol. Then the servers hear each other again.
import {
  admissionMessage,
  base64encode,
  BITS,
  checkCopy,
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

const OLGA = '@olga:a.example';
const CAROL = '@carol:a.example';
const BOB = '@bob:b.example';

/** A server with rooms in memory, two keys, and a clock that ticks once for each event. */
class Server {
  readonly name: string;
  readonly rooms = new MemoryRooms(verify);
  readonly #root;
  readonly #daily;
  #clock = 1_760_000_000_000;

  constructor(name: string) {
    this.name = name;
    // A real server takes random seeds, and keeps them.
    this.#root = signerFromSeed(sha256(utf8Encode(`${name} root`)));
    this.#daily = signerFromSeed(sha256(utf8Encode(`${name} daily`)));
  }

  get keys(): { readonly root: string; readonly keys: readonly string[] } {
    return { root: this.#root.key_id, keys: [this.#root.key_id, this.#daily.key_id] };
  }

  found(type: string, sender: string): string {
    const created = this.rooms.start({ type, sender, state_key: '', content: this.keys }, this.#context(), version);
    if (created.event === null) throw new Error(JSON.stringify(created.outcome));
    return created.event.room_id;
  }

  put(roomId: string, sender: string, type: string, state_key: string, content: JsonObject): RoomEvent {
    const created = this.rooms.create(roomId, { type, sender, state_key, content }, this.#context());
    if (created.event === null) throw new Error(JSON.stringify(created.outcome));
    return created.event;
  }

  join(guild: string, user: string): RoomEvent {
    return this.put(guild, user, 'm.room.member', user, { membership: 'join', root: this.keys.root });
  }

  admission(guild: string): JsonObject {
    const { root, keys } = this.keys;
    return { root, keys, rank: 50, proof: base64encode(this.#root.sign(admissionMessage(guild, this.name, root, keys))) };
  }

  hear(from: Server, roomId: string): void {
    for (const { event } of from.rooms.events(roomId)) {
      const copy = checkCopy(event.pdu, version);
      if (copy.ok) this.rooms.receive(copy.value, version);
    }
  }

  #context() {
    return { now: this.#clock++, signers: [this.#daily] };
  }
}

export interface Ban {
  readonly a: MemoryRooms;
  readonly b: MemoryRooms;
  readonly guild: string;
  readonly ban: string;
}

/** Both servers once they have heard each other again. On a the ban came too late to be followed; on b it was, until it was void. */
export function aBanThatFails(): Ban {
  const [a, b] = [new Server('a.example'), new Server('b.example')];
  const guild = a.found('m.guild.create', OLGA);
  a.join(guild, OLGA);
  const member = BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES;
  const roles = { everyone: { rank: 0, allow: String(member) }, mod: { rank: 50, allow: String(member | BITS.BAN_MEMBERS) } };
  a.put(guild, OLGA, 'm.guild.authority', '', { roles });
  a.put(guild, OLGA, 'm.room.join_rules', '', { join_rule: 'public' });
  a.put(guild, OLGA, 'm.server.admission', b.name, b.admission(guild));
  a.join(guild, CAROL);
  b.hear(a, guild);
  const stay = b.join(guild, BOB).event_id;
  a.hear(b, guild);
  a.put(guild, OLGA, 'm.guild.member_roles', BOB, { stay, roles: ['mod'] });
  b.hear(a, guild);

  a.put(guild, OLGA, 'm.guild.member_roles', BOB, { stay, roles: [] });
  const ban = b.put(guild, BOB, 'm.room.member', CAROL, { membership: 'ban' }).event_id;

  a.hear(b, guild);
  b.hear(a, guild);
  return { a: a.rooms, b: b.rooms, guild, ban };
}
