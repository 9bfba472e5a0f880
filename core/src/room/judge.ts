import { authSelection } from '../auth/auth-selection.ts';
import type { StateView } from '../auth/state-view.ts';
import { authorize } from '../auth/authorize.ts';
import { rankOf } from '../auth/rank.ts';
import { RULES } from '../auth/rule-ids.ts';
import { uncovered } from '../dag/region.ts';
import { serverOf } from '../identifiers.ts';
import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { StateMap } from '../state/state-map.ts';
import { ENGINE_RULES } from './engine-rules.ts';
import { CREATE_TYPES, governingView, type Internals } from './internals.ts';
import { judgingView } from './kept-views.ts';
import type { MatrixRules } from './matrix-rules.ts';
import type { ResolvedState } from './resolver.ts';
import type { StoredEvent } from './types.ts';
import { NO_VOIDS } from './void-delta.ts';

/** ENG-14: unmerged branches of one origin that a server follows. */
const MAX_BRANCHES = 4;

/** A verdict for ever: a pure function of the event's causal past. */
export interface Judgement {
  /** Null: accepted. */
  readonly fault: Fault | null;
  readonly rank: number;
  readonly depth: number;
  /** The room's own state before the event. */
  readonly before: ResolvedState;
}

const NOTHING_BEFORE: ResolvedState = { state: StateMap.EMPTY, void: NO_VOIDS };

/** ENG-7, ENG-8. Judges an event by its past; what is not in memory is a need. `proofValid`: whether an admission's proof is right. */
export function judge(room: Internals, event: RoomEvent, proofValid: boolean | undefined): Judgement {
  if (room.matrix !== null) return judgeMatrix(room, room.matrix, event);
  const prev = room.workingSet.all(event.prev_events);
  const cited = room.guild?.workingSet.all(event.guild_heads) ?? [];
  const depth = prev.reduce((most, stored) => Math.max(most, stored.depth + 1), 0);
  const reject = (fault: Fault): Judgement => ({ fault, rank: 0, depth, before: NOTHING_BEFORE });
  const bad = citesBad(room, event, prev, cited);
  if (bad !== null) return reject(bad);
  const before = room.resolver.at(event.prev_events);
  const view =
    room.guild === null
      ? judgingView(room, before.state, 'own')
      : judgingView(room.guild, room.guild.resolver.at(event.guild_heads).state, 'channels-past');
  const context = proofValid === undefined ? { kind: room.kind } : { kind: room.kind, proofValid };
  const fault = selectionFault(room, event, view) ?? authorize(event, view, context);
  return fault === null ? { fault: null, rank: rankOf(event, view, room.kind), depth, before } : reject(fault);
}

/**
 * MX-0.1, MX-0.2. The same by the rules of a Matrix version: by the events that it cites, then by the state before it (server-server API, "Checks performed on receipt
 * of a PDU", 4 and 5). An event may follow a rejected one; the state after that one is the state before it.
 */
function judgeMatrix(room: Internals, rules: MatrixRules, event: RoomEvent): Judgement {
  const prev = room.workingSet.all(event.prev_events);
  const depth = prev.reduce((most, stored) => Math.max(most, stored.depth + 1), 0);
  const before = room.resolver.at(event.prev_events);
  return { fault: rules.byAuthEvents(event) ?? rules.byState(event, before.state), rank: 0, depth, before };
}

/** Rules about what an event cites, before any state is read. */
function citesBad(room: Internals, event: RoomEvent, prev: readonly StoredEvent[], cited: readonly StoredEvent[]): Fault | null {
  const rejected = (stored: StoredEvent): boolean => stored.verdict === 'rejected';
  const badPrev = prev.find(rejected);
  if (badPrev !== undefined) return { rule: RULES.CITES_REJECTED, detail: `prev event ${badPrev.event.event_id} was rejected` };
  const badHead = cited.find(rejected);
  if (badHead !== undefined) return { rule: RULES.CITES_REJECTED_GUILD, detail: `guild head ${badHead.event.event_id} was rejected` };
  const creates = event.type === CREATE_TYPES[room.kind];
  if (creates !== (prev.length === 0)) {
    return { rule: creates ? RULES.CREATE_ONCE : RULES.PREV, detail: creates ? 'a create event comes first' : 'no prev events' };
  }
  if (room.guild === null) return null;
  for (const stored of prev) {
    const [beyond] = beyondHeads(room.guild, event.guild_heads, stored.event.guild_heads);
    if (beyond !== undefined) {
      return {
        rule: RULES.FRONTIER,
        detail: `prev event ${stored.event.event_id} cites guild event ${beyond}, which is not in the past of guild_heads`,
      };
    }
  }
  return null;
}

/**
 * Which of these guild events are not among the heads or in their past (AUTH-2.5). A channel may have been quiet for long: where the heads are all that the guild
 * ends in here, its whole history lies before them, and nothing is walked.
 */
function beyondHeads(guild: Internals, heads: readonly string[], targets: readonly string[]): readonly string[] {
  if (targets.every((id) => heads.includes(id))) return [];
  const coversAll = guild.extremities.every((id) => heads.includes(id));
  if (coversAll && guild.workingSet.all(targets).every(inHistory)) return [];
  return uncovered(heads, targets, guild.workingSet, (count) => guild.resolver.walked(count));
}

/** ENG-11, of an event that was not rejected: among the extremities or in their past. */
function inHistory(stored: StoredEvent): boolean {
  return !stored.soft_failed;
}

/** `auth_events` must be the selection from the state before the event, so that a sender cannot choose what he is judged by. */
function selectionFault(room: Internals, event: RoomEvent, view: StateView): Fault | null {
  if (room.kind === 'channel') return null;
  const selection = authSelection(event, view, room.kind);
  if (selection.length === event.auth_events.length && selection.every((id, i) => id === event.auth_events[i])) return null;
  return { rule: RULES.AUTH_SELECTION, detail: `auth_events must be [${selection.join(', ')}]` };
}

/**
 * ENG-9. Whether this server's present state allows an accepted event: null, or why it is soft-failed.
 *
 * A local judgement, which depends on what has arrived; it decides what this server shows and builds upon, never what is valid.
 */
export function softFault(room: Internals, event: RoomEvent): Fault | null {
  if (room.matrix !== null) {
    if (event.prev_events.length === 0 || sameIds(event.prev_events, room.extremities)) return null;
    return room.matrix.byState(event, room.resolver.at(room.extremities).state);
  }
  const crowd = branchFault(room, event);
  if (crowd !== null) return crowd;
  if (room.guild !== null) {
    const ahead = room.guild.workingSet.all(event.guild_heads).find((stored) => !inHistory(stored));
    if (ahead !== undefined)
      return { rule: RULES.AHEAD, detail: `guild event ${ahead.event.event_id} is not in the past of this server's guild heads` };
  }
  if (event.prev_events.length === 0) return null;
  if (room.guild === null ? sameIds(event.prev_events, room.extremities) : sameIds(event.guild_heads, room.guild.extremities)) return null;
  const { guild } = room;
  const view = guild === null ? governingView(room) : judgingView(guild, guild.resolver.at(guild.extremities).state, 'channels-present');
  return authorize(event, view, { kind: room.kind, proofValid: true });
}

/**
 * ENG-14. An honest server's own events form a chain. One that keeps making branches would make every later step dearer; from the fifth on they are followed
 * only once something cites them.
 */
function branchFault(room: Internals, event: RoomEvent): Fault | null {
  if (room.extremities.length < MAX_BRANCHES) return null;
  const server = serverOf(event.sender);
  const unmerged = room.extremities.filter((id) => !event.prev_events.includes(id));
  const own = room.workingSet.all(unmerged).filter((stored) => serverOf(stored.event.sender) === server);
  if (own.length < MAX_BRANCHES) return null;
  return { rule: ENGINE_RULES.BRANCHES, detail: `${server} has ${own.length} branches that it has not merged` };
}

function sameIds(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((id) => b.includes(id));
}
