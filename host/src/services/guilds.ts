import { BITS, NATIVE_VERSION, base58encode, nativeVersion } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import type { Rooms, Sent } from './rooms.ts';
import type { ServerIdentity } from './server-keys.ts';

/** What everybody in a new guild may do. */
const EVERYONE = BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.CREATE_INVITE | BITS.CONNECT;
const NONCE_BYTES = 16;

/** Making a guild and changing its name and join rule. */
export class Guilds {
  readonly #rooms: Rooms;
  readonly #identity: ServerIdentity;
  readonly #platform: Platform;

  constructor(rooms: Rooms, identity: ServerIdentity, platform: Platform) {
    this.#rooms = rooms;
    this.#identity = identity;
    this.#platform = platform;
  }

  /** The guild's first events: create, the owner's join, roles, join rule, name. */
  async create(owner: string, name: string, version: string = NATIVE_VERSION): Promise<{ readonly guildId: string; readonly last: Sent }> {
    if (nativeVersion(version) === undefined) throw new HostError('UNSUPPORTED_VERSION', `room version ${version} is not known here`);
    const { root, keys } = this.#identity;
    // Two guilds made by one person in one millisecond are two guilds: the room ID is a hash of the create event.
    const nonce = base58encode(this.#platform.randomBytes(NONCE_BYTES));
    const content = { room_version: version, root: root.key_id, keys: [...keys], nonce };
    const made = await this.#rooms.send(null, { type: 'm.guild.create', sender: owner, state_key: '', content });
    const guildId = made.event.room_id;
    const state = (type: string, stateKey: string, value: Record<string, never> | object): Promise<Sent> =>
      this.#rooms.send(guildId, { type, sender: owner, state_key: stateKey, content: value as Record<string, never> });
    await state('m.room.member', owner, { membership: 'join', root: root.key_id });
    await state('m.guild.authority', '', { roles: { everyone: { rank: 0, allow: EVERYONE.toString() } } });
    await state('m.room.join_rules', '', { join_rule: 'invite' });
    return { guildId, last: await state('m.guild.meta', '', { name }) };
  }

  async change(guildId: string, by: string, change: { readonly name?: string; readonly join_rule?: string }): Promise<Sent | undefined> {
    let last: Sent | undefined;
    if (change.name !== undefined) {
      last = await this.#rooms.send(guildId, { type: 'm.guild.meta', sender: by, state_key: '', content: { name: change.name } });
    }
    if (change.join_rule !== undefined) {
      last = await this.#rooms.send(guildId, {
        type: 'm.room.join_rules',
        sender: by,
        state_key: '',
        content: { join_rule: change.join_rule },
      });
    }
    return last;
  }
}
