import { authorize } from '../../src/auth/authorize.ts';
import type { AuthContext, AuthTrace } from '../../src/auth/case.ts';
import { BITS } from '../../src/auth/permission-bits.ts';
import { StateView } from '../../src/auth/state-view.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { keyNamed, roomNamed } from './names.ts';

export const GUILD = roomNamed('g');
export const CHANNEL = roomNamed('c1');
export const K = {
  a0: keyNamed('a/k0'),
  a1: keyNamed('a/k1'),
  b0: keyNamed('b/k0'),
  b1: keyNamed('b/k1'),
  c0: keyNamed('c/k0'),
  p: keyNamed('person'),
} as const;

export interface Draft {
  readonly type: string;
  readonly sender: string;
  readonly content?: JsonObject;
  readonly state_key?: string;
  readonly event_id?: string;
  readonly room_id?: string;
  readonly signed_by?: readonly string[];
  readonly prev_events?: readonly string[];
}

const DAILY: Readonly<Record<string, string>> = { 'a.example': K.a1, 'b.example': K.b1, 'c.example': K.c0 };

/** A user: `adam` is `@adam:a.example`; `max@b` is `@max:b.example`; `@b` is the bare server. */
export function user(name: string): string {
  const [local, server = 'a'] = name.split('@');
  return `@${local}:${server}.example`;
}

/** An event, signed by its sender's server unless said otherwise. */
export function make(draft: Draft): RoomEvent {
  const server = draft.sender.slice(draft.sender.indexOf(':') + 1);
  return {
    event_id: draft.event_id ?? `$${draft.type} ${draft.state_key ?? ''}`,
    room_id: draft.room_id ?? GUILD,
    type: draft.type,
    sender: draft.sender,
    origin_ts: 0,
    content: draft.content ?? {},
    state_key: draft.state_key,
    prev_events: draft.prev_events ?? ['$before'],
    auth_events: [],
    guild_heads: [],
    signed_by: draft.signed_by ?? [DAILY[server] as string],
    pdu: {},
    redacted: false,
  };
}

/** A state put together by hand, and what the rules say in it. */
export class SmallRoom {
  readonly #create: RoomEvent;
  readonly #state = new Map<string, RoomEvent>();
  readonly #kind: 'guild' | 'plain';

  constructor(create: RoomEvent, events: readonly RoomEvent[]) {
    this.#create = create;
    this.#kind = create.type === 'm.room.create' ? 'plain' : 'guild';
    for (const event of events) this.#state.set(`${event.type}|${event.state_key}`, event);
  }

  /** The same room with some entries put in. */
  with(...drafts: readonly Draft[]): SmallRoom {
    return new SmallRoom(this.#create, [...this.#state.values(), ...drafts.map(make)]);
  }

  get kind(): 'guild' | 'plain' {
    return this.#kind;
  }

  /** The create event, then all entries. */
  events(): readonly RoomEvent[] {
    return [this.#create, ...this.#state.values()];
  }

  view(): StateView {
    return new StateView((type, stateKey) => this.#state.get(`${type}|${stateKey}`), this.#create);
  }

  /** The rule that an event breaks here, or `ok`. */
  judge(draft: Draft, context: Partial<AuthContext> = {}, trace?: AuthTrace): string {
    return authorize(make(draft), this.view(), { kind: this.#kind, proofValid: true, ...context }, trace)?.rule ?? 'ok';
  }

  /** The same for an event of channel `c1`. */
  judgeInChannel(draft: Draft, trace?: AuthTrace): string {
    return authorize(make({ room_id: CHANNEL, ...draft }), this.view(), { kind: 'channel' }, trace)?.rule ?? 'ok';
  }
}

export const EVERYDAY = BITS.CREATE_INVITE | BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES;
export const MOD = EVERYDAY | BITS.MANAGE_ROLES | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_MESSAGES | BITS.ADMIT_SERVERS;
export const ADMIN = MOD | BITS.MANAGE_CHANNELS | BITS.MANAGE_GUILD;

export const ROLES: Readonly<Record<string, { readonly rank: number; readonly allow: string }>> = {
  everyone: { rank: 0, allow: String(EVERYDAY) },
  admin: { rank: 90, allow: String(ADMIN) },
  mod: { rank: 50, allow: String(MOD) },
  low: { rank: 10, allow: String(EVERYDAY) },
};

export function join(name: string, root = name.endsWith('@b') ? K.b0 : K.a0): Draft {
  return {
    type: 'm.room.member',
    sender: user(name),
    state_key: user(name),
    event_id: `$join ${name}`,
    content: { membership: 'join', root },
  };
}

export function grant(name: string, roles: readonly string[], more: JsonObject = {}, by = 'olga'): Draft {
  return {
    type: 'm.guild.member_roles',
    sender: user(by),
    state_key: user(name),
    content: { stay: `$join ${name}`, roles: [...roles], ...more },
  };
}

export function membership(by: string, target: string, what: string, more: JsonObject = {}): Draft {
  return {
    type: 'm.room.member',
    sender: user(by),
    state_key: user(target),
    event_id: `$${what} ${target}`,
    content: { membership: what, ...more },
  };
}

export function state(by: string, type: string, content: JsonObject, stateKey = ''): Draft {
  return { type, sender: user(by), state_key: stateKey, content };
}

export function roles(by: string, change: JsonObject): Draft {
  const all: JsonObject = { ...ROLES, ...change };
  return state(by, 'm.guild.authority', { roles: Object.fromEntries(Object.entries(all).filter(([, role]) => role !== null)) });
}

export function admission(by: string, server: string, rank: number, more: JsonObject = {}): Draft {
  const letter = server.slice(0, 1);
  const keys = letter === 'b' ? [K.b0, K.b1] : [K.c0];
  return state(by, 'm.server.admission', { root: keys[0] as string, keys, rank, proof: 'signature', ...more }, server);
}

export function overwrites(by: string, list: readonly JsonObject[]): Draft {
  return state(by, 'm.channel.overwrites', { overwrites: [...list] }, CHANNEL);
}

/** Two overwrites that are well-formed. */
export const ENTRIES: readonly JsonObject[] = [
  { kind: 'role', id: 'low', allow: '0', deny: '2048' },
  { kind: 'member', id: user('sam'), allow: '2048', deny: '0', stay: '$join sam' },
];

/**
 * olga@a owns the guild. adam@a and bea@b are admins (90), mod@a is a moderator (50), max@b and sam@a are members, ivy@a is invited, bad@a
 * is banned by event `$ban bad`. Server b is admitted up to rank 90. Channel c1 is listed.
 */
export const guild = new SmallRoom(
  make({
    type: 'm.guild.create',
    sender: user('olga'),
    state_key: '',
    event_id: '$create',
    content: { root: K.a0, keys: [K.a0, K.a1] },
    prev_events: [],
  }),
  [],
).with(
  roles('olga', {}),
  state('olga', 'm.room.join_rules', { join_rule: 'invite' }),
  admission('olga', 'b.example', 90),
  ...['olga', 'adam', 'bea@b', 'mod', 'max@b', 'sam'].map((name) => join(name)),
  membership('olga', 'ivy', 'invite'),
  membership('olga', 'bad', 'ban'),
  grant('adam', ['admin']),
  grant('bea@b', ['admin']),
  grant('mod', ['mod']),
  state('olga', 'm.guild.channel', { kind: 'text' }, CHANNEL),
);

/** olga@a made it; adam@a has level 90, mod@a 50; max@b and sam@a are members. Server b is admitted up to 50. */
export const plain = new SmallRoom(
  make({
    type: 'm.room.create',
    sender: user('olga'),
    state_key: '',
    event_id: '$create',
    content: { root: K.a0, keys: [K.a0, K.a1] },
    prev_events: [],
  }),
  [],
).with(
  state('olga', 'm.room.power_levels', {
    users: { [user('adam')]: 90, [user('mod')]: 50, [user('max@b')]: 80 },
    events: { 'm.room.name': 20 },
  }),
  admission('olga', 'b.example', 50),
  ...['olga', 'adam', 'mod', 'max@b', 'sam'].map((name) => join(name)),
  membership('olga', 'bad', 'ban'),
);
