import { BITS, type EventDraft, type JsonObject, type JsonValue, type RoomEvent, serverOf, type Signer } from '@openguild/core';
import type { Random } from './random.ts';
import type { ActKind } from './shape.ts';
import type { World } from './world.ts';

const EVERYDAY = BITS.CREATE_INVITE | BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES;
const MODERATOR = EVERYDAY | BITS.MANAGE_ROLES | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_MESSAGES | BITS.ADMIT_SERVERS;
const ADMIN = MODERATOR | BITS.MANAGE_CHANNELS | BITS.MANAGE_GUILD;

export const ROLES: Readonly<Record<string, readonly [rank: number, allow: bigint]>> = {
  everyone: [0, EVERYDAY],
  low: [10, EVERYDAY],
  mod: [50, MODERATOR],
  admin: [90, ADMIN],
};

const ROLE_SETS: readonly (readonly string[])[] = [[], ['low'], ['mod'], ['admin'], ['low', 'mod'], ['extra'], ['mod', 'admin']];
const SOME_BITS: readonly bigint[] = [
  0n,
  EVERYDAY,
  BITS.KICK_MEMBERS,
  BITS.BAN_MEMBERS,
  BITS.MANAGE_ROLES | BITS.MANAGE_CHANNELS,
  BITS.ADMINISTRATOR,
  BITS.ADMIT_SERVERS,
  BITS.MANAGE_GUILD,
  BITS.MANAGE_MESSAGES,
  BITS.CREATE_INVITE,
];
/** Now and then without the right to invite, or with rights that nobody expects. */
const FOR_EVERYONE: readonly bigint[] = [
  EVERYDAY,
  BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES,
  BITS.VIEW_CHANNEL,
  EVERYDAY | BITS.MANAGE_MESSAGES,
];
const RANKS = [0, 5, 10, 20, 50, 60, 90, 95] as const;

/** The present state of a room as somebody sees it. */
export class StateNow {
  readonly #entries = new Map<string, RoomEvent>();

  constructor(events: readonly RoomEvent[]) {
    for (const event of events) this.#entries.set(`${event.type} ${event.state_key}`, event);
  }

  get(type: string, stateKey = ''): RoomEvent | undefined {
    return this.#entries.get(`${type} ${stateKey}`);
  }

  stay(user: string): string {
    const member = this.get('m.room.member', user);
    const { stay } = member?.content ?? {};
    return typeof stay === 'string' ? stay : (member?.event_id ?? 'none');
  }

  membership(user: string): string {
    return String(this.get('m.room.member', user)?.content['membership'] ?? 'leave');
  }
}

/** What somebody wants to do, and with which keys. */
export interface Wish {
  readonly roomId: string;
  readonly draft: EventDraft;
  readonly signers: readonly Signer[];
}

/** Draws an act of this kind by this user. Often allowed, never always. Undefined where there is nothing to act on. */
export function drawWish(
  kind: ActKind,
  world: World,
  random: Random,
  now: StateNow,
  who: string,
  signers: readonly Signer[],
): Wish | undefined {
  const drafter = new Drafter(world, random, now, who, signers);
  return drafter.draw(kind);
}

class Drafter {
  readonly #world: World;
  readonly #random: Random;
  readonly #now: StateNow;
  readonly #who: string;
  readonly #signers: readonly Signer[];

  constructor(world: World, random: Random, now: StateNow, who: string, signers: readonly Signer[]) {
    this.#world = world;
    this.#random = random;
    this.#now = now;
    this.#who = who;
    this.#signers = signers;
  }

  draw(kind: ActKind): Wish | undefined {
    const random = this.#random;
    const users = this.#world.servers.flatMap((server) => server.users);
    const target = random.pick(users);
    const server = serverOf(target);
    switch (kind) {
      case 'kick':
        return this.#member(target, { membership: 'leave' });
      case 'ban':
        return this.#member(target, { membership: 'ban' });
      case 'unban': {
        const banned = users.filter((user) => this.#now.membership(user) === 'ban');
        const one = banned.length > 0 ? random.pick(banned) : target;
        return this.#member(one, { membership: 'leave', ban: this.#now.get('m.room.member', one)?.event_id ?? 'none' });
      }
      case 'invite':
        return this.#member(target, { membership: 'invite' });
      case 'join':
        return this.#join(target);
      case 'leave':
        return this.#member(this.#who, { membership: 'leave' });
      case 'profile':
        return this.#member(this.#who, {
          membership: 'join',
          root: this.#root(),
          stay: this.#now.stay(this.#who),
          displayname: `n${random.int(9)}`,
        });
      case 'admit':
        return this.#state('m.server.admission', server, this.#admission(server));
      case 'keys':
        return this.#keys();
      case 'rules':
        return this.#state('m.room.join_rules', '', { join_rule: random.pick(['public', 'invite']) });
      case 'merge':
        return this.#wish(random.chance(0.5) ? this.#channel() : this.#world.mainRoom, {
          type: 'm.room.merge',
          sender: `@:${serverOf(this.#who)}`,
          content: {},
        });
      case 'message':
      case 'reply':
      case 'redact':
      case 'topic':
      case 'pins':
        return this.#conversation(kind);
      case 'levels':
        return this.#world.shape.kind === 'plain' ? this.#levels(target) : undefined;
      default:
        return this.#world.shape.kind === 'plain' ? undefined : this.#guild(kind, target);
    }
  }

  #wish(roomId: string | undefined, draft: EventDraft, signers = this.#signers): Wish | undefined {
    return roomId === undefined ? undefined : { roomId, draft, signers };
  }

  #state(type: string, stateKey: string, content: JsonObject, signers = this.#signers): Wish | undefined {
    return this.#wish(this.#world.mainRoom, { type, sender: this.#who, state_key: stateKey, content }, signers);
  }

  #member(user: string, content: JsonObject, signers = this.#signers): Wish | undefined {
    return this.#state('m.room.member', user, content, signers);
  }

  #root(): string {
    return this.#world.keyring.id(`${serverOf(this.#who)}/${this.#random.chance(0.05) ? 'x0' : 'k0'}`);
  }

  /** Sometimes vouched for by somebody whose server signs too. */
  #join(voucher: string): Wish | undefined {
    const content = { membership: 'join', root: this.#root() };
    if (!this.#random.chance(0.3)) return this.#member(this.#who, content);
    const cosigner = this.#world.keyring.signer(`${serverOf(voucher)}/k1`);
    const signers =
      this.#signers.some((signer) => signer.key_id === cosigner.key_id) || this.#random.chance(0.1)
        ? this.#signers
        : [...this.#signers, cosigner];
    return this.#member(this.#who, { ...content, join_authorised_via: voucher }, signers);
  }

  #admission(server: string): JsonObject {
    const random = this.#random;
    const now = this.#now.get('m.server.admission', server);
    const rank = random.pick([0, 20, 40, 60, 95, 200]);
    if (now !== undefined && random.chance(0.5)) return { ...now.content, rank };
    return this.#world.keyring.admission(this.#world.mainRoom, server, rank, random.chance(0.2) ? 'x0' : 'k0');
  }

  /** A statement of one's own keys: some key signs, and those after it change. */
  #keys(): Wish | undefined {
    const random = this.#random;
    const server = serverOf(this.#who);
    const { keyring } = this.#world;
    const root = keyring.id(`${server}/k0`);
    const names = ['k0', 'k1', 'k2', 'n1', 'n2'];
    const by = random.pick(['k0', 'k0', 'k1', 'k1', 'k2', 'n1']);
    const present = (this.#now.get('m.server.keys', root)?.content['keys'] as readonly string[] | undefined) ?? keyring.keysOf(server).keys;
    const place = present.indexOf(keyring.id(`${server}/${by}`));
    const kept = random.chance(0.1) ? [] : present.slice(0, Math.max(0, place));
    const more = random
      .shuffled(names)
      .slice(0, random.between(1, 2))
      .map((name) => keyring.id(`${server}/${name}`));
    // The everyday key mostly stays, or this server falls silent for the rest of the run.
    const daily = random.chance(0.8) ? [keyring.id(`${server}/k1`)] : [];
    const keys = [...new Set([...kept, ...daily, ...more])].slice(0, 4);
    return this.#wish(this.#world.mainRoom, { type: 'm.server.keys', sender: `@:${server}`, state_key: root, content: { keys } }, [
      keyring.signer(`${server}/${by}`),
    ]);
  }

  #channel(): string | undefined {
    if (this.#world.shape.kind === 'plain') return this.#world.mainRoom;
    return this.#world.channels.length === 0 ? undefined : this.#random.pick(this.#world.channels);
  }

  #conversation(kind: ActKind): Wish | undefined {
    const random = this.#random;
    const roomId = this.#channel();
    const sender = this.#who;
    const plain = this.#world.shape.kind === 'plain';
    const text = `${kind} ${random.int(1_000_000)}`;
    if (kind === 'topic')
      return this.#wish(roomId, {
        type: plain ? 'm.room.topic' : random.pick(['m.channel.topic', 'm.channel.name']),
        sender,
        state_key: '',
        content: { topic: text, name: text },
      });
    if (kind === 'pins')
      return this.#wish(roomId, {
        type: plain ? 'm.room.pinned' : 'm.channel.pins',
        sender,
        state_key: plain && random.chance(0.3) ? random.pick([sender, '@x:y.example']) : '',
        content: { pinned: [text] },
      });
    if (kind === 'redact')
      return this.#wish(roomId, {
        type: 'm.room.redaction',
        sender,
        content: { redacts: [...this.#world.ledger.events.keys()].at(-1) ?? '$none', reason: text },
      });
    return this.#wish(roomId, { type: kind === 'reply' ? 'm.reaction' : 'm.room.message', sender, content: { body: text } });
  }

  #levels(target: string): Wish | undefined {
    const random = this.#random;
    const now = this.#now.get('m.room.power_levels')?.content ?? {};
    const users: Record<string, JsonValue> = { ...(now['users'] as JsonObject | undefined), [target]: random.pick([0, 10, 50, 60, 90]) };
    if (random.chance(0.15)) delete users[target];
    const content: Record<string, JsonValue> = { ...now, users };
    if (random.chance(0.3))
      content[random.pick(['ban', 'kick', 'invite', 'state_default', 'events_default', 'users_default', 'admit'])] = random.pick([
        0, 10, 50, 60,
      ]);
    if (random.chance(0.2)) content['events'] = { 'm.room.topic': random.pick([0, 50, 90]), 'm.room.message': random.pick([0, 0, 10]) };
    return this.#state('m.room.power_levels', '', content);
  }

  #guild(kind: ActKind, target: string): Wish | undefined {
    const random = this.#random;
    switch (kind) {
      case 'grant':
        return this.#grant(target);
      case 'authority':
        return this.#authority();
      case 'overwrites':
        return this.#overwrites(target);
      case 'list':
        return this.#listing();
      case 'role':
        return this.#state('m.guild.role', random.pick(['low', 'mod', 'admin', 'extra', 'nobody']), { name: `r${random.int(9)}` });
      case 'meta':
        return this.#state('m.guild.meta', '', { name: `g${random.int(99)}` });
      case 'successor':
        return this.#state('m.guild.successor', '', { guild: this.#world.mainRoom });
      default:
        return undefined;
    }
  }

  #grant(target: string): Wish | undefined {
    const random = this.#random;
    const user = random.chance(0.15) ? this.#who : target;
    const content: Record<string, JsonValue> = { stay: this.#now.stay(user), roles: [...random.pick(ROLE_SETS)] };
    const before = this.#now.get('m.guild.member_roles', user)?.content;
    if (before !== undefined && random.chance(0.3)) {
      const held = Array.isArray(before['roles']) ? before['roles'] : [];
      content['roles'] = random.chance(0.5) ? held.slice(1) : [...held];
    }
    const key =
      before?.['key'] ?? (this.#world.personKeys.has(user) ? this.#world.keyring.id(this.#world.personKeys.get(user) ?? '') : undefined);
    if (key !== undefined && random.chance(0.8)) content['key'] = key;
    else if (random.chance(0.15)) {
      const name = `${user}/p${random.int(2)}`;
      content['key'] = this.#world.keyring.id(name);
      this.#world.personKeys.set(user, name);
    }
    return this.#state('m.guild.member_roles', user, content);
  }

  #authority(): Wish | undefined {
    const random = this.#random;
    const present = this.#now.get('m.guild.authority')?.content['roles'] as JsonObject | undefined;
    const roles: Record<string, JsonValue> = { ...(present ?? rolesContent()) };
    if (this.#world.shape.disputed && random.chance(0.7)) return this.#rights(roles);
    const name = random.pick(['low', 'low', 'mod', 'admin', 'extra', 'gate', ...(random.chance(0.2) ? ['everyone'] : [])]);
    if (random.chance(0.15)) delete roles[name];
    else
      roles[name] = {
        rank: name === 'everyone' && random.chance(0.8) ? 0 : random.pick(RANKS),
        allow: (name === 'everyone' ? random.pick(FOR_EVERYONE) : random.pick(SOME_BITS) | EVERYDAY).toString(),
      };
    return this.#state('m.guild.authority', '', { roles });
  }

  /** A role gains or loses what it may do in channels, so that one who loses may rank above one who may still (RES-8). */
  #rights(roles: JsonObject): Wish | undefined {
    const { MANAGE_CHANNELS, MANAGE_MESSAGES } = BITS;
    const name = this.#random.pick(['low', 'mod', 'admin', 'admin']);
    const allow = this.#random.pick([EVERYDAY, EVERYDAY, EVERYDAY | MANAGE_MESSAGES, EVERYDAY | MANAGE_CHANNELS | MANAGE_MESSAGES, ADMIN]);
    const role = { ...((roles[name] as JsonObject | undefined) ?? { rank: 10 }), allow: allow.toString() };
    return this.#state('m.guild.authority', '', { roles: { ...roles, [name]: role } });
  }

  #overwrites(target: string): Wish | undefined {
    const random = this.#random;
    const channel = this.#channel();
    if (channel === undefined) return undefined;
    const present = this.#now.get('m.channel.overwrites', channel)?.content['overwrites'];
    const entries = random.chance(0.6) && Array.isArray(present) ? [...present] : [];
    const put = (entry: JsonObject): void => {
      const at = entries.findIndex((one) => (one as JsonObject)['kind'] === entry['kind'] && (one as JsonObject)['id'] === entry['id']);
      if (at >= 0) entries.splice(at, 1);
      entries.push(entry);
    };
    const mask = (...bits: readonly bigint[]): string => random.pick(bits).toString();
    const { VIEW_CHANNEL, SEND_MESSAGES, MANAGE_MESSAGES, MANAGE_ROLES } = BITS;
    if (random.chance(0.6)) put({ kind: 'role', id: 'everyone', allow: '0', deny: mask(0n, VIEW_CHANNEL, SEND_MESSAGES) });
    if (random.chance(0.5))
      put({
        kind: 'role',
        id: random.pick(['low', 'mod', 'admin', 'extra']),
        allow: mask(VIEW_CHANNEL, SEND_MESSAGES, 0n),
        deny: mask(0n, MANAGE_MESSAGES),
      });
    if (random.chance(0.4)) {
      const stay = this.#now.membership(target) === 'join' ? { stay: this.#now.stay(target) } : {};
      put({
        kind: 'member',
        id: target,
        allow: mask(0n, MANAGE_MESSAGES, MANAGE_ROLES, VIEW_CHANNEL),
        deny: mask(0n, SEND_MESSAGES),
        ...stay,
      });
    }
    return this.#state('m.channel.overwrites', channel, { overwrites: entries });
  }

  #listing(): Wish | undefined {
    const channel = this.#channel();
    if (channel === undefined) return undefined;
    return this.#state('m.guild.channel', channel, { kind: 'text', ...(this.#random.chance(0.25) ? { deleted: true } : {}) });
  }
}

export function rolesContent(): JsonObject {
  return Object.fromEntries(Object.entries(ROLES).map(([id, [rank, allow]]) => [id, { rank, allow: allow.toString() }]));
}
