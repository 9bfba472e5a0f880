import type { EventDraft, UnverifiedCopy } from '../event/types.ts';
import { ENGINE_RULES } from '../room/engine-rules.ts';
import { createEvent } from '../room/draft.ts';
import { verdictKey } from '../crypto/verdict-key.ts';
import { RULES } from '../auth/rule-ids.ts';
import { Room } from '../room/room.ts';
import type { Ask, CreateContext, Created, Effects, Needs, Received, RoomSnapshot, StoredEvent, Supplies } from '../room/types.ts';
import { StateMap } from '../state/state-map.ts';
import type { RoomVersion } from '../version/room-version.ts';

/** Whether one signature that a room needs to know about is valid. Must be a pure function. */
export type Verify = (check: Needs['verdicts'][number]) => boolean;

/** The same of a signature whose keys the server publishes: looks the keys up as well. */
export type VerifyServer = (check: Needs['servers'][number]) => boolean;

/** An event that a step needs and that is not here. */
export interface MissingEvent {
  readonly room_id: string;
  readonly event_id: string;
}

/** What became of a copy; or what must be received before it. Then nothing has changed, and the same copy can be given again. */
export type Receipt = ({ readonly missing: null } & Received) | { readonly missing: readonly MissingEvent[] };

/** A question about events that are not here. */
export class MissingEventsError extends Error {
  readonly missing: readonly MissingEvent[];

  constructor(missing: readonly MissingEvent[]) {
    super(`not known here: ${missing.map((one) => one.event_id).join(', ')}`);
    this.name = 'MissingEventsError';
    this.missing = missing;
  }
}

interface Kept {
  readonly room: Room;
  readonly events: Map<string, StoredEvent>;
  /** After every accepted event. Neighbours share almost all of their structure. */
  readonly states: Map<string, StateMap>;
  /** Channel events that cite a guild event which this server does not follow, oldest first. */
  readonly ahead: Set<string>;
}

/** Verdicts kept of copies that wait. */
const MAX_WAITING = 4_096;

/**
 * Rooms in memory, and the smallest synchronous loop around them: serves every need at once, writes every effect at once, forgets nothing.
 * For verification, for tests and for programs that keep no history between runs; what keeps one uses a store instead.
 */
export class MemoryRooms {
  readonly #verify: Verify;
  readonly #verifyServers: VerifyServer;
  readonly #kept = new Map<string, Kept>();
  /** Verdicts on the signatures of copies that wait for others, the oldest first. */
  readonly #waiting = new Map<string, boolean>();

  /** `verifyServers`: for Matrix versions, whose keys servers publish; without it nothing there is validly signed. */
  constructor(verify: Verify, verifyServers: VerifyServer = () => false) {
    this.#verify = verify;
    this.#verifyServers = verifyServers;
  }

  /** In the order of their creation here. */
  get rooms(): readonly Room[] {
    return [...this.#kept.values()].map(({ room }) => room);
  }

  /** Undefined if nothing of the room is here. */
  room(roomId: string): Room | undefined {
    return this.#kept.get(roomId)?.room;
  }

  /** An event that came into a room here, accepted or rejected. */
  stored(roomId: string, eventId: string): StoredEvent | undefined {
    return this.#kept.get(roomId)?.events.get(eventId);
  }

  /** Events of a room, in the order in which they came. */
  events(roomId: string): Iterable<StoredEvent> {
    return this.#kept.get(roomId)?.events.values() ?? [];
  }

  /** A copy from anywhere. `version` is that of the room; it is asked only for the event that creates one. */
  receive(copy: UnverifiedCopy, version: RoomVersion): Receipt {
    const { event } = copy;
    const known = this.#kept.get(event.room_id);
    const room = known?.room ?? this.#begin(copy, version);
    if (!(room instanceof Room)) return room;
    const stored = known?.events.get(event.event_id);
    const checks = copy.proof === undefined ? copy.signatures : [...copy.signatures, copy.proof];
    const supplied = stored === undefined ? this.#verdictsOn(checks, copy.servers) : {};
    room.supply(stored === undefined ? supplied : { events: [stored] });
    const answer = this.#solve(room, () => room.receive(copy));
    if (answer.missing !== null) {
      this.#remember(supplied.verdicts ?? []);
      return answer;
    }
    if (this.#waiting.size > 0) for (const check of checks) this.#waiting.delete(verdictKey(check));
    const { outcome, effects } = answer.value;
    // A room whose create event is rejected is none. A channel may be created by citing guild events that are not followed here yet.
    if (known === undefined && (outcome.kind === 'accepted' || outcome.kind === 'soft-failed')) this.#keep(room);
    if (effects !== null && this.#kept.has(room.room_id)) this.#write(effects);
    return { missing: null, outcome, effects };
  }

  /** Makes a new room by its create event. `guildId`: of a channel. */
  start(draft: EventDraft, context: CreateContext, version: RoomVersion, guildId?: string): Created {
    const copy = createEvent(draft, context, version, guildId === undefined ? undefined : this.#known(guildId).room.extremities);
    if (!copy.ok) return refused(copy.rule, copy.detail);
    const receipt = this.receive(copy.value, version);
    if (receipt.missing !== null) throw new MissingEventsError(receipt.missing);
    const { outcome, effects } = receipt;
    if (outcome.kind === 'accepted') return { outcome, event: copy.value.event, effects };
    return 'fault' in outcome
      ? refused(outcome.fault.rule, outcome.fault.detail)
      : refused(ENGINE_RULES.KNOWN, 'the room is known already; let a clock tick, or change its create event');
  }

  /** Makes, signs and enters the next event of a room. Throws a RangeError if the room is not here. */
  create(roomId: string, draft: EventDraft, context: CreateContext): Created {
    const { room } = this.#known(roomId);
    const created = this.ask(roomId, () => room.create(draft, context));
    if (created.effects !== null) this.#write(created.effects);
    return created;
  }

  /** Any question that a room answers. Throws a RangeError if the room is not here, and MissingEventsError. */
  ask<T>(roomId: string, question: (room: Room) => Ask<T>): T {
    const { room } = this.#known(roomId);
    const answer = this.#solve(room, () => question(room));
    if (answer.missing !== null) throw new MissingEventsError(answer.missing);
    return answer.value;
  }

  /** What a store would keep of the rooms themselves. */
  snapshots(): RoomSnapshot[] {
    return this.rooms.map((room) => room.snapshot());
  }

  #known(roomId: string): Kept {
    const known = this.#kept.get(roomId);
    if (known === undefined) throw new RangeError(`there is no room ${roomId} here`);
    return known;
  }

  #begin({ event }: UnverifiedCopy, version: RoomVersion): Room | Receipt {
    const guildId = event.content['guild'];
    const made = Room.fromCreate(event, version, typeof guildId === 'string' ? this.room(guildId) : undefined);
    if (made.ok) return made.value;
    return { missing: null, outcome: { kind: 'dropped', fault: { rule: made.rule, detail: made.detail } }, effects: null };
  }

  #keep(room: Room): void {
    this.#kept.set(room.room_id, { room, events: new Map(), states: new Map(), ahead: new Set() });
  }

  #solve<T>(
    room: Room,
    question: () => Ask<T>,
  ): { readonly missing: null; readonly value: T } | { readonly missing: readonly MissingEvent[] } {
    for (;;) {
      const answer = question();
      if (answer.needs === null) return { missing: null, value: answer.value };
      const missing = this.#serve(room, answer.needs);
      if (missing.length > 0) return { missing };
    }
  }

  /** Gives a room all that it needs; what of it is not here. */
  #serve(room: Room, needs: Needs): MissingEvent[] {
    const { events: wanted, states: wantedStates, verdicts: checks, servers: serverChecks } = needs;
    if (wanted.length + wantedStates.length + checks.length + serverChecks.length === 0)
      throw new Error('a room needs what is not known here');
    const missing: MissingEvent[] = [];
    const events: StoredEvent[] = [];
    for (const need of [...wanted, ...wantedStates]) {
      const stored = this.stored(need.room_id, need.event_id);
      if (stored === undefined) missing.push({ room_id: need.room_id, event_id: need.event_id });
      else events.push(stored);
    }
    const states = wantedStates.map(({ room_id, event_id }) => ({
      event_id,
      entries: [...(this.#kept.get(room_id)?.states.get(event_id) ?? StateMap.EMPTY).entries()],
    }));
    room.supply({ events, states, ...this.#verdictsOn(checks, serverChecks) });
    return missing;
  }

  #verdictsOn(checks: Needs['verdicts'], serverChecks: Needs['servers']): Pick<Supplies, 'verdicts' | 'servers'> {
    return {
      verdicts: checks.map((check) => ({ check, valid: this.#isValid(check) })),
      servers: serverChecks.map((check) => ({ check, valid: this.#verifyServers(check) })),
    };
  }

  #isValid(check: Needs['verdicts'][number]): boolean {
    const known = this.#waiting.size === 0 ? undefined : this.#waiting.get(verdictKey(check));
    return known ?? this.#verify(check);
  }

  /** A copy that waits for others is given again, or made anew from the same bytes; its signatures are verified once. */
  #remember(verdicts: NonNullable<Supplies['verdicts']>): void {
    for (const { check, valid } of verdicts) {
      const key = verdictKey(check);
      this.#waiting.delete(key);
      this.#waiting.set(key, valid);
      if (this.#waiting.size > MAX_WAITING) this.#waiting.delete(this.#waiting.keys().next().value as string);
    }
  }

  #write(effects: Effects): void {
    const kept = this.#known(effects.room_id);
    const { stored } = effects;
    const { event_id } = stored.event;
    kept.events.set(event_id, stored);
    if (stored.verdict === 'accepted' && !kept.states.has(event_id)) {
      const base = stored.state_base === null ? StateMap.EMPTY : (kept.states.get(stored.state_base) as StateMap);
      kept.states.set(event_id, base.with(stored.state_delta));
    }
    if (stored.soft_failed && stored.fault?.rule === RULES.AHEAD) kept.ahead.add(event_id);
    for (const id of effects.enters_history) {
      kept.ahead.delete(id);
      const entered = kept.events.get(id) as StoredEvent;
      if (entered.soft_failed) kept.events.set(id, { ...entered, soft_failed: false });
    }
    // Only a guild event that was not followed, and is covered now, lets channels catch up (ENG-10).
    if (kept.room.kind === 'guild' && effects.enters_history.length > 1) this.#rejudgeChannels(kept.room);
  }

  #rejudgeChannels(guild: Room): void {
    for (const { room, ahead } of this.#kept.values()) {
      if (room.guild !== guild) continue;
      for (const id of [...ahead]) {
        const { outcome, effects } = this.ask(room.room_id, () => room.rejudge(id));
        if (outcome.kind !== 'known') ahead.delete(id);
        if (effects !== null) this.#write(effects);
      }
    }
  }
}

function refused(rule: string, detail: string): Created {
  return { outcome: { kind: 'refused', fault: { rule, detail } }, event: null, effects: null };
}
