import { BITS } from '../../src/auth/permission-bits.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { Internals } from '../../src/room/internals.ts';
import { Resolver } from '../../src/room/resolver.ts';
import type { StateChange, StoredEvent } from '../../src/room/types.ts';
import { NO_VOIDS } from '../../src/room/void-delta.ts';
import { WorkingSet } from '../../src/room/working-set.ts';
import { StateMap } from '../../src/state/state-map.ts';
import { NATIVE_VERSION, type RoomVersion, roomVersion } from '../../src/version/room-version.ts';
import { roomNamed } from '../auth/names.ts';
import {
  admission,
  CHANNEL,
  type Draft,
  EVERYDAY,
  grant,
  GUILD,
  guild,
  join,
  K,
  make,
  membership,
  overwrites,
  roles,
  state,
  user,
} from '../auth/small-room.ts';

export const OTHER = roomNamed('c2');
export const PEOPLE = ['olga', 'adam', 'mod', 'sam', 'max@b', 'eve@b'];

/** What may come to hold an entry: for each entry several events, of which the rules see something different. */
const drafts: Draft[] = [
  ...PEOPLE.flatMap((name) => [
    join(name),
    { ...join(name, K.c0), event_id: `$join ${name} under another root` },
    membership('olga', name, 'invite'),
    membership('olga', name, 'leave'),
    membership('olga', name, 'ban'),
    { ...grant(name, ['mod']), event_id: `$mod ${name}` },
    { ...grant(name, ['admin', 'low']), event_id: `$admin ${name}` },
    { ...grant(name, ['mod'], { key: K.p }), event_id: `$mod ${name} with a key` },
  ]),
  roles('olga', { low: null }),
  roles('olga', { everyone: { rank: 0, allow: String(EVERYDAY & ~BITS.SEND_MESSAGES) } }),
  roles('olga', { everyone: { rank: 0, allow: '0' } }),
  roles('olga', { mod: { rank: 40, allow: '0' } }),
  overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: String(BITS.VIEW_CHANNEL) }]),
  overwrites('olga', [{ kind: 'member', id: user('sam'), allow: String(BITS.MANAGE_MESSAGES), deny: '0', stay: '$join sam' }]),
  admission('olga', 'b.example', 30),
  admission('olga', 'b.example', 90, { root: K.c0, keys: [K.c0] }),
  ...[CHANNEL, OTHER].flatMap((channel) => [
    state('olga', 'm.guild.channel', { kind: 'text' }, channel),
    state('olga', 'm.guild.channel', { kind: 'text', deleted: true }, channel),
  ]),
  state('@:b', 'm.server.keys', { keys: [K.b1] }, K.b0),
].map((draft, i) => ({ ...draft, event_id: draft.event_id ?? `$${i}` }));

const initial = guild.events();

/** The state with which the guild begins. */
export const START = StateMap.EMPTY.with(initial.map((event): StateChange => [event.type, event.state_key ?? '', event.event_id]));

/** Every event that may come to hold an entry; that of the guild's creation is not among them. */
export const EVENTS: readonly RoomEvent[] = [...initial.slice(1), ...drafts.map(make)].filter(
  ({ event_id }, i, all) => all.findIndex((one) => one.event_id === event_id) === i,
);

/** A working set that counts the records that are asked for. */
class CountingSet extends WorkingSet {
  reads = 0;

  override one(eventId: string): StoredEvent {
    this.reads++;
    return super.one(eventId);
  }

  override all(eventIds: readonly string[]): StoredEvent[] {
    this.reads += eventIds.length;
    return super.all(eventIds);
  }
}

/** A guild whose present state is whatever it is set to, with all of `EVENTS` in memory. */
export class ChangingGuild {
  readonly workingSet = new CountingSet(GUILD);
  readonly internals: Internals;
  #count = 0;

  constructor(more: readonly RoomEvent[] = []) {
    for (const event of [initial[0] as RoomEvent, ...EVENTS, ...more]) this.#put(event);
    this.internals = internals(GUILD, this.workingSet, null);
    this.state = START;
  }

  set state(state: StateMap) {
    const head = make({ type: 'm.room.merge', sender: user('olga'), event_id: `$head ${this.#count++}` });
    this.#put(head);
    this.workingSet.setStateAfter(head.event_id, state);
    this.internals.extremities = [head.event_id];
  }

  get state(): StateMap {
    return this.internals.resolver.at(this.internals.extremities).state;
  }

  channel(roomId: string): Internals {
    return internals(roomId, new WorkingSet(roomId), this.internals);
  }

  #put(event: RoomEvent): void {
    this.workingSet.put({
      ...{ event, verdict: 'accepted', fault: null, soft_failed: false, rank: 0, depth: 0 },
      ...{ void_delta: NO_VOIDS, state_base: null, state_delta: [] },
    });
  }
}

function internals(room_id: string, workingSet: WorkingSet, of: Internals | null): Internals {
  const kind = of === null ? 'guild' : 'channel';
  const resolver = new Resolver(workingSet, kind, of, null);
  return {
    room_id,
    kind,
    version: roomVersion(NATIVE_VERSION) as RoomVersion,
    guild: of,
    workingSet,
    resolver,
    matrix: null,
    extremities: [],
  };
}
