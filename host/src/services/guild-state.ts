import { effectivePermissions, heldRoles, isListed, membershipOf, permissionNames } from '@openguild/core';
import type { JsonObject, RoomEvent, StateView } from '@openguild/core';
import { hasBit } from './access.ts';
import type { Rooms } from './rooms.ts';

export interface ChannelSummary extends JsonObject {
  readonly channel_id: string;
  readonly kind: string;
  /** Null while the channel's own events have not come. */
  readonly name: string | null;
  readonly topic: string | null;
}

export interface GuildSummary extends JsonObject {
  readonly guild_id: string;
  readonly name: string | null;
  readonly owner: string;
  readonly join_rule: string;
  readonly channels: readonly ChannelSummary[];
  readonly roles: readonly JsonObject[];
  readonly members: readonly JsonObject[];
  readonly state_hash: string;
  readonly extremities: readonly string[];
}

/** What a guild's present state says, put together for people. */
export class GuildState {
  readonly #rooms: Rooms;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  async summary(guildId: string, userId: string): Promise<GuildSummary> {
    const events = await this.#rooms.ask(guildId, (room) => room.stateEvents());
    const judged = await this.#rooms.judge(guildId, (view) => ({
      members: membersOf(view, events),
      visible: events.filter(
        (event) => event.type === 'm.guild.channel' && event.state_key !== undefined && mayList(view, event.state_key, userId),
      ),
      permissions: effectivePermissions(view, userId),
    }));
    const one = (type: string): RoomEvent | undefined => events.find((event) => event.type === type && event.state_key === '');
    return {
      guild_id: guildId,
      name: text(one('m.guild.meta')?.content['name']),
      owner: one('m.guild.create')?.sender ?? '',
      join_rule: text(one('m.room.join_rules')?.content['join_rule']) ?? 'invite',
      channels: await Promise.all(judged.visible.map((listing) => this.#channel(listing))),
      roles: rolesOf(events, one('m.guild.authority')),
      members: judged.members,
      you: { rank: judged.permissions.rank, permissions: permissionNames(judged.permissions.bits) },
      state_hash: await this.#rooms.ask(guildId, (room) => room.stateHash()),
      extremities: await this.extremities(guildId),
    };
  }

  async extremities(roomId: string): Promise<readonly string[]> {
    return this.#rooms.ask(roomId, (room) => ({ needs: null, value: [...room.extremities] }));
  }

  /** Listed channels that this person may view now. */
  async visibleChannels(guildId: string, userId: string): Promise<readonly string[]> {
    const listings = await this.#rooms.ask(guildId, (room) => room.stateEvents('m.guild.channel'));
    return this.#rooms.judge(guildId, (view) =>
      listings.map((event) => event.state_key ?? '').filter((channel) => mayList(view, channel, userId)),
    );
  }

  /** The name and topic of a channel, from the channel; its kind from the guild's listing. */
  async #channel(listing: RoomEvent): Promise<ChannelSummary> {
    const channelId = listing.state_key ?? '';
    const known = (await this.#rooms.info(channelId)) !== undefined;
    const state = known ? await this.#rooms.ask(channelId, (room) => room.stateEvents()) : [];
    const field = (type: string, name: string): string | null => text(state.find((event) => event.type === type)?.content[name]);
    return {
      channel_id: channelId,
      kind: text(listing.content['kind']) ?? 'text',
      name: field('m.channel.name', 'name'),
      topic: field('m.channel.topic', 'topic'),
    };
  }
}

function mayList(view: StateView, channelId: string, userId: string): boolean {
  return isListed(view, channelId) && hasBit(view, userId, 'VIEW_CHANNEL', channelId);
}

function membersOf(view: StateView, events: readonly RoomEvent[]): JsonObject[] {
  return events
    .filter((event) => event.type === 'm.room.member' && event.state_key !== undefined)
    .map((event) => event.state_key ?? '')
    .filter((user) => membershipOf(view, user) === 'join')
    .map((user) => ({ user_id: user, roles: [...heldRoles(view, user)], rank: effectivePermissions(view, user).rank }));
}

function rolesOf(events: readonly RoomEvent[], authority: RoomEvent | undefined): JsonObject[] {
  const looks = new Map(events.filter((event) => event.type === 'm.guild.role').map((event) => [event.state_key ?? '', event.content]));
  const table = (authority?.content['roles'] ?? { everyone: { rank: 0, allow: '0' } }) as Record<string, { rank: number; allow: string }>;
  return Object.entries(table).map(([id, role]) => ({
    role_id: id,
    name: text(looks.get(id)?.['name']) ?? id,
    rank: role.rank,
    allow: role.allow,
    permissions: permissionNames(BigInt(role.allow)),
  }));
}

function text(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
