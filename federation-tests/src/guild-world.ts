import {
  admissionMessage,
  base64encode,
  BITS,
  type EventDraft,
  type Fault,
  type JsonObject,
  type JsonValue,
  MissingEventsError,
  type RoomEvent,
  serverOf,
} from '@openguild/core';
import { keyOf, Replica } from './replica.ts';

export const SERVERS = ['a.example', 'b.example', 'c.example'] as const;
export const OWNER = '@olga:a.example';
export const USERS = [OWNER, '@ann:a.example', '@bob:b.example', '@ben:b.example', '@cay:c.example', '@cid:c.example'] as const;

/** What a script of a random world may do; numbers choose among users, roles and servers, modulo their count. */
export interface Act {
  readonly kind:
    | 'kick'
    | 'ban'
    | 'unban'
    | 'rejoin'
    | 'grant'
    | 'roles'
    | 'meta'
    | 'overwrite'
    | 'list'
    | 'join_rule'
    | 'invite'
    | 'leave'
    | 'message'
    | 'topic'
    | 'merge'
    | 'admit'
    | 'keys'
    | 'sync';
  readonly by: number;
  readonly on: number;
  readonly what: number;
}

const EVERYONE = BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.CREATE_INVITE;
const MODERATOR = EVERYONE | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_CHANNELS | BITS.MANAGE_MESSAGES;
const ADMIN = MODERATOR | BITS.MANAGE_ROLES | BITS.MANAGE_GUILD | BITS.ADMIT_SERVERS;
const ROLES = { everyone: [0, EVERYONE], mod: [50, MODERATOR], admin: [80, ADMIN] } as const;

/**
 * A guild with one channel on three servers, whose events are made concurrently: each act is made on its server's own copy, which hears of the others only when a `sync` act says so.
 */
export class GuildWorld {
  readonly replicas = new Map(SERVERS.map((server, i) => [server as string, new Replica(server, 1_000 + i)]));
  /** Every event, in the order of making: what an event cites comes before it. */
  readonly made: RoomEvent[] = [];
  readonly refused: Fault[] = [];
  readonly guild: string;
  readonly channel: string;

  constructor() {
    const a = this.#replica(SERVERS[0]);
    const create = a.start({
      type: 'm.guild.create',
      sender: OWNER,
      state_key: '',
      content: { room_version: a.version.id, ...keysOf(SERVERS[0]) },
    });
    this.made.push(create);
    this.guild = create.room_id;
    this.#state(OWNER, 'm.room.member', OWNER, { membership: 'join', root: rootOf(SERVERS[0]) });
    this.#state(OWNER, 'm.guild.authority', '', {
      roles: Object.fromEntries(Object.entries(ROLES).map(([id, [rank, allow]]) => [id, { rank, allow: allow.toString() }])),
    });
    this.#state(OWNER, 'm.room.join_rules', '', { join_rule: 'public' });
    for (const server of SERVERS.slice(1)) this.#state(OWNER, 'm.server.admission', server, admission(this.guild, server, 90));
    const channel = a.start(
      { type: 'm.channel.create', sender: OWNER, state_key: '', content: { room_version: a.version.id, guild: this.guild, kind: 'text' } },
      this.guild,
    );
    this.made.push(channel);
    this.channel = channel.room_id;
    this.#state(OWNER, 'm.guild.channel', this.channel, { kind: 'text' });
    this.syncAll();
    for (const user of USERS.slice(1)) {
      this.#state(user, 'm.room.member', user, { membership: 'join', root: rootOf(serverOf(user)) });
      this.syncAll();
    }
    this.#state(OWNER, 'm.guild.member_roles', USERS[1], { stay: this.#stayOf(OWNER, USERS[1]), roles: ['admin'] });
    this.#state(OWNER, 'm.guild.member_roles', USERS[2], { stay: this.#stayOf(OWNER, USERS[2]), roles: ['mod'] });
    this.#state(OWNER, 'm.guild.member_roles', USERS[4], { stay: this.#stayOf(OWNER, USERS[4]), roles: ['admin'] });
    this.syncAll();
  }

  perform(act: Act): void {
    if (act.kind === 'sync') return this.sync(at(SERVERS, act.by), at(SERVERS, act.on));
    const sender = act.kind === 'merge' || act.kind === 'keys' ? `@:${serverOf(at(USERS, act.by))}` : at(USERS, act.by);
    const target = at(USERS, act.on);
    for (const [roomId, draft] of this.#drafts(act, sender, target)) this.#make(roomId, draft);
  }

  /** Everything that `from` made or heard reaches `to`. */
  sync(from: string, to: string): void {
    const source = this.#replica(from);
    const sink = this.#replica(to);
    for (const event of this.made) {
      if (source.stored(event) === undefined || sink.stored(event) !== undefined) continue;
      try {
        sink.receive(event.pdu);
      } catch (error) {
        // A channel event can cite a guild event that this server heard of only afterwards; the next sync brings both.
        if (!(error instanceof MissingEventsError)) throw error;
      }
    }
  }

  syncAll(): void {
    for (const from of SERVERS) for (const to of SERVERS) if (from !== to) this.sync(from, to);
  }

  #drafts(act: Act, sender: string, target: string): [string, EventDraft][] {
    const state = (type: string, stateKey: string, content: JsonObject): [string, EventDraft][] => [
      [this.guild, { type, sender, state_key: stateKey, content }],
    ];
    const stay = this.#stayOf(sender, target);
    const roles = ['mod', 'admin'].filter((_role, bit) => (act.what & (1 << bit)) !== 0);
    switch (act.kind) {
      case 'kick':
        return state('m.room.member', target, { membership: 'leave' });
      case 'ban':
        return state('m.room.member', target, { membership: 'ban' });
      case 'unban':
        return state('m.room.member', target, { membership: 'leave', ban: this.#currentId(sender, 'm.room.member', target) });
      case 'rejoin':
        return state('m.room.member', sender, { membership: 'join', root: rootOf(serverOf(sender)) });
      case 'invite':
        return state('m.room.member', target, { membership: 'invite' });
      case 'leave':
        return state('m.room.member', sender, { membership: 'leave' });
      case 'grant':
        return state('m.guild.member_roles', target, { stay, roles });
      case 'roles':
        return state('m.guild.authority', '', { roles: this.#changedRoles(act.what) });
      case 'meta':
        return state('m.guild.meta', '', { name: `name ${act.what}` });
      case 'join_rule':
        return state('m.room.join_rules', '', { join_rule: act.what % 2 === 0 ? 'invite' : 'public' });
      case 'list':
        return state('m.guild.channel', this.channel, act.what % 3 === 0 ? { kind: 'text', deleted: true } : { kind: 'text' });
      case 'overwrite':
        return state('m.channel.overwrites', this.channel, {
          overwrites: [{ kind: 'role', id: 'everyone', allow: '0', deny: act.what % 2 === 0 ? '0' : BITS.SEND_MESSAGES.toString() }],
        });
      case 'admit':
        return state('m.server.admission', at(SERVERS, act.on), admission(this.guild, at(SERVERS, act.on), (act.what % 10) * 10));
      case 'keys':
        return state('m.server.keys', rootOf(serverOf(sender)), {
          keys: act.what % 10 !== 0 ? keysOf(serverOf(sender)).keys : [rootOf(serverOf(sender))],
        });
      case 'message':
        return [[this.channel, { type: 'm.room.message', sender, content: { body: `hello ${act.what}` } }]];
      case 'topic':
        return [[this.channel, { type: 'm.channel.topic', sender, state_key: '', content: { topic: `topic ${act.what}` } }]];
      case 'merge':
        return [this.guild, this.channel].map((roomId) => [roomId, { type: 'm.room.merge', sender, content: {} }]);
      default:
        return [];
    }
  }

  #changedRoles(what: number): JsonObject {
    const [, bob] = [ROLES.mod, what % 3 === 0 ? EVERYONE : MODERATOR];
    const extra: Record<string, JsonValue> = what % 2 === 0 ? {} : { helper: { rank: 10, allow: EVERYONE.toString() } };
    return {
      everyone: { rank: 0, allow: EVERYONE.toString() },
      mod: { rank: 40 + (what % 20), allow: bob.toString() },
      admin: { rank: 80, allow: ADMIN.toString() },
      ...extra,
    };
  }

  #state(sender: string, type: string, stateKey: string, content: JsonObject): void {
    const fault = this.#make(this.guild, { type, sender, state_key: stateKey, content });
    if (fault !== null) throw new Error(`${type}: ${fault.rule}: ${fault.detail}`);
  }

  #make(roomId: string, draft: EventDraft): Fault | null {
    const made = this.#replica(serverOf(draft.sender)).create(roomId, draft);
    if ('rule' in made) {
      this.refused.push(made);
      return made;
    }
    this.made.push(made);
    return null;
  }

  /** As the sender's server sees it. */
  #currentId(sender: string, type: string, stateKey: string): string {
    const replica = this.#replica(serverOf(sender));
    return replica.ask(this.guild, (room) => room.stateEvent(type, stateKey))?.event_id ?? this.made[0]?.event_id ?? '';
  }

  #stayOf(sender: string, user: string): string {
    const replica = this.#replica(serverOf(sender));
    const member = replica.ask(this.guild, (room) => room.stateEvent('m.room.member', user));
    const stay = member?.content['stay'];
    return typeof stay === 'string' ? stay : (member?.event_id ?? this.made[0]?.event_id ?? '');
  }

  #replica(server: string): Replica {
    const replica = this.replicas.get(server);
    if (replica === undefined) throw new Error(`no server ${server}`);
    return replica;
  }
}

function at<T>(list: readonly T[], n: number): T {
  const item = list[n % list.length];
  if (item === undefined) throw new Error('an empty list');
  return item;
}

function rootOf(server: string): string {
  return keyOf(`${server}/root`).key_id;
}

function keysOf(server: string): { readonly root: string; readonly keys: string[] } {
  return { root: rootOf(server), keys: [rootOf(server), keyOf(`${server}/daily`).key_id] };
}

function admission(roomId: string, server: string, rank: number): JsonObject {
  const { root, keys } = keysOf(server);
  return { root, keys, rank, proof: base64encode(keyOf(`${server}/root`).sign(admissionMessage(roomId, server, root, keys))) };
}
