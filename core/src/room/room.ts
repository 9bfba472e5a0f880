import { RULES } from '../auth/rule-ids.ts';
import type { StateView } from '../auth/state-view.ts';
import { historyPage } from '../dag/history.ts';
import type { EventDraft, RoomEvent, UnverifiedCopy } from '../event/types.ts';
import { type Fault, fail, ok, type Result } from '../fault.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { StateMap } from '../state/state-map.ts';
import { stateHash } from '../state/state-hash.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { roomVersion } from '../version/room-version.ts';
import { ask } from './ask.ts';
import { type DagNode, dagOf } from './dag-view.ts';
import { nextEvent, refused } from './draft.ts';
import { apply, type Entry, entryOf, rejudgedEntry } from './enter.ts';
import { type Explanation, explain } from './explain.ts';
import { CREATE_TYPES, type Internals, viewOf } from './internals.ts';
import { judge } from './judge.ts';
import { askedView, forgetViews } from './kept-views.ts';
import { MatrixRules } from './matrix-rules.ts';
import { ENGINE_RULES } from './engine-rules.ts';
import { Resolver, type StateTrace } from './resolver.ts';
import { type Serving, serversOf, serving } from './servers.ts';
import type {
  Ask,
  CreateContext,
  Created,
  HistoryCursor,
  HistoryPage,
  Received,
  ReceiveLimits,
  RoomKind,
  RoomSnapshot,
  StoredEvent,
  Supplies,
} from './types.ts';
import { WorkingSet } from './working-set.ts';

/**
 * One room: the only place where an event becomes part of one. Pure and synchronous: every question is answered, or says what it needs
 * (`Ask.needs`); serve the needs with `supply` and ask again. The same code runs in a host, in a simulator and in a browser.
 *
 * `receive`, `create` and `rejudge` change the room in memory at once and return what to write. If that cannot be written, throw the
 * room away and open it again. Two steps of one room must not overlap; a step of a channel may run beside a step of its guild.
 */
export class Room {
  readonly #in: Internals;
  readonly guild: Room | null;
  #made: Made | null = null;

  private constructor(inside: Internals, guild: Room | null) {
    this.#in = inside;
    this.guild = guild;
  }

  /** A stored room. Reads nothing yet: all of it comes as needs. Channels take their guild's room. Throws on an unknown room version. */
  static open(snapshot: RoomSnapshot, guild?: Room): Room {
    const version = roomVersion(snapshot.room_version);
    if (version === undefined) throw new Error(`unknown room version ${snapshot.room_version}`);
    return Room.#make(snapshot.room_id, snapshot.kind, version, guild ?? null, snapshot.extremities);
  }

  /**
   * A room of which nothing is stored yet. Its first `receive` must be this create event.
   * Refuses what is no create event, an unknown version, and a channel whose guild is another, or of another version (ENG-1 to ENG-3).
   */
  static fromCreate(create: RoomEvent, version: RoomVersion, guild?: Room): Result<Room> {
    const kind = kindOfCreate(create.type);
    if (kind === undefined) return fail(ENGINE_RULES.CREATE_FIRST, `${create.type} does not create a room`);
    if (kind !== 'plain' && version.authority !== 'native')
      return fail(ENGINE_RULES.CREATE_FIRST, `${create.type} creates no room of version ${version.id}`);
    if (create.content['room_version'] !== version.id) return fail(ENGINE_RULES.VERSION, `room_version must be ${version.id}`);
    if (kind === 'channel' && (guild?.kind !== 'guild' || create.content['guild'] !== guild.room_id)) {
      return fail(ENGINE_RULES.CHANNEL_GUILD, 'the channel belongs to another guild');
    }
    if (kind === 'channel' && guild?.version.id !== version.id)
      return fail(ENGINE_RULES.VERSION, `the guild is of version ${guild?.version.id ?? ''}`);
    return ok(Room.#make(create.room_id, kind, version, kind === 'channel' ? (guild ?? null) : null, []));
  }

  static #make(roomId: string, kind: RoomKind, version: RoomVersion, guild: Room | null, extremities: readonly string[]): Room {
    if ((kind === 'channel') !== (guild !== null)) throw new Error('a channel, and only a channel, has a guild');
    const workingSet = new WorkingSet(roomId);
    const authority = guild === null ? null : guild.#in;
    const matrix = version.authority === 'native' ? null : new MatrixRules(workingSet, version, version.authority);
    const resolver = new Resolver(workingSet, kind, authority, matrix);
    const sorted = [...extremities].sort(utf8Compare);
    return new Room({ room_id: roomId, kind, version, guild: authority, workingSet, resolver, matrix, extremities: sorted }, guild);
  }

  get room_id(): string {
    return this.#in.room_id;
  }

  get kind(): RoomKind {
    return this.#in.kind;
  }

  get version(): RoomVersion {
    return this.#in.version;
  }

  /** The room's forward extremities, sorted by UTF-8 bytes. Empty only before the create event. */
  get extremities(): readonly string[] {
    return this.#in.extremities;
  }

  /** What a store keeps of the room itself. */
  snapshot(): RoomSnapshot {
    const { room_id, kind, version, extremities } = this.#in;
    return { room_id, room_version: version.id, kind, guild_id: this.guild?.room_id ?? null, extremities };
  }

  /** Serves needs. What concerns the guild goes to the guild. */
  supply(supplies: Supplies): void {
    this.#in.workingSet.supply(supplies);
    this.guild?.supply(supplies);
  }

  /**
   * A copy of an event that came from anywhere. Supply the stored event first if its ID is stored.
   * With a limit on what is replayed, a step that would go beyond it is not taken, and says so (`Needs.replays`).
   *
   * Steps: room, signatures, what it cites, auth events, auth rules by its past, present state (ENG rules).
   */
  receive(copy: UnverifiedCopy, limits: ReceiveLimits = {}): Ask<Received> {
    return this.#askWithin(limits.maxReplayed, () => {
      const known = this.#in.workingSet.peek(copy.event.event_id);
      if (known !== undefined && !heals(copy.event, known)) return { outcome: { kind: 'known', stored: known }, effects: null };
      const bad = this.#copyFault(copy);
      if (bad !== null) return { outcome: { kind: 'dropped', fault: bad }, effects: null };
      if (known !== undefined) return this.#heal(known, copy.event);
      return this.#enter(copy);
    });
  }

  /** What `receive` would answer of a copy that brings nothing new, if that is to be seen from memory alone; else null, which says nothing. */
  knownAlready({ event }: UnverifiedCopy): StoredEvent | null {
    const known = this.#in.workingSet.peek(event.event_id);
    return known === undefined || heals(event, known) ? null : known;
  }

  /** Makes, signs and enters the next event by this draft; `refused` if the rules or the present state do not allow it. */
  create(draft: EventDraft, context: CreateContext): Ask<Created> {
    return this.#ask((): Created => {
      const copy = this.#nextEvent(draft, context);
      if (!copy.ok) return refused(copy);
      const { event } = copy.value;
      const waits = (context.cosigners ?? []).length > 0;
      const entry = this.#judge(copy.value);
      if (entry.outcome.kind !== 'accepted')
        return refused('fault' in entry.outcome ? entry.outcome.fault : { rule: ENGINE_RULES.KNOWN, detail: 'known already' });
      if (waits) return { outcome: { kind: 'accepted' }, event, effects: null };
      apply(this.#in, entry);
      return { outcome: { kind: 'accepted' }, event, effects: entry.effects };
    });
  }

  /**
   * ENG-10. Judges an event that was ahead by the present state again; any other that was soft-failed stays so, whatever the state allows by now. Nothing is
   * written where nothing changes.
   */
  rejudge(eventId: string): Ask<Received> {
    return this.#ask(() => {
      const stored = this.#in.workingSet.one(eventId);
      const wasAhead = stored.soft_failed && stored.fault?.rule === RULES.AHEAD;
      const entry = wasAhead ? rejudgedEntry(this.#in, stored) : null;
      if (entry === null) return { outcome: { kind: 'known', stored }, effects: null };
      apply(this.#in, entry);
      return { outcome: entry.outcome, effects: entry.effects };
    });
  }

  /** The state at the room's extremities. */
  currentState(): Ask<StateMap> {
    return this.#ask(() => this.#in.resolver.at(this.#in.extremities).state);
  }

  /** The state after these accepted events together. */
  stateAfter(eventIds: readonly string[]): Ask<StateMap> {
    return this.#ask(() => this.#in.resolver.at(eventIds).state);
  }

  /** The event that holds an entry of the current state. */
  stateEvent(type: string, stateKey = ''): Ask<RoomEvent | null> {
    return this.#ask(() => {
      const id = this.#in.resolver.at(this.#in.extremities).state.get(type, stateKey);
      return id === undefined ? null : this.#in.workingSet.one(id).event;
    });
  }

  /** Events of the current state of one type (any type if undefined), or of all types. */
  stateEvents(type?: string): Ask<readonly RoomEvent[]> {
    return this.#ask(() => {
      const { state } = this.#in.resolver.at(this.#in.extremities);
      const entries = type === undefined ? [...state.entries()].map(([, , id]) => id) : [...state.ofType(type)].map(([, id]) => id);
      return this.#in.workingSet.all(entries).map((stored) => stored.event);
    });
  }

  /** Runs a question on the state that governs this room (a channel's: its guild's). The view is valid only inside the question. */
  judgeBy<T>(question: (view: StateView) => T): Ask<T> {
    return this.#ask(() => question(askedView(this.#in)));
  }

  /** The same on the state after these accepted events of the governing room (a channel's guild), for example an event's guild heads. */
  judgeAt<T>(heads: readonly string[], question: (view: StateView) => T): Ask<T> {
    const governor = this.#in.guild ?? this.#in;
    return this.#ask(() => question(viewOf(governor, governor.resolver.at(heads).state)));
  }

  /** State events of their past that are void at these heads. Empty in channels. */
  voidAt(heads: readonly string[]): Ask<ReadonlySet<string>> {
    return this.#ask(() => this.#in.resolver.voids(heads));
  }

  /** BLAKE3 of the canonical list of current state entries, base58: equal on servers that have the same history. */
  stateHash(): Ask<string> {
    return this.#ask(() => stateHash(this.#in.resolver.at(this.#in.extremities).state, this.#in.version));
  }

  /** One stored event of this room. */
  event(eventId: string): Ask<StoredEvent> {
    return this.#ask(() => this.#in.workingSet.one(eventId));
  }

  /** One page of history, newest first. A cursor must come from an earlier page. */
  history(limit: number, cursor: HistoryCursor | null = null): Ask<HistoryPage> {
    return this.#ask(() => historyPage(this.#in.extremities, limit, cursor, this.#in.workingSet));
  }

  /** Why this event was judged as it was, and what became of it, rule by rule. */
  explain(eventId: string): Ask<Explanation> {
    return this.#ask(() => explain(this.#in, eventId));
  }

  /** Why the state at these heads, two at least, came out as it did: every event and every entry that was in conflict. */
  resolution(heads: readonly string[]): Ask<StateTrace> {
    return this.#ask(() => this.#in.resolver.trace(heads));
  }

  /** The newest part of the history as a graph, causal order. */
  dag(limit: number): Ask<readonly DagNode[]> {
    return this.#ask(() => dagOf(this.#in, limit));
  }

  /** Servers that get this room's events. */
  servers(): Ask<readonly string[]> {
    return this.#ask(() => serversOf(this.#in));
  }

  /** How much of a stored event a server may have. */
  mayServe(eventId: string, server: string): Ask<Serving> {
    return this.#ask(() => serving(this.#in, eventId, server));
  }

  #askWithin<T>(maxReplayed: number | undefined, question: () => T): Ask<T> {
    if (maxReplayed === undefined) return this.#ask(question);
    const { resolver, guild } = this.#in;
    return this.#ask(() => resolver.within(maxReplayed, guild === null ? question : () => guild.resolver.within(maxReplayed, question)));
  }

  #ask<T>(question: () => T): Ask<T> {
    const answer = ask(question);
    if (answer.needs === null) this.#in.workingSet.trim(this.#in.extremities);
    return answer;
  }

  /** Made and signed once, however often the same draft must be judged until its needs are served. */
  #nextEvent(draft: EventDraft, context: CreateContext): Result<UnverifiedCopy> {
    const heads = [this.#in.extremities, this.#in.guild?.extremities];
    const made = this.#made;
    if (made?.draft === draft && made.context === context && made.heads.every((one, i) => one === heads[i])) return made.copy;
    const copy = nextEvent(this.#in, draft, context);
    this.#made = { draft, context, heads, copy };
    return copy;
  }

  #copyFault(copy: UnverifiedCopy): Fault | null {
    if (copy.event.room_id !== this.room_id) return { rule: ENGINE_RULES.ROOM, detail: `the event belongs to ${copy.event.room_id}` };
    const { workingSet } = this.#in;
    const wrongKey = copy.signatures[workingSet.verdicts(copy.signatures).indexOf(false)]?.key_id;
    if (wrongKey !== undefined)
      return { rule: ENGINE_RULES.SIGNATURE, detail: `the signature by ${wrongKey} is wrong, or its key is not admissible` };
    const wrongServer = copy.servers[workingSet.serverVerdicts(copy.servers).indexOf(false)]?.server;
    return wrongServer === undefined ? null : { rule: ENGINE_RULES.SIGNATURE, detail: `no right signature of ${wrongServer}` };
  }

  #judge(copy: UnverifiedCopy): Entry {
    const proofValid = copy.proof === undefined ? undefined : this.#in.workingSet.verdicts([copy.proof])[0] === true;
    return entryOf(this.#in, copy.event, judge(this.#in, copy.event, proofValid));
  }

  #enter(copy: UnverifiedCopy): Received {
    const entry = this.#judge(copy);
    apply(this.#in, entry);
    return { outcome: entry.outcome, effects: entry.effects };
  }

  /** A copy with the right content replaces one that had to be redacted. Verdict and state do not depend on what redaction removes. */
  #heal(known: StoredEvent, event: RoomEvent): Received {
    const stored: StoredEvent = { ...known, event };
    this.#in.workingSet.put(stored);
    forgetViews(this.#in);
    const effects = { room_id: this.room_id, stored, creates_room: false, extremities: null, enters_history: [], state_changes: [] };
    return { outcome: { kind: 'known', stored }, effects };
  }
}

/** A whole copy of an event of which only the redacted form is kept. */
function heals(event: RoomEvent, known: StoredEvent): boolean {
  return known.event.redacted && !event.redacted;
}

/** The event that was made last, and of what. */
interface Made {
  readonly draft: EventDraft;
  readonly context: CreateContext;
  /** The extremities then, of the room and of its guild. */
  readonly heads: readonly (readonly string[] | undefined)[];
  readonly copy: Result<UnverifiedCopy>;
}

function kindOfCreate(type: string): RoomKind | undefined {
  return (Object.keys(CREATE_TYPES) as RoomKind[]).find((kind) => CREATE_TYPES[kind] === type);
}
