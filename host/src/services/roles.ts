import { BITS, base58encode, heldRoles, serverOf, stayOf } from '@openguild/core';
import type { JsonObject } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import { maskOf } from './permission-input.ts';
import type { PermissionInput } from './permission-input.ts';
import type { Rooms, Sent } from './rooms.ts';
import type { StateEdits } from './state-edit.ts';

export interface RoleChange {
  readonly name?: string;
  readonly rank?: number;
  readonly permissions?: PermissionInput;
}

interface Role extends JsonObject {
  readonly rank: number;
  readonly allow: string;
}

type RoleTable = Readonly<Record<string, Role>>;

/** Lets a server's people rank up to `minRank`, in somebody's name. */
export interface Admitter {
  admit(roomId: string, server: string, actingUser: string, minRank: number): Promise<void>;
}

const ROLE_ID_BYTES = 8;
const AUTHORITY = 'm.guild.authority';
const GRANT = 'm.guild.member_roles';

/** Roles, and who holds them. What may be changed by whom is decided by the rules, not here. */
export class Roles {
  readonly #rooms: Rooms;
  readonly #admitter: Admitter;
  readonly #platform: Platform;
  readonly #edits: StateEdits;

  constructor(rooms: Rooms, edits: StateEdits, admitter: Admitter, platform: Platform) {
    this.#rooms = rooms;
    this.#edits = edits;
    this.#admitter = admitter;
    this.#platform = platform;
  }

  async create(guildId: string, by: string, role: Required<RoleChange>): Promise<{ readonly roleId: string; readonly last: Sent }> {
    const roleId = base58encode(this.#platform.randomBytes(ROLE_ID_BYTES));
    await this.#edit(guildId, by, (roles) => ({ ...roles, [roleId]: { rank: role.rank, allow: maskOf(role.permissions).toString() } }));
    return { roleId, last: await this.#look(guildId, by, roleId, role.name) };
  }

  /** NOT_FOUND if there is no such role. */
  async change(guildId: string, by: string, roleId: string, change: RoleChange): Promise<Sent | undefined> {
    let last: Sent | undefined;
    if (change.rank !== undefined || change.permissions !== undefined) {
      last = await this.#edit(guildId, by, (roles) => {
        const old = roleIn(roles, roleId);
        const allow = change.permissions === undefined ? old.allow : maskOf(change.permissions).toString();
        return { ...roles, [roleId]: { rank: change.rank ?? old.rank, allow } };
      });
    }
    if (change.name !== undefined) last = await this.#look(guildId, by, roleId, change.name);
    return last;
  }

  async remove(guildId: string, by: string, roleId: string): Promise<Sent> {
    return this.#edit(guildId, by, (roles) => {
      roleIn(roles, roleId);
      return Object.fromEntries(Object.entries(roles).filter(([id]) => id !== roleId));
    });
  }

  /** Sets all roles of a member. NOT_FOUND if the person is no member. A ceiling of the member's server that is too low is lifted first. */
  async grant(guildId: string, by: string, userId: string, roles: readonly string[]): Promise<Sent> {
    const now = await this.#rooms.judge(guildId, (view) => ({
      stay: stayOf(view, userId),
      held: heldRoles(view, userId),
      key: view.get(GRANT, userId)?.content['key'],
      table: tableOf(view.get(AUTHORITY)?.content),
    }));
    if (now.stay === undefined || now.stay === null) throw new HostError('NOT_FOUND', `${userId} is no member of this guild`);
    const given = roles.filter((id) => !now.held.includes(id)).map((id) => roleIn(now.table, id));
    const highest = Math.max(0, ...given.map((role) => role.rank));
    if (highest > 0) await this.#admitter.admit(guildId, serverOf(userId), by, highest);
    const content = { stay: now.stay, roles: [...roles], ...(typeof now.key === 'string' ? { key: now.key } : {}) };
    return this.#rooms.send(guildId, { type: GRANT, sender: by, state_key: userId, content });
  }

  #edit(guildId: string, by: string, edit: (roles: RoleTable) => RoleTable): Promise<Sent> {
    const entry = { roomId: guildId, type: AUTHORITY, stateKey: '' };
    return this.#edits.change(entry, by, (now) => ({ roles: edit(tableOf(now)) }));
  }

  #look(guildId: string, by: string, roleId: string, name: string): Promise<Sent> {
    return this.#rooms.send(guildId, { type: 'm.guild.role', sender: by, state_key: roleId, content: { name } });
  }
}

function tableOf(content: JsonObject | undefined): RoleTable {
  return (content?.['roles'] as RoleTable | undefined) ?? { everyone: { rank: 0, allow: BITS.VIEW_CHANNEL.toString() } };
}

function roleIn(roles: RoleTable, roleId: string): Role {
  const role = Object.hasOwn(roles, roleId) ? roles[roleId] : undefined;
  if (role === undefined) throw new HostError('NOT_FOUND', `there is no role ${roleId}`);
  return role;
}
