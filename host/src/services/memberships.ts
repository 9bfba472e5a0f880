import { isPowerEvent, membershipOf, serverOf } from '@openguild/core';
import type { JsonObject } from '@openguild/core';
import type { InviteStore, KeyValueStore, StreamRow } from '@openguild/storage';
import type { Projection } from './event-stream.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { Rooms } from './rooms.ts';

export type Membership = 'join' | 'invite' | 'leave' | 'ban';

export interface MembershipEntry {
  readonly membership: Membership;
  /** Stream position at which it became so. */
  readonly since: number;
}

const SPACE = 'memberships';
const MEMBER = 'm.room.member';
const MESSAGE_LIKE = new Set(['m.room.message', 'm.reaction', 'm.room.redaction']);

/**
 * Which guilds each local person is or was in, and since when: worked out from the stream, so that a sync need not look at every guild.
 * It only says where to look and what changed; whoever shows anything judges by the state itself.
 */
export class Memberships implements Projection {
  readonly #rooms: Rooms;
  readonly #values: KeyValueStore;
  readonly #invites: InviteStore;
  readonly #serverName: string;
  readonly #lock = new KeyedLock();
  /** Local people that a guild's history names. Filled from the store when a guild is first met. */
  readonly #people = new Map<string, Set<string>>();
  readonly #entries = new Map<string, Map<string, MembershipEntry>>();

  constructor(rooms: Rooms, values: KeyValueStore, invites: InviteStore, serverName: string) {
    this.#rooms = rooms;
    this.#values = values;
    this.#invites = invites;
    this.#serverName = serverName;
  }

  /** Reads all entries. Once, before the stream starts. */
  async load(): Promise<void> {
    for (const [user, stored] of await this.#values.entries(SPACE)) {
      const entries = new Map<string, MembershipEntry>();
      for (const [guild, entry] of Object.entries(stored)) {
        entries.set(guild, entry as unknown as MembershipEntry);
        this.#peopleOf(guild).add(user);
      }
      this.#entries.set(user, entries);
    }
  }

  /** Guilds (and plain rooms) whose history names this person as member, invited, banned or gone. */
  of(userId: string): ReadonlyMap<string, MembershipEntry> {
    return this.#entries.get(userId) ?? NONE;
  }

  async apply(rows: readonly StreamRow[]): Promise<void> {
    for (const row of rows) await this.#applyRow(row);
  }

  async #applyRow(row: StreamRow): Promise<void> {
    const { event } = row.stored;
    const info = await this.#rooms.info(row.room_id);
    if (info === undefined || info.kind === 'channel' || MESSAGE_LIKE.has(event.type)) return;
    const people = this.#peopleOf(row.room_id);
    const named =
      event.type === MEMBER && event.state_key !== undefined && serverOf(event.state_key) === this.#serverName
        ? event.state_key
        : undefined;
    if (named !== undefined) people.add(named);
    // A join, an invitation or a leave concerns one person. Anything else may, by resolution, change anybody's: whoever is kicked may have banned others meanwhile.
    const isOnesOwn = event.type === MEMBER && event.prev_events.length === 1 && !isPowerEvent(event);
    const concerned = isOnesOwn ? (named === undefined ? [] : [named]) : [...people];
    if (concerned.length === 0) return;
    const now = await this.#rooms.judge(row.room_id, (view) =>
      concerned.map((user) => [user, membershipOf(view, user) as Membership] as const),
    );
    for (const [user, membership] of now) await this.#set(user, row.room_id, { membership, since: row.position });
  }

  async #set(user: string, guild: string, entry: MembershipEntry): Promise<void> {
    await this.#lock.run(user, async () => {
      const entries = this.#entries.get(user) ?? new Map<string, MembershipEntry>();
      if (entries.get(guild)?.membership === entry.membership) return;
      if (entry.membership !== 'invite') await this.#invites.removePending(user, guild);
      entries.set(guild, entry);
      this.#entries.set(user, entries);
      await this.#values.set(SPACE, user, Object.fromEntries(entries) as unknown as JsonObject);
    });
  }

  #peopleOf(guild: string): Set<string> {
    const known = this.#people.get(guild);
    if (known !== undefined) return known;
    const made = new Set<string>();
    this.#people.set(guild, made);
    return made;
  }
}

const NONE: ReadonlyMap<string, MembershipEntry> = new Map();
