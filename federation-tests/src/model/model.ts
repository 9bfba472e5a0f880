import { type Kind, KIND_OF_CREATE, keyOf, type ModelEvent, View } from './event.ts';
import { type Judged, resolve, resolveChannel, type Resolved, type Settled, type State } from './resolution.ts';
import { authorize } from './rules.ts';
import { selection } from './selection.ts';
import { actingRank, rankOfEvent } from './standing.ts';

const NOTHING: ReadonlySet<string> = new Set();
/** Answers remembered. */
const MAX_ANSWERS = 20_000;

/**
 * The rules of PROTOCOL.md (AUTH, RES) once more, written to be read and not to be fast: no cut, no memory between events but of whole answers, sets
 * of all ancestors. Give it events in an order in which everything cited comes first.
 */
export class Model {
  readonly records = new Map<string, Judged>();
  /** Rule -> how often it decided something in resolution. */
  readonly reached = new Map<string, number>();
  readonly #kinds = new Map<string, Kind>();
  readonly #resolved: Map<string, Resolved>;
  /** Room and heads -> the answer: what is before an event never changes. */
  readonly #answers = new Map<string, Resolved>();
  #guild = '';
  #settled: Settled | undefined;

  constructor(resolved = new Map<string, Resolved>()) {
    this.#resolved = resolved;
  }

  /** The same, to be continued separately. Answers already known are shared: they depend on the set of events alone. */
  fork(): Model {
    const copy = new Model(this.#resolved);
    for (const [id, record] of this.records) copy.records.set(id, record);
    for (const [room, kind] of this.#kinds) copy.#kinds.set(room, kind);
    copy.#guild = this.#guild;
    copy.#settled = this.#settled;
    return copy;
  }

  /**
   * RES-9: what is up to this event is decided, and is judged no more. Only if every event that comes has it in its past. Answers are then others
   * than before, so they are not shared with the model that this one was forked from.
   */
  settle(room: string, id: string): Model {
    const { state, void: voided } = this.at(room, [id]);
    const ids = this.past([id]);
    const holders = new Map([...state].map(([key, holder]) => [key, this.records.get(holder) as Judged]));
    const create = [...ids].map((one) => this.records.get(one) as Judged).find((one) => one.event.type in KIND_OF_CREATE) as Judged;
    const copy = new Model();
    for (const [one, record] of this.records) copy.records.set(one, record);
    for (const [each, kind] of this.#kinds) copy.#kinds.set(each, kind);
    copy.#guild = this.#guild;
    copy.#settled = { ids, holders, create, void: new Set(voided.keys()) };
    return copy;
  }

  /** Null: accepted. Else the first rule that rejects it. */
  receive(event: ModelEvent): string | null {
    const own = KIND_OF_CREATE[event.type];
    if (!this.#kinds.has(event.room) && own !== undefined && event.prev.length === 0) {
      this.#kinds.set(event.room, own);
      if (own === 'guild') this.#guild = event.room;
    }
    const kind = this.#kinds.get(event.room) as Kind;
    const record = this.#judge(event, kind);
    this.records.set(event.id, record);
    return record.fault;
  }

  /** The state at these accepted events, and what is void there. */
  at(room: string, heads: readonly string[]): Resolved {
    const question = `${room} ${heads.join(' ')}`;
    let answer = this.#answers.get(question);
    if (answer === undefined) {
      answer = this.#at(room, heads);
      if (this.#answers.size >= MAX_ANSWERS) this.#answers.clear();
      this.#answers.set(question, answer);
    }
    return answer;
  }

  #at(room: string, heads: readonly string[]): Resolved {
    const [only, ...more] = heads;
    if (only === undefined) return { state: new Map(), void: new Map() };
    const r = this.records.get(only) as Judged;
    if (more.length === 0 && this.#kinds.get(room) !== 'channel' && !(r.event.type in KIND_OF_CREATE)) {
      const state = new Map(r.before);
      if (r.event.stateKey !== undefined) state.set(keyOf(r.event.type, r.event.stateKey), only);
      return { state, void: new Map([...r.voidBefore].map((id) => [id, ''])) };
    }
    return this.#atSet(room, this.past(heads));
  }

  viewAt(room: string, heads: readonly string[]): View {
    return this.viewOf(this.at(room, heads).state);
  }

  /** The same as `at`, always from the whole set of events, and never from what is remembered of a single head. */
  resolved(room: string, heads: readonly string[]): Resolved {
    return this.#atSet(room, this.past(heads));
  }

  /** These events and everything before them. */
  past(heads: readonly string[]): ReadonlySet<string> {
    const all = new Set<string>();
    for (const head of heads) {
      all.add(head);
      for (const id of this.records.get(head)?.past ?? []) all.add(id);
    }
    return all;
  }

  #judge(event: ModelEvent, kind: Kind): Judged {
    const past = this.past(event.prev);
    const guildPast = kind === 'channel' ? this.past(event.guildHeads) : NOTHING;
    const cites = this.#citesBad(event, kind, guildPast);
    const empty = { event, past, guildPast, before: new Map<string, string>(), voidBefore: NOTHING, rank: 0 };
    if (cites !== null) return { ...empty, fault: cites };
    const { state, void: voided } = this.at(event.room, event.prev);
    const view = kind === 'channel' ? this.viewAt(this.#guild, event.guildHeads) : this.viewOf(state);
    const fault = (kind === 'channel' ? null : wrongSelection(event, view)) ?? authorize(event, view, kind);
    if (fault !== null) return { ...empty, fault };
    const rank = rankOfEvent(view, event, kind !== 'channel' && event.type in KIND_OF_CREATE);
    return { event, past, guildPast, before: state, voidBefore: new Set(voided.keys()), rank, fault: null };
  }

  /** AUTH-2 */
  #citesBad(event: ModelEvent, kind: Kind, guildPast: ReadonlySet<string>): string | null {
    const rejected = (id: string): boolean => this.records.get(id)?.fault !== null;
    if (event.prev.some(rejected)) return 'AUTH-2.1';
    if (event.guildHeads.some(rejected)) return 'AUTH-2.2';
    const creates = KIND_OF_CREATE[event.type] === kind;
    if (creates !== (event.prev.length === 0)) return creates ? 'AUTH-1.2' : 'AUTH-2.3';
    if (kind !== 'channel') return null;
    const behind = event.prev.some((id) => this.records.get(id)?.event.guildHeads.some((head) => !guildPast.has(head)) === true);
    return behind ? 'AUTH-2.5' : null;
  }

  #atSet(room: string, ids: ReadonlySet<string>): Resolved {
    const settled = this.#settled;
    const p = [...ids]
      .filter((id) => settled?.ids.has(id) !== true)
      .map((id) => this.records.get(id) as Judged)
      .filter((r) => r.fault === null && r.event.stateKey !== undefined);
    const name = `${room} ${p
      .map((r) => r.event.id)
      .sort((a, b) => (a < b ? -1 : 1))
      .join(' ')}`;
    let known = this.#resolved.get(name);
    if (known === undefined) {
      const kind = this.#kinds.get(room) as Kind;
      const reached = (rule: string): void => void this.reached.set(rule, (this.reached.get(rule) ?? 0) + 1);
      known =
        kind === 'channel'
          ? { state: resolveChannel(p, (r, union) => this.#judgeInGuild(r, union), reached), void: new Map<string, string>() }
          : resolve(p, kind, reached, (id) => (ids.has(id) ? this.records.get(id) : undefined), settled);
      if (this.#resolved.size >= MAX_ANSWERS) this.#resolved.clear();
      this.#resolved.set(name, known);
    }
    return known;
  }

  #judgeInGuild(r: Judged, guildPast: ReadonlySet<string>): { authorised: boolean; rank: number } {
    const view = this.viewOf(this.#atSet(this.#guild, guildPast).state);
    return { authorised: authorize(r.event, view, 'channel') === null, rank: actingRank(view, r.event) };
  }

  viewOf(state: State): View {
    const at = (key: string): ModelEvent | undefined => this.records.get(state.get(key) ?? '')?.event;
    return new View((_type, _stateKey, key) => at(key), at(keyOf('m.guild.create', '')) ?? at(keyOf('m.room.create', '')));
  }
}

/** AUTH-2.6 */
function wrongSelection(event: ModelEvent, view: View): string | null {
  const right = selection(event, view);
  return right.length === event.auth.length && right.every((id, i) => id === event.auth[i]) ? null : 'AUTH-2.6';
}
