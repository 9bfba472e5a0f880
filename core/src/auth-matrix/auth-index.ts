import { AuthGraph, type AuthVertex } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { AUTHORISER } from './auth-types.ts';
import { isOfAnotherUser, joinRuleOf } from './event-case.ts';
import { LevelTable } from './level-table.ts';
import { isMatrixPowerEvent } from './matrix-power-event.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { onlyPredecessor } from './only-predecessor.ts';
import { isMatrixUserId } from './matrix-user-id.ts';

/** What the auth graph of a Matrix room and the arrays beside it are told of an event. */
interface Vertex extends AuthVertex {
  readonly event: RoomEvent;
}

/** Types that rules know, by their codes; 0 is any other. */
const TYPES = ['', ...Object.values(MATRIX_TYPES)] as const;
/** Memberships and join rules that rules know, by their codes; 0 is any other, or none. */
export const MEMBERSHIPS = [undefined, 'join', 'leave', 'ban', 'invite', 'knock'] as const;
export const JOIN_RULES = [undefined, 'public', 'invite', 'knock', 'restricted', 'knock_restricted', 'private'] as const;

const TYPE_BITS = 0b111;
const VALUE_SHIFT = 3;
const VALUE_BITS = 0b111;
/** Single facts about an event, as bits above its type and value. */
export const FACTS = {
  STATE: 1 << 6,
  OWN: 1 << 7,
  OF_ANOTHER_USER: 1 << 8,
  BY_THIRD_PARTY: 1 << 9,
  HAS_AUTHORISER: 1 << 10,
  FOLLOWS_CREATE: 1 << 11,
  OF_ANOTHER_ROOM: 1 << 12,
  USER_KEY: 1 << 13,
} as const;

/**
 * The auth graph of a Matrix room, and what the auth rules ask of its events as one small integer for each: made once, when an event enters the room, so that a
 * resolution judges events again without touching them.
 */
export class MatrixAuthIndex {
  /** MX-14.6: whose chain of auth events is the mainline. */
  readonly graph = new AuthGraph([MATRIX_TYPES.POWER_LEVELS, '']);
  readonly createKey = this.graph.key(MATRIX_TYPES.CREATE, '');
  readonly joinRulesKey = this.graph.key(MATRIX_TYPES.JOIN_RULES, '');
  readonly levels: LevelTable;
  #facts = new Uint16Array(64);
  /** For each event the key of its sender's membership. */
  #senders = new Int32Array(64);
  #ownLevels = new Float64Array(64);
  /** The room of the first event; what is of another says so. */
  #room: string | undefined;

  readonly #flags: MatrixAuthFlags;

  constructor(flags: MatrixAuthFlags) {
    this.#flags = flags;
    this.levels = new LevelTable(this.graph, flags);
  }

  /** Valid until the next event is added. */
  get facts(): Uint16Array {
    return this.#facts;
  }

  get senders(): Int32Array {
    return this.#senders;
  }

  /** For each event the level that the power levels among its auth events give its sender; not a number where there are none, or they do not say it here. */
  get ownLevels(): Float64Array {
    return this.#ownLevels;
  }

  /** The room that events are of but for those with the fact `OF_ANOTHER_ROOM`. */
  get room(): string | undefined {
    return this.#room;
  }

  /** Adds an accepted event and all that authorised it; see `AuthGraph.add`. */
  add(id: string, read: (id: string) => RoomEvent): void {
    this.graph.add(
      id,
      (one) => vertexOf(read(one)),
      (number, { event }) => this.#append(number, event),
    );
  }

  memberKey(user: string): number {
    return this.graph.keyFor(MATRIX_TYPES.MEMBER, user);
  }

  #append(number: number, event: RoomEvent): void {
    if (number >= this.#facts.length) {
      const [facts, senders, ownLevels] = [this.#facts, this.#senders, this.#ownLevels];
      this.#facts = new Uint16Array(number * 2);
      this.#senders = new Int32Array(number * 2);
      this.#facts.set(facts);
      this.#senders.set(senders);
      this.#ownLevels = new Float64Array(number * 2);
      this.#ownLevels.set(ownLevels);
    }
    this.#room ??= event.room_id;
    this.#senders[number] = this.graph.key(MATRIX_TYPES.MEMBER, event.sender);
    this.#facts[number] = this.#factsOf(event);
    this.#ownLevels[number] = this.levels.levelOf(this.graph.parents[number] as number, this.#senders[number] as number) ?? Number.NaN;
    if (this.graph.keys[number] === this.graph.mainlineKey) this.levels.add(number, event);
  }

  #factsOf(event: RoomEvent): number {
    const { type, content, state_key: stateKey } = event;
    const first = onlyPredecessor(event);
    const has = (name: string): boolean => Object.hasOwn(content, name) && content[name] !== undefined;
    let facts = TYPES.indexOf(type as (typeof TYPES)[number]);
    if (facts < 0) facts = 0;
    facts |= valueOf(event) << VALUE_SHIFT;
    if (stateKey !== undefined) facts |= FACTS.STATE;
    if (stateKey !== undefined && isMatrixUserId(stateKey)) facts |= FACTS.USER_KEY;
    if (event.sender === stateKey) facts |= FACTS.OWN;
    if (isOfAnotherUser(event)) facts |= FACTS.OF_ANOTHER_USER;
    if (has('third_party_invite')) facts |= FACTS.BY_THIRD_PARTY;
    if (has(AUTHORISER)) facts |= FACTS.HAS_AUTHORISER;
    if (first !== undefined && this.#isCreate(first)) facts |= FACTS.FOLLOWS_CREATE;
    if (event.room_id !== this.#room) facts |= FACTS.OF_ANOTHER_ROOM;
    return facts;
  }

  /** Everything that is not older than the create event cites it, or names it by its room (version 12). */
  #isCreate(id: string): boolean {
    if (this.#flags.roomNamedBy === 'room-id') return id.slice(1) === this.#room?.slice(1);
    return this.graph.has(id) && this.graph.keys[this.graph.numberOf(id)] === this.createKey;
  }
}

/** The type that facts name; undefined if it is none that rules know. */
export function typeIn(facts: number): string | undefined {
  return (facts & TYPE_BITS) === 0 ? undefined : TYPES[facts & TYPE_BITS];
}

/** The code of the membership or of the join rule. */
export function valueIn(facts: number): number {
  return (facts >> VALUE_SHIFT) & VALUE_BITS;
}

function valueOf(event: RoomEvent): number {
  const among = (known: readonly unknown[], value: unknown): number => Math.max(known.indexOf(value), 0);
  if (event.type === MATRIX_TYPES.MEMBER) return among(MEMBERSHIPS, event.content['membership']);
  return event.type === MATRIX_TYPES.JOIN_RULES ? among(JOIN_RULES, joinRuleOf(event)) : 0;
}

function vertexOf(event: RoomEvent): Vertex {
  return {
    authEvents: event.auth_events,
    type: event.type,
    stateKey: event.state_key ?? '',
    originTs: event.origin_ts,
    isPower: isMatrixPowerEvent(event),
    event,
  };
}
