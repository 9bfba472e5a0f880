import { BITS, StateView, actingBits, isEventId, redactEvent, roomVersion, NATIVE_VERSION, serverOf } from '@openguild/core';
import type { JsonObject, RoomEvent, StateMap } from '@openguild/core';
import type { KeyValueStore, Store, StreamRow } from '@openguild/storage';
import type { Projection } from './event-stream.ts';
import type { Rooms } from './rooms.ts';

/** What a redaction did to an event that people are shown. */
export interface Redaction {
  readonly event_id: string;
  readonly sender: string;
  readonly reason?: string;
}

const SPACE = 'redactions';
const REDACTION = 'm.room.redaction';
const BY_MODERATOR = '*';

/**
 * API-4. A redaction takes effect in what people are shown if its sender is the target's sender, or has MANAGE_MESSAGES in the channel by the guild's
 * state at the redaction's own guild heads: so every server shows the same, and a moderator who resigns undoes nothing.
 */
export class Redactions implements Projection {
  readonly #rooms: Rooms;
  readonly #store: Store;
  readonly #values: KeyValueStore;

  constructor(rooms: Rooms, store: Store) {
    this.#rooms = rooms;
    this.#store = store;
    this.#values = store.values;
  }

  async apply(rows: readonly StreamRow[]): Promise<void> {
    for (const row of rows) {
      const { event } = row.stored;
      if (event.type !== REDACTION || event.state_key !== undefined) continue;
      const target = event.content['redacts'];
      if (typeof target !== 'string' || !isEventId(target)) continue;
      const by = (await this.#mayManage(event)) ? BY_MODERATOR : event.sender;
      const reason = event.content['reason'];
      const found: Redaction = { event_id: event.event_id, sender: event.sender, ...(typeof reason === 'string' ? { reason } : {}) };
      await this.#values.set(SPACE, keyOf(row.room_id, target, by), found as unknown as JsonObject);
    }
  }

  /** The redaction that is in force over an event, if any. */
  async of(event: RoomEvent): Promise<Redaction | undefined> {
    if (event.type === REDACTION) return undefined;
    const own = await this.#values.get(SPACE, keyOf(event.room_id, event.event_id, event.sender));
    const found = own ?? (await this.#values.get(SPACE, keyOf(event.room_id, event.event_id, BY_MODERATOR)));
    return found as Redaction | undefined;
  }

  /** The event as people are shown it: without what a redaction took. */
  async shown(event: RoomEvent): Promise<{ readonly event: RoomEvent; readonly redaction: Redaction | undefined }> {
    const redaction = event.state_key === undefined ? await this.of(event) : undefined;
    const version = roomVersion(NATIVE_VERSION);
    if (redaction === undefined || version === undefined) return { event, redaction };
    return { event: redactEvent(event, version), redaction };
  }

  async #mayManage(event: RoomEvent): Promise<boolean> {
    const info = await this.#rooms.info(event.room_id);
    if (info?.kind !== 'channel') return false;
    const state = await this.#rooms.ask(info.authority, (room) => room.stateAfter(event.guild_heads));
    const view = await this.#viewOf(info.authority, state, event.sender, event.room_id);
    return (actingBits(view, event, event.room_id) & BITS.MANAGE_MESSAGES) !== 0n;
  }

  /** Permissions read a handful of entries; these are loaded beforehand. */
  async #viewOf(guild: string, state: StateMap, user: string, channel: string): Promise<StateView> {
    const wanted: readonly (readonly [string, string])[] = [
      ['m.guild.create', ''],
      ['m.guild.authority', ''],
      ['m.room.member', user],
      ['m.guild.member_roles', user],
      ['m.server.admission', serverOf(user)],
      ['m.channel.overwrites', channel],
      ['m.guild.channel', channel],
    ];
    const ids = wanted.map(([type, key]) => state.get(type, key)).filter((id) => id !== undefined);
    const events = new Map((await this.#store.rooms.events(guild, ids)).map((stored) => [stored.event.event_id, stored.event]));
    const lookup = (type: string, key: string): RoomEvent | undefined => {
      const id = state.get(type, key);
      return id === undefined ? undefined : events.get(id);
    };
    return new StateView(lookup, lookup('m.guild.create', ''));
  }
}

function keyOf(roomId: string, target: string, by: string): string {
  return `${roomId}\n${target}\n${by}`;
}
