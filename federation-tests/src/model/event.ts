import type { JsonObject } from '@openguild/core';

/**
 * An event as the rules of PROTOCOL.md see it. Bytes, hashes and signatures are not this model's subject: whoever gives it events has read and
 * verified them. Nothing here shares code with the engine but the type of JSON.
 */
export interface ModelEvent {
  readonly id: string;
  readonly room: string;
  readonly type: string;
  readonly sender: string;
  /** Undefined: no state event. */
  readonly stateKey: string | undefined;
  readonly content: JsonObject;
  readonly prev: readonly string[];
  readonly auth: readonly string[];
  readonly guildHeads: readonly string[];
  readonly ts: number;
  readonly signedBy: readonly string[];
  /** Of an admission: is `proof` the root's signature? */
  readonly proofRight: boolean;
}

export type Kind = 'guild' | 'channel' | 'plain';

/** AUTH-1.8 */
export const KIND_OF_CREATE: Readonly<Record<string, Kind>> = {
  'm.guild.create': 'guild',
  'm.channel.create': 'channel',
  'm.room.create': 'plain',
};

/** AUTH-4.14 */
export const BIT = {
  createInvite: 1n << 0n,
  kick: 1n << 1n,
  ban: 1n << 2n,
  administrator: 1n << 3n,
  manageChannels: 1n << 4n,
  manageGuild: 1n << 5n,
  view: 1n << 10n,
  send: 1n << 11n,
  manageMessages: 1n << 13n,
  connect: 1n << 20n,
  manageRoles: 1n << 28n,
  admitServers: 1n << 62n,
} as const;

export const EVERY_BIT = (1n << 64n) - 1n;
/** AUTH-4.17 */
export const EVERYDAY = BIT.createInvite | BIT.view | BIT.send;
/** AUTH-4.18 */
export const OF_CHANNELS = BIT.view | BIT.send | BIT.manageMessages | BIT.manageChannels | BIT.manageRoles | BIT.connect;
/** AUTH-4.8 */
export const OWNER = 1_000_000;

export function serverPart(id: string): string {
  return id.slice(id.indexOf(':') + 1);
}

/** ID-4 */
export function isBare(user: string): boolean {
  return user.startsWith('@:');
}

/** AUTH-11.1 */
export function isPower(e: ModelEvent): boolean {
  if (e.stateKey === undefined) return false;
  if (e.type === 'm.room.member')
    return e.sender !== e.stateKey && (e.content['membership'] === 'leave' || e.content['membership'] === 'ban');
  return [
    'm.guild.authority',
    'm.guild.member_roles',
    'm.channel.overwrites',
    'm.guild.channel',
    'm.room.join_rules',
    'm.server.admission',
    'm.server.keys',
    'm.room.power_levels',
  ].includes(e.type);
}

/** Finds an entry; `key` is `keyOf` of the other two. */
export type Lookup = (type: string, stateKey: string, key: string) => ModelEvent | undefined;

/** A state as one rule sees it. Remembers which entries it was asked for. */
export class View {
  readonly create: ModelEvent | undefined;
  readonly #lookup: Lookup;
  readonly #seen = new Map<string, ModelEvent | undefined>();

  constructor(lookup: Lookup, create: ModelEvent | undefined) {
    this.#lookup = lookup;
    this.create = create;
  }

  get(type: string, stateKey = ''): ModelEvent | undefined {
    const key = keyOf(type, stateKey);
    let event = this.#seen.get(key);
    if (event === undefined && !this.#seen.has(key)) this.#seen.set(key, (event = this.#lookup(type, stateKey, key)));
    return event;
  }

  get read(): ReadonlySet<string> {
    return new Set(this.#seen.keys());
  }

  /** The same with some entries replaced. */
  with(put: ReadonlyMap<string, ModelEvent>): View {
    return new View((type, stateKey, key) => put.get(key) ?? this.get(type, stateKey), this.create);
  }
}

export function keyOf(type: string, stateKey: string): string {
  return `${type}\n${stateKey}`;
}
