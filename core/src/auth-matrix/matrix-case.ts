import type { RoomEvent, SignatureCheck } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import type { JsonValue } from '../json/value.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { LEVEL_DEFAULTS, type LevelField, PowerLevels } from './power-levels.ts';

/** An entry of a state, or undefined. */
export type MatrixLookup = (type: string, stateKey: string) => RoomEvent | undefined;

/** What judging needs beside the event and the state. All functions must be pure. */
export interface MatrixAuthContext {
  /** The accepted create event that the room ID names (version 12); other versions look it up in the state. */
  readonly create: RoomEvent | undefined;
  /** Was the event accepted before, as everything that resolution judges again? Rules that ask nothing of the state hold then. */
  readonly isAccepted: boolean;
  /** Does this server know a room version? */
  isKnownVersion(version: string): boolean;
  /** Is the event validly signed by a server? */
  isSignedBy(event: RoomEvent, server: string): boolean;
  /** Is a signature right? Asked for those of `thirdPartyInviteChecks` only. */
  isValid(check: SignatureCheck): boolean;
}

/** One question that a rule asked. */
export interface MatrixAuthStep {
  readonly rule: string;
  readonly holds: boolean;
  readonly detail: string;
}

export const INVITED = new Set(['invite', 'join']);
const INITIAL_CREATOR_LEVEL = 100;

/** One event before its judge. */
export class MatrixCase {
  readonly event: RoomEvent;
  readonly flags: MatrixAuthFlags;
  readonly context: MatrixAuthContext;
  readonly lookup: MatrixLookup;
  readonly create: RoomEvent | undefined;
  readonly #trace: MatrixAuthStep[] | undefined;
  #levels: PowerLevels | undefined;

  constructor(
    event: RoomEvent,
    lookup: MatrixLookup,
    flags: MatrixAuthFlags,
    context: MatrixAuthContext,
    trace: MatrixAuthStep[] | undefined,
  ) {
    this.event = event;
    this.lookup = lookup;
    this.flags = flags;
    this.context = context;
    this.create = flags.roomNamedBy === 'room-id' ? context.create : lookup(MATRIX_TYPES.CREATE, '');
    this.#trace = trace;
  }

  /** Null if what the rule demands holds; else the fault. The words are made only if somebody reads them. */
  demand(rule: string, holds: boolean, detail: () => string): Fault | null {
    if (holds && this.#trace === undefined) return null;
    const words = detail();
    this.#trace?.push({ rule, holds, detail: words });
    return holds ? null : { rule, detail: words };
  }

  field(name: string): JsonValue | undefined {
    return Object.hasOwn(this.event.content, name) ? this.event.content[name] : undefined;
  }

  /** `leave` for somebody who never was there. */
  membershipOf(user: string): string {
    const membership = this.lookup(MATRIX_TYPES.MEMBER, user)?.content['membership'];
    return typeof membership === 'string' ? membership : 'leave';
  }

  /** MX-5.3.4. A room without join rules is one of join rule `invite`. */
  get joinRule(): string | undefined {
    const content = this.lookup(MATRIX_TYPES.JOIN_RULES, '')?.content;
    if (content === undefined || !Object.hasOwn(content, 'join_rule')) return 'invite';
    const rule = content['join_rule'];
    return typeof rule === 'string' ? rule : undefined;
  }

  /** The power levels of the state. */
  get levels(): PowerLevels {
    if (this.#levels !== undefined) return this.#levels;
    const event = this.lookup(MATRIX_TYPES.POWER_LEVELS, '');
    return (this.#levels = event === undefined ? PowerLevels.NONE : this.levelsIn(event));
  }

  levelsIn(event: RoomEvent): PowerLevels {
    return new PowerLevels(event.content, !this.flags.integerPowerLevels);
  }

  level(field: LevelField): number {
    return this.levels.field(field) ?? LEVEL_DEFAULTS[field];
  }

  /** A user's power level, `Infinity` for privileged creators. */
  levelOf(user: string): number {
    if (this.flags.privilegedCreators && this.isCreator(user)) return Infinity;
    const { levels } = this;
    if (levels !== PowerLevels.NONE) return levels.entry('users', user) ?? this.level('users_default');
    return this.isCreator(user) ? INITIAL_CREATOR_LEVEL : 0;
  }

  /** Is this one who made the room? */
  isCreator(user: string): boolean {
    return this.create !== undefined && creatorsOf(this.create, this.flags).includes(user);
  }

  /** The level that an event's type needs. */
  get requiredLevel(): number {
    const { type, state_key: stateKey } = this.event;
    return this.levels.entry('events', type) ?? this.level(stateKey === undefined ? 'events_default' : 'state_default');
  }

  get senderServer(): string {
    return serverOf(this.event.sender);
  }
}

/** The room creators: one user before version 12. */
export function creatorsOf(create: RoomEvent, flags: MatrixAuthFlags): readonly (JsonValue | undefined)[] {
  if (flags.creator === 'content') return [create.content['creator']];
  if (!flags.privilegedCreators) return [create.sender];
  const additional = Object.hasOwn(create.content, 'additional_creators') ? create.content['additional_creators'] : undefined;
  return Array.isArray(additional) ? [create.sender, ...(additional as readonly JsonValue[])] : [create.sender];
}
