import { admissionMessage } from '../../src/event/admission-message.ts';
import { base64encode } from '../../src/crypto/base64.ts';
import { BITS } from '../../src/auth/permission-bits.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonValue } from '../../src/json/value.ts';
import { MemoryHost, signer, VERSION } from './memory-host.ts';

export const A = 'a.example';
export const B = 'b.example';
export const OLGA = '@olga:a.example';
export const CAROL = '@carol:a.example';
export const BOB = '@bob:b.example';

export const EVERYONE = BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.CREATE_INVITE | BITS.CONNECT;
export const MODERATOR = EVERYONE | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_CHANNELS | BITS.MANAGE_MESSAGES;

export const root = (server: string): string => signer(`${server}/k0`).key_id;
export const keys = (server: string): string[] => [root(server), signer(`${server}/k1`).key_id];

/** A guild of two hosts: olga@a owns it, carol@a and bob@b are members, bob is moderator (rank 50); one text channel. */
export interface BaseGuild {
  readonly a: MemoryHost;
  readonly b: MemoryHost;
  readonly guild: string;
  readonly channel: string;
  readonly stays: Readonly<Record<string, string>>;
  /** Everything so far, in the order of making. */
  readonly events: readonly RoomEvent[];
}

export function baseGuild(): BaseGuild {
  const a = new MemoryHost(A);
  const b = new MemoryHost(B);
  const events: RoomEvent[] = [];
  const put = (event: RoomEvent): RoomEvent => {
    events.push(event);
    return event;
  };
  const create = put(
    a.start({ type: 'm.guild.create', sender: OLGA, state_key: '', content: { room_version: VERSION.id, root: root(A), keys: keys(A) } }),
  );
  const guild = create.room_id;
  const add = (sender: string, type: string, content: Record<string, JsonValue>, key: string): RoomEvent =>
    put(a.add(guild, sender, type, content, key));
  const stays: Record<string, string> = {};
  stays[OLGA] = add(OLGA, 'm.room.member', { membership: 'join', root: root(A) }, OLGA).event_id;
  add(
    OLGA,
    'm.guild.authority',
    { roles: { everyone: { rank: 0, allow: String(EVERYONE) }, mod: { rank: 50, allow: String(MODERATOR) } } },
    '',
  );
  add(OLGA, 'm.room.join_rules', { join_rule: 'public' }, '');
  add(OLGA, 'm.server.admission', admission(guild, B, 50), B);
  const channelCreate = put(
    a.start(
      { type: 'm.channel.create', sender: OLGA, state_key: '', content: { room_version: VERSION.id, guild, kind: 'text' } },
      a.room(guild),
    ),
  );
  const channel = channelCreate.room_id;
  add(OLGA, 'm.guild.channel', { kind: 'text' }, channel);
  stays[CAROL] = add(CAROL, 'm.room.member', { membership: 'join', root: root(A) }, CAROL).event_id;
  for (const event of events) b.receiveEvent(event);
  const join = b.add(guild, BOB, 'm.room.member', { membership: 'join', root: root(B) }, BOB);
  put(join);
  stays[BOB] = join.event_id;
  a.receiveEvent(join);
  put(grant(a, guild, BOB, ['mod'], join.event_id));
  b.receiveEvent(events.at(-1) as RoomEvent);
  return { a, b, guild, channel, stays, events };
}

export function grant(host: MemoryHost, guild: string, user: string, roles: string[], stay: string): RoomEvent {
  return host.add(guild, OLGA, 'm.guild.member_roles', { stay, roles }, user);
}

/** The content of an admission with the proof that the server's root key makes. */
export function admission(roomId: string, server: string, rank: number): Record<string, JsonValue> {
  const proof = signer(`${server}/k0`).sign(admissionMessage(roomId, server, root(server), keys(server)));
  return { root: root(server), keys: keys(server), rank, proof: base64encode(proof) };
}

export function message(host: MemoryHost, channel: string, sender: string, body: string): RoomEvent {
  return host.add(channel, sender, 'm.room.message', { body });
}
