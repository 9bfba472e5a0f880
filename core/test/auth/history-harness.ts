import { Ancestry, type Node, resolveChannelKey, resolveHierarchical } from '@openguild/state-resolution';
import { authorize } from '../../src/auth/authorize.ts';
import { isCreate } from '../../src/auth/event-types.ts';
import { nativeRules } from '../../src/auth/native-rules.ts';
import { rankOf } from '../../src/auth/rank.ts';
import { RULES } from '../../src/auth/rule-ids.ts';
import { StateView } from '../../src/auth/state-view.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import { utf8Compare } from '../../src/json/utf8-order.ts';
import type { RoomKind } from '../../src/room/types.ts';
import { stateKeyOf } from '../../src/state/state-map.ts';
import { type FlatState, type History, type HistoryEvent, plainStateKey, proofOf, roomEvent } from './history-file.ts';

type State = ReadonlyMap<string, string>;

interface Resolved {
  readonly state: State;
  readonly void: ReadonlySet<string>;
}

interface Judged {
  readonly event: RoomEvent;
  readonly kind: RoomKind;
  readonly room: string;
  readonly past: ReadonlySet<string>;
  readonly guildPast: ReadonlySet<string>;
  before: Resolved;
  rank: number;
  rule: string | null;
}

const NOTHING: Resolved = { state: new Map(), void: new Set() };

/**
 * All rooms of one history, judged the slow way: every past is a set, every merge is resolved from the create event on. No crypto, no
 * store, no engine: the auth rules and the resolution alone.
 */
export class ReplayWorld {
  readonly judged = new Map<string, Judged>();
  readonly #kinds: Readonly<Record<string, RoomKind>>;
  readonly #cache = new Map<string, Resolved>();
  /** Called with each accepted event of a guild or plain room and a fresh view of the state before it. */
  onAccepted: (event: RoomEvent, view: () => StateView, kind: RoomKind) => void = () => {};

  constructor(kinds: Readonly<Record<string, RoomKind>>) {
    this.#kinds = kinds;
  }

  receive(e: HistoryEvent): Judged {
    const event = roomEvent(e);
    const kind = this.#kinds[e.room] as RoomKind;
    const heads = event.guild_heads;
    const judged: Judged = {
      event,
      kind,
      room: e.room,
      past: this.past(event.prev_events),
      guildPast: this.past(heads),
      before: NOTHING,
      rank: 0,
      rule: null,
    };
    judged.rule = this.#citesBad(judged);
    if (judged.rule === null) {
      judged.before = this.resolved(e.room, event.prev_events);
      const state = kind === 'channel' ? this.resolved('g', heads).state : judged.before.state;
      const view = (): StateView => this.view(state);
      judged.rule = authorize(event, view(), { kind, proofValid: proofOf(e) })?.rule ?? null;
      judged.rank = judged.rule === null ? rankOf(event, view(), kind) : 0;
      if (judged.rule === null) this.onAccepted(event, view, kind);
    }
    this.judged.set(e.id, judged);
    return judged;
  }

  one(id: string): Judged {
    const found = this.judged.get(id);
    if (found === undefined) throw new Error(`no event ${id}`);
    return found;
  }

  past(heads: readonly string[]): ReadonlySet<string> {
    const all = new Set<string>();
    for (const head of heads) {
      all.add(head);
      for (const id of this.one(head).past) all.add(id);
    }
    return all;
  }

  heads(room: string): string[] {
    const mine = [...this.judged.values()].filter((j) => j.room === room && j.rule === null);
    const covered = new Set(mine.flatMap((j) => [...j.past]));
    return mine.map((j) => j.event.event_id).filter((id) => !covered.has(id));
  }

  view(state: State): StateView {
    const at = (type: string, key: string): RoomEvent | undefined => {
      const id = state.get(stateKeyOf(type, key));
      return id === undefined ? undefined : this.one(id).event;
    };
    return new StateView(at, at('m.guild.create', '') ?? at('m.room.create', ''));
  }

  /** After a single head the state before it with the event put in; else the resolution of all that is before the heads. */
  resolved(room: string, heads: readonly string[]): Resolved {
    const [only] = heads;
    const head = only === undefined ? undefined : this.one(only);
    if (heads.length !== 1 || head === undefined || head.kind === 'channel') return this.resolvedSet(room, this.past(heads));
    if (head.rule !== null || head.event.state_key === undefined) return head.before;
    return {
      state: new Map([...head.before.state, [stateKeyOf(head.event.type, head.event.state_key), head.event.event_id]]),
      void: head.before.void,
    };
  }

  resolvedSet(room: string, ids: ReadonlySet<string>): Resolved {
    const accepted = [...ids].filter((id) => this.one(id).rule === null).sort(utf8Compare);
    const name = `${room} ${accepted.join(',')}`;
    let result = this.#cache.get(name);
    if (result === undefined) this.#cache.set(name, (result = this.#resolve(room, accepted)));
    return result;
  }

  /** The region after the create event, for resolving it in other orders. */
  region(ids: Iterable<string>): Node<RoomEvent>[] {
    return [...ids]
      .map((id) => this.one(id))
      .filter(({ event, rule, kind }) => rule === null && !(isCreate(event) && kind !== 'channel'))
      .map(({ event, rank, before }) => ({
        id: event.event_id,
        event,
        prev: event.prev_events,
        key: event.state_key === undefined ? undefined : stateKeyOf(event.type, event.state_key),
        rank,
        originTs: event.origin_ts,
        voidBefore: before.void,
      }));
  }

  /** The state at the cut, when the cut is the create event. */
  base(room: string): (key: string) => RoomEvent | undefined {
    const create = [...this.judged.values()].find((j) => j.room === room && isCreate(j.event) && j.rule === null)?.event;
    return (key) => (create !== undefined && key === stateKeyOf(create.type, '') ? create : undefined);
  }

  rules(room: string): ReturnType<typeof nativeRules> {
    return nativeRules(this.#kinds[room] === 'plain' ? 'plain' : 'guild', this.base(room), (id) => this.one(id).event);
  }

  #resolve(room: string, accepted: readonly string[]): Resolved {
    const region = this.region(accepted);
    if (this.#kinds[room] === 'channel') return { state: this.#channelState(region), void: new Set() };
    const { changes, void: without } = resolveHierarchical({ region, base: this.base(room) }, this.rules(room));
    const state = new Map([...changes].map(([key, event]) => [key, event.event_id]));
    const create = accepted.map((id) => this.one(id).event).find(isCreate);
    if (create !== undefined) state.set(stateKeyOf(create.type, ''), create.event_id);
    return { state, void: without };
  }

  #channelState(region: readonly Node<RoomEvent>[]): State {
    const ancestry = new Ancestry(region);
    const byKey = new Map<string, number[]>();
    for (const [number, node] of ancestry.states.entries())
      byKey.set(node.key as string, [...(byKey.get(node.key as string) ?? []), number]);
    const state = new Map<string, string>();
    for (const [key, numbers] of byKey) {
      const candidates = ancestry.lastOf(numbers).map((number) => ancestry.states[number] as Node<RoomEvent>);
      const guildPast = (event: RoomEvent): ReadonlySet<string> => this.one(event.event_id).guildPast;
      const union = new Set(candidates.flatMap((candidate) => [...guildPast(candidate.event)]));
      const winner = resolveChannelKey(candidates, {
        guildPastInside: (a, b) => isWithin(guildPast(a), guildPast(b)) && guildPast(a).size < guildPast(b).size,
        atUnion: (event) => {
          const view = this.view(this.resolvedSet('g', union).state);
          return { authorised: authorize(event, view, { kind: 'channel' }) === null, rank: rankOf(event, view, 'channel') };
        },
      });
      state.set(key, winner.event_id);
    }
    return state;
  }

  #citesBad({ event, kind, guildPast }: Judged): string | null {
    if (event.prev_events.some((id) => this.one(id).rule !== null)) return RULES.CITES_REJECTED;
    if (event.guild_heads.some((id) => this.one(id).rule !== null)) return RULES.CITES_REJECTED_GUILD;
    if (event.prev_events.length === 0 && !isCreate(event)) return RULES.PREV;
    if (kind !== 'channel') return null;
    if (event.guild_heads.length < 1 || event.guild_heads.length > 10) return RULES.GUILD_HEADS;
    if (event.prev_events.some((id) => !isWithin(this.one(id).guildPast, guildPast))) return RULES.FRONTIER;
    return (event.type === 'm.channel.create') !== (event.prev_events.length === 0) ? RULES.CREATE_ONCE : null;
  }
}

function isWithin(a: ReadonlySet<string>, b: ReadonlySet<string>): boolean {
  return [...a].every((one) => b.has(one));
}

/** The ID that goes with a label of the reference model. */
export function ruleOfLabel(label: string): string | undefined {
  return (RULES as Readonly<Record<string, string>>)[label.replaceAll('-', '_')];
}

/** A state of the file with the keys that the rules see. */
function expectedState(flat: FlatState): Map<string, string> {
  return new Map(
    Object.entries(flat).map(([key, id]) => {
      const bar = key.indexOf('|');
      const type = key.slice(0, bar);
      return [stateKeyOf(type, plainStateKey(type, key.slice(bar + 1))), id];
    }),
  );
}

function sameState(got: State, flat: FlatState): boolean {
  const want = expectedState(flat);
  return got.size === want.size && [...want].every(([key, id]) => got.get(key) === id);
}

/** Replays one history, and says where the outcome differs from the recorded one: verdicts, rules, states, void events. */
export function differences(history: History, world = new ReplayWorld(history.rooms)): string[] {
  const outcome: string[] = [];
  for (const e of history.events) {
    const { rule } = world.receive(e);
    const want = history.expect[e.id];
    const wanted = want?.rule === undefined ? null : ruleOfLabel(want.rule);
    if (wanted !== rule) outcome.push(`${history.id} ${e.id}: ${rule ?? 'accepted'}, expected ${want?.rule ?? want?.verdict}`);
    for (const [room, flat] of Object.entries(history.state_after[e.id] ?? {})) {
      const heads = room === e.room ? [e.id] : (e.guild_heads ?? []);
      if (!sameState(world.resolved(room, heads).state, flat)) outcome.push(`${history.id} ${e.id}: state of ${room} differs`);
    }
  }
  for (const [room, flat] of Object.entries(history.final)) {
    const heads = world.heads(room);
    if (heads.sort(utf8Compare).join() !== [...(history.heads[room] ?? [])].sort(utf8Compare).join())
      outcome.push(`${history.id}: heads of ${room} differ`);
    const got = world.resolvedSet(room, world.past(heads));
    if (!sameState(got.state, flat)) outcome.push(`${history.id}: final state of ${room} differs`);
    const voids = history.void[room];
    if (voids !== undefined && [...got.void].sort(utf8Compare).join() !== Object.keys(voids).sort(utf8Compare).join())
      outcome.push(`${history.id}: void events of ${room} differ`);
  }
  return outcome;
}
