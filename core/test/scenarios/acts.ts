import type { JsonObject, JsonValue } from '@openguild/core';

/** What a scenario may ask about the state before the event that is being written. */
export interface Before {
  /** The name of the first join event of a user's present stay, or `none`. */
  stayOf(user: string): string;
}

/**
 * One event before it is made. Names stand for IDs and keys: `{"$ref": name}` for an event, `a.example/k1` for a key, `g`, `c1` for rooms.
 */
export interface Act {
  readonly room: string;
  readonly type: string;
  readonly sender: string;
  readonly stateKey: string | undefined;
  readonly content: JsonObject | ((before: Before) => JsonObject);
  /** Names of the keys that sign; by default the everyday key of the sender's server. */
  readonly signedBy: readonly string[] | undefined;
  /** `origin_ts`; by default the next tick of the scenario's clock. */
  readonly at: number | undefined;
}

export function act(sender: string, type: string, content: Act['content'], stateKey?: string, room = 'g'): Act {
  return { room, type, sender, stateKey, content, signedBy: undefined, at: undefined };
}

/** The same act at another time. Time stamps are what their authors say. */
export function at(time: number, what: Act): Act {
  return { ...what, at: time };
}

/** The same act signed by other keys than the everyday one. */
export function signedBy(keys: readonly string[], what: Act): Act {
  return { ...what, signedBy: keys };
}

/** The same act in another room. */
export function within(room: string, what: Act): Act {
  return { ...what, room };
}

/** `k0` is a server's root and most trusted key, `k1` signs every day, `k2` is spare. */
export const keysOf = (server: string): string[] => [0, 1, 2].map((n) => `${server}/k${n}`);

export type RoleTable = Readonly<Record<string, readonly [rank: number, allow: bigint]>>;

export const ref = (name: string): JsonObject => ({ $ref: name });

/** Somebody of a scenario, and what he may do in it. */
export class Person {
  readonly id: string;
  readonly server: string;

  constructor(localpart: string, server: string) {
    this.server = server;
    this.id = `@${localpart}:${server}`;
  }

  joins(more: { root?: string; stay?: string; via?: Person } = {}): Act {
    const content: Record<string, JsonValue> = { membership: 'join', root: more.root ?? `${this.server}/k0` };
    if (more.stay !== undefined) content['stay'] = ref(more.stay);
    if (more.via !== undefined) content['join_authorised_via'] = more.via.id;
    return act(this.id, 'm.room.member', content, this.id);
  }

  /** A change of profile: a join that goes on with the stay that this event began. Harmless. */
  renews(stay: string): Act {
    return this.joins({ stay });
  }

  leaves(): Act {
    return act(this.id, 'm.room.member', { membership: 'leave' }, this.id);
  }

  kicks(whom: Person): Act {
    return act(this.id, 'm.room.member', { membership: 'leave' }, whom.id);
  }

  bans(whom: Person): Act {
    return act(this.id, 'm.room.member', { membership: 'ban' }, whom.id);
  }

  unbans(whom: Person, ban: string): Act {
    return act(this.id, 'm.room.member', { membership: 'leave', ban: ref(ban) }, whom.id);
  }

  invites(whom: Person): Act {
    return act(this.id, 'm.room.member', { membership: 'invite' }, whom.id);
  }

  /** Sets a member's roles, for his present stay unless another is named. */
  grants(whom: Person, roles: readonly string[], more: { stay?: string; key?: string } = {}): Act {
    const content = (before: Before): JsonObject => ({
      stay: ref(more.stay ?? before.stayOf(whom.id)),
      roles,
      ...(more.key === undefined ? {} : { key: more.key }),
    });
    return act(this.id, 'm.guild.member_roles', content, whom.id);
  }

  setsRoles(table: RoleTable): Act {
    const roles = Object.fromEntries(Object.entries(table).map(([id, [rank, allow]]) => [id, { rank, allow: String(allow) }]));
    return act(this.id, 'm.guild.authority', { roles }, '');
  }

  setsJoinRule(rule: 'public' | 'invite'): Act {
    return act(this.id, 'm.room.join_rules', { join_rule: rule }, '');
  }

  admits(server: string, rank: number, more: { root?: string; keys?: readonly string[]; proof?: string } = {}): Act {
    const root = more.root ?? `${server}/k0`;
    const keys = more.keys ?? (root === `${server}/k0` ? keysOf(server) : [root]);
    return act(this.id, 'm.server.admission', { root, keys, rank, proof: more.proof ?? root }, server);
  }

  setsLevels(content: JsonObject): Act {
    return act(this.id, 'm.room.power_levels', content, '', 'p1');
  }

  overwrites(...entries: readonly JsonObject[]): Act {
    return act(this.id, 'm.channel.overwrites', { overwrites: entries }, 'c1');
  }

  lists(channel: string, content: JsonObject = { kind: 'text' }): Act {
    return act(this.id, 'm.guild.channel', content, channel);
  }

  createsChannel(channel: string): Act {
    return act(this.id, 'm.channel.create', { guild: 'g', kind: 'text' }, '', channel);
  }

  says(room = 'c1'): Act {
    return act(this.id, 'm.room.message', { body: 'said' }, undefined, room);
  }

  pins(room = 'c1'): Act {
    return act(this.id, 'm.channel.pins', { pins: [] }, '', room);
  }

  renames(name: string, room = 'c1'): Act {
    return act(this.id, 'm.channel.name', { name }, '', room);
  }
}

/** What a server says for itself. */
export class Server extends Person {
  constructor(name: string) {
    super('', name);
  }

  merges(room = 'g'): Act {
    return act(this.id, 'm.room.merge', {}, undefined, room);
  }

  /** States its keys, signed by one of them. */
  statesKeys(keys: readonly string[], signer: string, root = `${this.server}/k0`): Act {
    return signedBy([signer], act(this.id, 'm.server.keys', { keys }, root));
  }
}

/** One entry of an overwrites event. */
export function entry(kind: 'role' | 'member', id: string, bits: { allow?: bigint; deny?: bigint }, stay?: string): JsonObject {
  const masks = { allow: String(bits.allow ?? 0n), deny: String(bits.deny ?? 0n) };
  return { kind, id, ...masks, ...(stay === undefined ? {} : { stay: ref(stay) }) };
}
