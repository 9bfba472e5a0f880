import type { StateSoFar } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { FACTS, JOIN_RULES, type MatrixAuthIndex, MEMBERSHIPS, typeIn, valueIn } from './auth-index.ts';
import { AUTHORISER } from './auth-types.ts';
import { joinRuleOf } from './event-case.ts';
import { type LevelChange, levelChanges } from './level-changes.ts';
import type { LevelRow, LevelTable } from './level-table.ts';
import { creatorsOf, type MatrixAuthContext, MatrixCase, type Party } from './matrix-case.ts';
import { type LevelField, PowerLevels } from './power-levels.ts';

/** Whatever is refused: what refused it is asked of the events themselves, where anybody wants to know. */
const REFUSED: Fault = Object.freeze({ rule: 'refused', detail: '' });
const NOBODY = -1;

/**
 * Events of an auth index before their judge, one after the other: `put` says which, and the state. Answers from the index, and reads an event only where
 * that does not know. One object for a whole resolution.
 */
export class IndexedCase extends MatrixCase {
  readonly #index: MatrixAuthIndex;
  readonly #graph: MatrixAuthIndex['graph'];
  readonly #facts: Uint16Array;
  readonly #senders: Int32Array;
  readonly #keys: Int32Array;
  readonly #table: LevelTable;
  readonly #read: (number: number) => RoomEvent;
  #number = 0;
  #fact = 0;
  #at: StateSoFar = () => NOBODY;
  #levels: number | undefined;
  #createAt = NOBODY;
  #create: RoomEvent | undefined;
  #creatorsOf: RoomEvent | undefined;
  #creators: readonly number[] = [];

  constructor(index: MatrixAuthIndex, flags: MatrixAuthFlags, context: MatrixAuthContext, read: (number: number) => RoomEvent) {
    super(flags, context);
    this.#index = index;
    this.#graph = index.graph;
    this.#facts = index.facts;
    this.#senders = index.senders;
    this.#keys = index.graph.keys;
    this.#table = index.levels;
    this.#read = read;
  }

  put(number: number, at: StateSoFar): this {
    this.#number = number;
    this.#fact = this.#facts[number] as number;
    this.#at = at;
    this.#levels = undefined;
    return this;
  }

  get event(): RoomEvent {
    return this.#read(this.#number);
  }

  get type(): string {
    return typeIn(this.#fact) ?? this.#graph.keyName(this.#keys[this.#number] as number)[0];
  }

  get isState(): boolean {
    return (this.#fact & FACTS.STATE) !== 0;
  }

  get hasUserKey(): boolean {
    return (this.#fact & FACTS.USER_KEY) !== 0;
  }

  get membership(): string | undefined {
    return MEMBERSHIPS[valueIn(this.#fact)] ?? textOf(this.event.content['membership']);
  }

  get isOwn(): boolean {
    return (this.#fact & FACTS.OWN) !== 0;
  }

  get isOfAnotherUser(): boolean {
    return (this.#fact & FACTS.OF_ANOTHER_USER) !== 0;
  }

  get isByThirdParty(): boolean {
    return (this.#fact & FACTS.BY_THIRD_PARTY) !== 0;
  }

  followsOnly(create: RoomEvent): boolean {
    return (this.#fact & FACTS.FOLLOWS_CREATE) !== 0 && this.event.prev_events[0] === create.event_id;
  }

  isInRoomOf(create: RoomEvent): boolean {
    const room = (this.#fact & FACTS.OF_ANOTHER_ROOM) === 0 ? this.#index.room : this.event.room_id;
    return room?.slice(1) === create.event_id.slice(1);
  }

  get create(): RoomEvent | undefined {
    if (this.flags.roomNamedBy === 'room-id') return this.context.create;
    const number = this.#at(this.#index.createKey);
    if (number !== this.#createAt) {
      this.#createAt = number;
      this.#create = number < 0 ? undefined : this.#read(number);
    }
    return this.#create;
  }

  lookup(type: string, stateKey: string): RoomEvent | undefined {
    const key = this.#graph.keyFor(type, stateKey);
    const number = key < 0 ? NOBODY : this.#at(key);
    return number < 0 ? undefined : this.#read(number);
  }

  membershipOf(party: Party): string {
    const key = this.#keyOf(party);
    const number = key < 0 ? NOBODY : this.#at(key);
    if (number < 0) return 'leave';
    return MEMBERSHIPS[valueIn(this.#facts[number] as number)] ?? textOf(this.#read(number).content['membership']) ?? 'leave';
  }

  get joinRule(): string | undefined {
    const number = this.#at(this.#index.joinRulesKey);
    if (number < 0) return joinRuleOf(undefined);
    return JOIN_RULES[valueIn(this.#facts[number] as number)] ?? joinRuleOf(this.#read(number));
  }

  get hasLevels(): boolean {
    return this.#levelsAt >= 0;
  }

  isCreator(party: Party): boolean {
    const { create } = this;
    if (create === undefined) return false;
    if (create !== this.#creatorsOf) {
      this.#creatorsOf = create;
      this.#creators = creatorsOf(create, this.flags).map((user) => (typeof user === 'string' ? this.#index.memberKey(user) : NOBODY));
    }
    const key = this.#keyOf(party);
    return key < 0 ? creatorsOf(create, this.flags).includes(this.#nameOf(party)) : this.#creators.includes(key);
  }

  listedLevelOf(party: Party): number | undefined {
    const key = this.#keyOf(party);
    const row = key < 0 ? null : this.#row;
    if (row !== null) return this.#table.userLevel(row, key);
    const user = this.#nameOf(party);
    return user === undefined ? undefined : this.#stateLevels.entry('users', user);
  }

  fieldLevel(field: LevelField): number | undefined {
    if (this.#levelsAt < 0) return undefined;
    const row = this.#row;
    return row === null ? this.#stateLevels.field(field) : this.#table.fieldLevel(row, field);
  }

  get listedRequiredLevel(): number | undefined {
    if (this.#levelsAt < 0) return undefined;
    const row = this.#row;
    return row === null ? this.#stateLevels.entry('events', this.type) : this.#table.typeLevel(row, this.type);
  }

  levelChanges(): LevelChange[] {
    const after = this.#table.row(this.#number);
    const before = this.#row;
    // Reading the one may have pushed out the other.
    if (before !== null && after !== null && after !== undefined && this.#table.row(this.#number) === after) {
      return this.#table.changes(before, after, this.#senders[this.#number] as number);
    }
    return levelChanges(this.#stateLevels, PowerLevels.of(this.event, this.flags), this.event.sender, this.flags);
  }

  demand(_rule: string, holds: boolean, _detail: () => string): Fault | null {
    return holds ? null : REFUSED;
  }

  /** The graph number of the state's power levels, or -1. */
  get #levelsAt(): number {
    return (this.#levels ??= this.#at(this.#graph.mainlineKey));
  }

  /** The row of the state's power levels; null if they list too much for one. */
  get #row(): LevelRow | null {
    const row = this.#table.row(this.#levelsAt);
    return row === undefined ? this.#table.add(this.#levelsAt, this.#read(this.#levelsAt)) : row;
  }

  /** The state's power levels, where there is no row of them. */
  get #stateLevels(): PowerLevels {
    return PowerLevels.of(this.#read(this.#levelsAt), this.flags);
  }

  #nameOf(party: Party): string | undefined {
    if (party === 'sender') return this.event.sender;
    return party === 'target' ? this.event.state_key : this.#authoriser;
  }

  /** The key of somebody's membership; -1: he is the authoriser, and no event here has it. */
  #keyOf(party: Party): number {
    if (party === 'sender') return this.#senders[this.#number] as number;
    if (party === 'target') return this.#keys[this.#number] as number;
    return this.#authoriser === undefined ? NOBODY : this.#index.memberKey(this.#authoriser);
  }

  get #authoriser(): string | undefined {
    return (this.#fact & FACTS.HAS_AUTHORISER) === 0 ? undefined : textOf(this.field(AUTHORISER));
  }
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}
