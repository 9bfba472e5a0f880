import type { Person } from './person.ts';
import type { DagEvent } from './draw-dag.ts';

/** The people and places of the story, as far as it has come. */
export interface Story {
  readonly alice: Person;
  readonly bob: Person;
  readonly carol: Person;
  readonly guild: string;
  readonly channel: string;
  readonly moderator: string;
}

/** One of the two hosts as its own member sees it. */
export interface Place {
  /** `A` or `B`. */
  readonly label: string;
  /** Who reads there. */
  readonly reader: Person;
}

export interface GuildView {
  readonly name: string;
  readonly owner: string;
  readonly channels: readonly { readonly channel_id: string; readonly name: string; readonly kind: string }[];
  readonly roles: readonly { readonly role_id: string; readonly name: string; readonly rank: number }[];
  readonly members: readonly { readonly user_id: string; readonly roles: readonly string[]; readonly rank: number }[];
}

export interface DagRow extends DagEvent {
  readonly guild_heads: readonly string[];
  /** In the history, but without effect on the present state. */
  readonly void: boolean;
}

export function guildAt(place: Place, guild: string): Promise<GuildView> {
  return place.reader.get<GuildView>(`/guilds/${encodeURIComponent(guild)}`);
}

/** User IDs of the members, sorted. */
export async function membersAt(place: Place, guild: string): Promise<string[]> {
  return (await guildAt(place, guild)).members.map((member) => member.user_id).toSorted(byCodePoint);
}

/** The roles somebody holds; null: no member. */
export async function rolesAt(place: Place, guild: string, user: string): Promise<readonly string[] | null> {
  return (await guildAt(place, guild)).members.find((member) => member.user_id === user)?.roles ?? null;
}

export async function channelNameAt(place: Place, guild: string, channel: string): Promise<string | null> {
  return (await guildAt(place, guild)).channels.find((listed) => listed.channel_id === channel)?.name ?? null;
}

interface ShownEvent {
  readonly event_id: string;
  readonly type: string;
  readonly sender: string;
  readonly content: { readonly body?: string };
}

/** What people read in a channel, oldest first: `@bob: words`. */
export async function timelineAt(place: Place, channel: string): Promise<string[]> {
  const page = await place.reader.get<{ events: readonly ShownEvent[] }>(`/rooms/${encodeURIComponent(channel)}/messages?limit=100`);
  return page.events
    .filter((event) => event.type === 'm.room.message')
    .map((event) => spoken(event.sender, event.content.body ?? ''))
    .toReversed();
}

/** A line of a timeline. */
export function spoken(user: string, words: string): string {
  return `${localPart(user)}: ${words}`;
}

export function localPart(user: string): string {
  return user.startsWith('@:') ? user.slice(2) : user.slice(0, user.indexOf(':'));
}

export async function stateHashAt(place: Place, room: string): Promise<string> {
  return (await place.reader.get<{ state_hash: string }>(`/rooms/${encodeURIComponent(room)}/state_hash`)).state_hash;
}

export async function dagAt(place: Place, room: string): Promise<readonly DagRow[]> {
  return (await place.reader.get<{ events: readonly DagRow[] }>(`/rooms/${encodeURIComponent(room)}/dag?limit=200`)).events;
}

export function explainedAt(place: Place, room: string, event: string): Promise<string> {
  return place.reader.get<string>(`/rooms/${encodeURIComponent(room)}/events/${encodeURIComponent(event)}/explain?format=text`);
}

export function byCodePoint(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
