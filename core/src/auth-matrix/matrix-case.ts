import type { RoomEvent, SignatureCheck } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import type { JsonValue } from '../json/value.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import type { LevelChange } from './level-changes.ts';
import { LEVEL_DEFAULTS, type LevelField } from './power-levels.ts';

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

/** Whom a rule asks about: the sender, the user in the state key, the user who let somebody join. */
export type Party = 'sender' | 'target' | 'authoriser';

export const INVITED = new Set(['invite', 'join']);
const INITIAL_CREATOR_LEVEL = 100;

/**
 * One event before its judge: what the rules ask of it and of the state. The rules are written once, upon this; `EventCase` answers from events, `IndexedCase` from
 * what an auth index holds of them.
 */
export abstract class MatrixCase {
  readonly flags: MatrixAuthFlags;
  readonly context: MatrixAuthContext;

  constructor(flags: MatrixAuthFlags, context: MatrixAuthContext) {
    this.flags = flags;
    this.context = context;
  }

  abstract get event(): RoomEvent;
  abstract get type(): string;
  /** Has it a state key? */
  abstract get isState(): boolean;
  /** Is its state key a user ID? */
  abstract get hasUserKey(): boolean;
  /** Its content's `membership`, if that is a text. */
  abstract get membership(): string | undefined;
  /** Is its state key its sender? */
  abstract get isOwn(): boolean;
  /** Does its state key start with `@` and is not its sender? */
  abstract get isOfAnotherUser(): boolean;
  /** Has its content a `third_party_invite`? */
  abstract get isByThirdParty(): boolean;
  /** Is the create event of the room, and that alone, its previous event? */
  abstract followsOnly(create: RoomEvent): boolean;
  /** Is it of the room whose ID is the create event's? */
  abstract isInRoomOf(create: RoomEvent): boolean;

  /** The create event of the state; in version 12 the one that the room ID names. */
  abstract get create(): RoomEvent | undefined;
  abstract lookup(type: string, stateKey: string): RoomEvent | undefined;
  /** `leave` for somebody who never was there. */
  abstract membershipOf(party: Party): string;
  /** MX-5.3.4. A room without join rules is one of join rule `invite`. */
  abstract get joinRule(): string | undefined;
  /** Is there an `m.room.power_levels` event in the state? */
  abstract get hasLevels(): boolean;
  abstract isCreator(party: Party): boolean;
  /** The level of a user in the state's power levels, if they list him. */
  abstract listedLevelOf(party: Party): number | undefined;
  abstract fieldLevel(field: LevelField): number | undefined;
  /** The level that the state's power levels ask for the event's type, if they list it. */
  abstract get listedRequiredLevel(): number | undefined;
  /** What the event, which is of power levels, changes in those of the state. */
  abstract levelChanges(): LevelChange[];

  /** Null if what the rule demands holds; else the fault. The words are made only if somebody reads them. */
  abstract demand(rule: string, holds: boolean, detail: () => string): Fault | null;

  field(name: string): JsonValue | undefined {
    return Object.hasOwn(this.event.content, name) ? this.event.content[name] : undefined;
  }

  level(field: LevelField): number {
    return this.fieldLevel(field) ?? LEVEL_DEFAULTS[field];
  }

  /** MX-13.1, MX-13.2. A user's power level, `Infinity` for privileged creators. */
  levelOf(party: Party): number {
    if (this.flags.privilegedCreators && this.isCreator(party)) return Infinity;
    if (this.hasLevels) return this.listedLevelOf(party) ?? this.level('users_default');
    return this.isCreator(party) ? INITIAL_CREATOR_LEVEL : 0;
  }

  /** MX-13.4. The level that an event's type needs. */
  get requiredLevel(): number {
    return this.listedRequiredLevel ?? this.level(this.isState ? 'state_default' : 'events_default');
  }

  get senderServer(): string {
    return serverOf(this.event.sender);
  }
}

/** MX-13.3. The room creators: one user before version 12. */
export function creatorsOf(create: RoomEvent, flags: MatrixAuthFlags): readonly (JsonValue | undefined)[] {
  if (flags.creator === 'content') return [create.content['creator']];
  if (!flags.privilegedCreators) return [create.sender];
  const additional = Object.hasOwn(create.content, 'additional_creators') ? create.content['additional_creators'] : undefined;
  return Array.isArray(additional) ? [create.sender, ...(additional as readonly JsonValue[])] : [create.sender];
}
