import type { HostConfig } from '../config/host-config.ts';
import type { Media } from '../media/media.ts';
import type { Access } from '../services/access.ts';
import type { Accounts } from '../services/accounts.ts';
import type { Channels } from '../services/channels.ts';
import type { EventStream } from '../services/event-stream.ts';
import type { GuildState } from '../services/guild-state.ts';
import type { Guilds } from '../services/guilds.ts';
import type { Invites } from '../services/invites.ts';
import type { Joins } from '../services/joins.ts';
import type { Members } from '../services/members.ts';
import type { Memberships } from '../services/memberships.ts';
import type { Messages } from '../services/messages.ts';
import type { Roles } from '../services/roles.ts';
import type { RoomExports } from '../services/room-export.ts';
import type { Rooms, Sent } from '../services/rooms.ts';
import type { Search } from '../services/search.ts';
import type { Sync } from '../services/sync.ts';
import type { Voice } from '../voice/voice.ts';

/** What the routes of the client API call. Each route file takes the few it needs. */
export interface Services {
  readonly config: HostConfig;
  readonly access: Access;
  readonly accounts: Accounts;
  readonly channels: Channels;
  readonly exports: RoomExports;
  readonly guilds: Guilds;
  readonly guildState: GuildState;
  readonly invites: Invites;
  readonly joins: Joins;
  readonly media: Media;
  readonly members: Members;
  readonly memberships: Memberships;
  readonly messages: Messages;
  readonly roles: Roles;
  readonly rooms: Rooms;
  readonly search: Search;
  readonly stream: EventStream;
  readonly sync: Sync;
  readonly voice: Voice;
}

/** An answer comes when what it tells can be read back: after the stream has reached the event. */
export async function settled(stream: EventStream, sent: Sent | undefined): Promise<{ event_id?: string; position?: number }> {
  if (sent === undefined) return {};
  await stream.settled(sent.position);
  return { event_id: sent.event.event_id, position: sent.position };
}
