import { base58encode, isListed, stayOf } from '@openguild/core';
import type { JsonObject, PermissionName } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import { hasBit } from './access.ts';
import { maskOf } from './permission-input.ts';
import type { PermissionInput } from './permission-input.ts';
import type { Rooms, Sent } from './rooms.ts';
import type { StateEdits } from './state-edit.ts';

export interface OverwriteInput {
  readonly kind: 'role' | 'member';
  readonly id: string;
  readonly allow: PermissionInput;
  readonly deny: PermissionInput;
}

interface Overwrite extends JsonObject {
  readonly kind: string;
  readonly id: string;
  readonly allow: string;
  readonly deny: string;
}

const LISTING = 'm.guild.channel';
const OVERWRITES = 'm.channel.overwrites';
const NONCE_BYTES = 16;

/** Channels: their own rooms for conversation, listed in the guild. Name and topic live in the channel, since a private one's concern nobody else. */
export class Channels {
  readonly #rooms: Rooms;
  readonly #platform: Platform;
  readonly #maxChannels: number;
  readonly #edits: StateEdits;

  constructor(rooms: Rooms, edits: StateEdits, platform: Platform, maxChannels: number) {
    this.#rooms = rooms;
    this.#edits = edits;
    this.#platform = platform;
    this.#maxChannels = maxChannels;
  }

  async create(
    guildId: string,
    by: string,
    channel: { readonly name: string; readonly kind: string; readonly topic?: string },
  ): Promise<{ readonly channelId: string; readonly last: Sent }> {
    const listings = await this.#rooms.ask(guildId, (room) => room.stateEvents(LISTING));
    const open = listings.filter((event) => event.content['deleted'] !== true);
    if (open.length >= this.#maxChannels)
      throw new HostError('CONFLICT', `the guild has ${open.length} channels, the most this host allows`);
    await this.#requireBit(guildId, by, 'MANAGE_CHANNELS');
    const version = await this.#rooms.ask(guildId, (room) => ({ needs: null, value: room.version.id }));
    const nonce = base58encode(this.#platform.randomBytes(NONCE_BYTES));
    const content = { guild: guildId, room_version: version, kind: channel.kind, nonce };
    const made = await this.#rooms.send(null, { type: 'm.channel.create', sender: by, state_key: '', content });
    const channelId = made.event.room_id;
    await this.#rooms.send(guildId, { type: LISTING, sender: by, state_key: channelId, content: { kind: channel.kind } });
    const last = await this.change(channelId, by, channel);
    if (last === undefined) throw new Error('a channel is made with a name');
    return { channelId, last };
  }

  async change(channelId: string, by: string, change: { readonly name?: string; readonly topic?: string }): Promise<Sent | undefined> {
    let last: Sent | undefined;
    if (change.name !== undefined) last = await this.#state(channelId, by, 'm.channel.name', { name: change.name });
    if (change.topic !== undefined) last = await this.#state(channelId, by, 'm.channel.topic', { topic: change.topic });
    return last;
  }

  /** A deleted channel takes no events any more; what is in it stays where it is. */
  async remove(guildId: string, channelId: string, by: string): Promise<Sent> {
    const kind = await this.#rooms.judge(guildId, (view) => view.get(LISTING, channelId)?.content['kind']);
    const content = { kind: typeof kind === 'string' ? kind : 'text', deleted: true };
    return this.#rooms.send(guildId, { type: LISTING, sender: by, state_key: channelId, content });
  }

  /**
   * Replaces a channel's overwrites. One event may change one member's entry only, so a request that changes several becomes several events, in
   * the order of the request; if one is refused, those before it stand.
   */
  async setOverwrites(guildId: string, channelId: string, by: string, inputs: readonly OverwriteInput[]): Promise<Sent | undefined> {
    const now = await this.#rooms.judge(guildId, (view) => ({
      listed: isListed(view, channelId),
      entries: overwritesOf(view.get(OVERWRITES, channelId)?.content).map((entry) => ({ ...entry })),
      stays: new Map(inputs.filter((input) => input.kind === 'member').map((input) => [input.id, stayOf(view, input.id) ?? null])),
    }));
    if (!now.listed) throw new HostError('NOT_FOUND', 'the channel is not listed');
    const wanted = new Map(inputs.map((input) => [keyOf(input), entryOf(input, now.entries, now.stays)]));
    if (wanted.size !== inputs.length) throw new HostError('BAD_REQUEST', '/overwrites names a role or member twice');
    let last: Sent | undefined;
    for (const changes of stepsTo(now.entries, wanted)) {
      const entry = { roomId: guildId, type: OVERWRITES, stateKey: channelId };
      last = await this.#edits.change(entry, by, (content) => ({ overwrites: withChanges(overwritesOf(content), changes) }));
    }
    return last;
  }

  #state(channelId: string, by: string, type: string, content: JsonObject): Promise<Sent> {
    return this.#rooms.send(channelId, { type, sender: by, state_key: '', content });
  }

  /** Checked before the create event, so that no room is made that cannot be listed. */
  async #requireBit(guildId: string, by: string, bit: PermissionName): Promise<void> {
    if (!(await this.#rooms.judge(guildId, (view) => hasBit(view, by, bit))))
      throw new HostError('FORBIDDEN', `this needs the permission ${bit}`);
  }
}

function keyOf(entry: { readonly kind: string; readonly id: string }): string {
  return `${entry.kind}\u0000${entry.id}`;
}

/** An entry as the event holds it. One that does not change keeps its stay; a new one of a member names the present stay. */
function entryOf(input: OverwriteInput, old: readonly Overwrite[], stays: ReadonlyMap<string, string | null>): Overwrite {
  const made = { kind: input.kind, id: input.id, allow: maskOf(input.allow).toString(), deny: maskOf(input.deny).toString() };
  const before = old.find((entry) => keyOf(entry) === keyOf(input));
  const stay = (input.kind === 'member' ? stays.get(input.id) : undefined) ?? undefined;
  const same = before !== undefined && before.allow === made.allow && before.deny === made.deny;
  if (same && (stay === undefined || before['stay'] === stay)) return before;
  return stay === undefined ? made : { ...made, stay };
}

/** What one event changes: entries by key, undefined for one that goes. */
type Changes = ReadonlyMap<string, Overwrite | undefined>;

/** First everything about roles, then one member at a time. */
function stepsTo(old: readonly Overwrite[], wanted: ReadonlyMap<string, Overwrite>): Changes[] {
  const current = new Map(old.map((entry) => [keyOf(entry), entry]));
  const changed = [...new Set([...current.keys(), ...wanted.keys()])].filter((key) => current.get(key) !== wanted.get(key));
  const isMember = (key: string): boolean => (wanted.get(key) ?? current.get(key))?.kind === 'member';
  const groups = [changed.filter((key) => !isMember(key)), ...changed.filter(isMember).map((key) => [key])];
  return groups.filter((group) => group.length > 0).map((group) => new Map(group.map((key) => [key, wanted.get(key)])));
}

function withChanges(entries: readonly Overwrite[], changes: Changes): Overwrite[] {
  const current = new Map(entries.map((entry) => [keyOf(entry), entry]));
  for (const [key, entry] of changes) {
    if (entry === undefined) current.delete(key);
    else current.set(key, entry);
  }
  return [...current.values()];
}

function overwritesOf(content: JsonObject | undefined): readonly Overwrite[] {
  return (content?.['overwrites'] ?? []) as readonly Overwrite[];
}
