import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { AUTHORISER } from './auth-types.ts';
import { type LevelChange, levelChanges } from './level-changes.ts';
import { creatorsOf, type MatrixAuthContext, type MatrixAuthStep, MatrixCase, type MatrixLookup, type Party } from './matrix-case.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { isMatrixUserId } from './matrix-user-id.ts';
import { onlyPredecessor } from './only-predecessor.ts';
import { type LevelField, PowerLevels } from './power-levels.ts';

/** An event before its judge, with a state that is looked up event by event. */
export class EventCase extends MatrixCase {
  readonly event: RoomEvent;
  readonly create: RoomEvent | undefined;
  readonly #lookup: MatrixLookup;
  readonly #trace: MatrixAuthStep[] | undefined;
  #levels: PowerLevels | undefined;

  constructor(
    event: RoomEvent,
    lookup: MatrixLookup,
    flags: MatrixAuthFlags,
    context: MatrixAuthContext,
    trace: MatrixAuthStep[] | undefined,
  ) {
    super(flags, context);
    this.event = event;
    this.#lookup = lookup;
    this.#trace = trace;
    this.create = flags.roomNamedBy === 'room-id' ? context.create : lookup(MATRIX_TYPES.CREATE, '');
  }

  get type(): string {
    return this.event.type;
  }

  get isState(): boolean {
    return this.event.state_key !== undefined;
  }

  get hasUserKey(): boolean {
    return this.event.state_key !== undefined && isMatrixUserId(this.event.state_key);
  }

  get membership(): string | undefined {
    const membership = this.field('membership');
    return typeof membership === 'string' ? membership : undefined;
  }

  get isOwn(): boolean {
    return this.event.sender === this.event.state_key;
  }

  get isOfAnotherUser(): boolean {
    return isOfAnotherUser(this.event);
  }

  get isByThirdParty(): boolean {
    return this.field('third_party_invite') !== undefined;
  }

  followsOnly(create: RoomEvent): boolean {
    return onlyPredecessor(this.event) === create.event_id;
  }

  isInRoomOf(create: RoomEvent): boolean {
    return this.event.room_id === `!${create.event_id.slice(1)}`;
  }

  lookup(type: string, stateKey: string): RoomEvent | undefined {
    return this.#lookup(type, stateKey);
  }

  membershipOf(party: Party): string {
    const user = this.#nameOf(party);
    const membership = user === undefined ? undefined : this.#lookup(MATRIX_TYPES.MEMBER, user)?.content['membership'];
    return typeof membership === 'string' ? membership : 'leave';
  }

  get joinRule(): string | undefined {
    return joinRuleOf(this.#lookup(MATRIX_TYPES.JOIN_RULES, ''));
  }

  get hasLevels(): boolean {
    return this.#stateLevels !== PowerLevels.NONE;
  }

  isCreator(party: Party): boolean {
    return this.create !== undefined && creatorsOf(this.create, this.flags).includes(this.#nameOf(party));
  }

  listedLevelOf(party: Party): number | undefined {
    const user = this.#nameOf(party);
    return user === undefined ? undefined : this.#stateLevels.entry('users', user);
  }

  fieldLevel(field: LevelField): number | undefined {
    return this.#stateLevels.field(field);
  }

  get listedRequiredLevel(): number | undefined {
    return this.#stateLevels.entry('events', this.event.type);
  }

  levelChanges(): LevelChange[] {
    return levelChanges(this.#stateLevels, PowerLevels.of(this.event, this.flags), this.event.sender, this.flags);
  }

  demand(rule: string, holds: boolean, detail: () => string): Fault | null {
    if (holds && this.#trace === undefined) return null;
    const words = detail();
    this.#trace?.push({ rule, holds, detail: words });
    return holds ? null : { rule, detail: words };
  }

  get #stateLevels(): PowerLevels {
    if (this.#levels !== undefined) return this.#levels;
    const event = this.#lookup(MATRIX_TYPES.POWER_LEVELS, '');
    return (this.#levels = event === undefined ? PowerLevels.NONE : PowerLevels.of(event, this.flags));
  }

  #nameOf(party: Party): string | undefined {
    if (party === 'sender') return this.event.sender;
    if (party === 'target') return this.event.state_key;
    const authoriser = this.field(AUTHORISER);
    return typeof authoriser === 'string' ? authoriser : undefined;
  }
}

/** Does its state key start with `@` and is not its sender? */
export function isOfAnotherUser({ sender, state_key: key }: RoomEvent): boolean {
  return key !== undefined && key.startsWith('@') && key !== sender;
}

/** The join rule that an event sets, if it is a text; `invite` where there is none. */
export function joinRuleOf(event: RoomEvent | undefined): string | undefined {
  if (event === undefined || !Object.hasOwn(event.content, 'join_rule')) return 'invite';
  const rule = event.content['join_rule'];
  return typeof rule === 'string' ? rule : undefined;
}
