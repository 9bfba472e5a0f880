import { BITS } from '../../src/auth/permission-bits.ts';
import { base64encode } from '../../src/crypto/base64.ts';
import { sha256 } from '../../src/crypto/digest.ts';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { admissionMessage } from '../../src/event/admission-message.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import type { RoomEvent, Signer } from '../../src/event/types.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { NATIVE_VERSION, roomVersion, type RoomVersion } from '../../src/version/room-version.ts';
import { MemoryRooms } from '../../src/verify/memory-rooms.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { writeExport } from '../../src/verify/write-export.ts';

export const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
export const OLGA = '@olga:a.example';
export const CAROL = '@carol:a.example';
export const BOB = '@bob:b.example';

const EVERYONE = BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.CREATE_INVITE;
const MODERATOR = EVERYONE | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_CHANNELS;

const verify = portableVerifier();

export function signer(name: string): Signer {
  return signerFromSeed(sha256(utf8Encode(name)));
}

/** One server of a test: rooms in memory, a key of its own, a clock that ticks. */
export class SmallServer {
  readonly name: string;
  readonly rooms = new MemoryRooms(verify);
  readonly root: Signer;
  readonly daily: Signer;
  clock = 1_000;

  constructor(name: string) {
    this.name = name;
    this.root = signer(`${name}/root`);
    this.daily = signer(`${name}/daily`);
  }

  get keys(): JsonObject {
    return { root: this.root.key_id, keys: [this.root.key_id, this.daily.key_id] };
  }

  start(type: string, content: JsonObject, guildId?: string, sender = OLGA): RoomEvent {
    const created = this.rooms.start({ type, sender, state_key: '', content }, this.#context(), VERSION, guildId);
    if (created.event === null) throw new Error(JSON.stringify(created.outcome));
    return created.event;
  }

  add(roomId: string, sender: string, type: string, content: JsonObject, stateKey?: string): RoomEvent {
    const draft = { type, sender, content, ...(stateKey === undefined ? {} : { state_key: stateKey }) };
    const created = this.rooms.create(roomId, draft, this.#context());
    if (created.event === null) throw new Error(JSON.stringify(created.outcome));
    return created.event;
  }

  /** What became of it, or the IDs that are missing. */
  receive(event: RoomEvent): string {
    const copy = checkCopy(event.pdu, VERSION);
    if (!copy.ok) throw new Error(copy.detail);
    const receipt = this.rooms.receive(copy.value, VERSION);
    return receipt.missing === null ? receipt.outcome.kind : receipt.missing.map((one) => one.event_id).join(' ');
  }

  /** Everything of a room here that the other server does not know. */
  pull(from: SmallServer, roomId: string): void {
    for (const { event } of from.rooms.events(roomId)) if (this.rooms.stored(roomId, event.event_id) === undefined) this.receive(event);
  }

  stateHash(roomId: string): string {
    return this.rooms.ask(roomId, (room) => room.stateHash());
  }

  #context(): { readonly now: number; readonly signers: readonly Signer[] } {
    return { now: this.clock++, signers: [this.daily] };
  }
}

export interface SmallWorld {
  readonly a: SmallServer;
  readonly b: SmallServer;
  readonly guild: string;
  readonly channel: string;
  readonly stays: Readonly<Record<string, string>>;
}

/** A guild of olga and carol at a, and of bob, moderator, at b; one channel with a message. */
export function smallWorld(): SmallWorld {
  const [a, b] = [new SmallServer('a.example'), new SmallServer('b.example')];
  const guild = a.start('m.guild.create', { ...a.keys }).room_id;
  const stays: Record<string, string> = {};
  const join = (server: SmallServer, user: string): void => {
    const content = { membership: 'join', root: server.root.key_id };
    stays[user] = server.add(guild, user, 'm.room.member', content, user).event_id;
  };
  join(a, OLGA);
  a.add(
    guild,
    OLGA,
    'm.guild.authority',
    { roles: { everyone: { rank: 0, allow: String(EVERYONE) }, mod: { rank: 50, allow: String(MODERATOR) } } },
    '',
  );
  a.add(guild, OLGA, 'm.room.join_rules', { join_rule: 'public' }, '');
  join(a, CAROL);
  const proof = b.root.sign(admissionMessage(guild, b.name, b.root.key_id, b.keys['keys'] as string[]));
  a.add(guild, OLGA, 'm.server.admission', { ...b.keys, rank: 50, proof: base64encode(proof) }, b.name);
  const channel = a.start('m.channel.create', { guild, kind: 'text' }, guild).room_id;
  a.add(guild, OLGA, 'm.guild.channel', { kind: 'text' }, channel);
  b.pull(a, guild);
  join(b, BOB);
  a.pull(b, guild);
  a.add(guild, OLGA, 'm.guild.member_roles', { stay: stays[BOB] as string, roles: ['mod'] }, BOB);
  a.add(channel, OLGA, 'm.room.message', { body: 'hello' });
  b.pull(a, guild);
  b.pull(a, channel);
  return { a, b, guild, channel, stays };
}

/** The lines of an export, without line feeds. */
export function exported(server: SmallServer, roomId: string): string[] {
  return [...writeExport(server.rooms, roomId)].map((line) => new TextDecoder().decode(line).replace(/\n$/, ''));
}
