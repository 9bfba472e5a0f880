import { isPower, type Kind, KIND_OF_CREATE, keyOf, type ModelEvent, View } from './event.ts';
import { authorize } from './rules.ts';

/** Entry -> event ID. */
export type State = ReadonlyMap<string, string>;

/** An event with what its past says about it. */
export interface Judged {
  readonly event: ModelEvent;
  /** All events before it, in its own room. */
  readonly past: ReadonlySet<string>;
  readonly before: State;
  readonly voidBefore: ReadonlySet<string>;
  readonly rank: number;
  /** The rule that rejects it; null: accepted. */
  readonly fault: string | null;
  /** Channels: the guild heads and everything before them. */
  readonly guildPast: ReadonlySet<string>;
}

/** RES-9. A past about which all is decided: everything after it has all of it in its own past. */
export interface Settled {
  readonly ids: ReadonlySet<string>;
  /** Entry -> the event that holds it at the end of that past. */
  readonly holders: ReadonlyMap<string, Judged>;
  readonly create: Judged;
  readonly void: ReadonlySet<string>;
}

export interface Resolved {
  readonly state: State;
  /** Void event -> RES-5 or RES-6. */
  readonly void: ReadonlyMap<string, string>;
}

export function concurrent(a: Judged, b: Judged): boolean {
  return a !== b && !a.past.has(b.event.id) && !b.past.has(a.event.id);
}

function idKey(r: Judged): string {
  return keyOf(r.event.type, r.event.stateKey ?? '');
}

/** Later time stamp, then greater ID; IDs are ASCII. */
function later(a: Judged, b: Judged): number {
  return a.event.ts - b.event.ts || (a.event.id < b.event.id ? -1 : 1);
}

function lastOnes(candidates: readonly Judged[]): Judged[] {
  return candidates.filter((c) => !candidates.some((o) => o.past.has(c.event.id)));
}

/** RES-2, RES-3 */
export function value(candidates: readonly Judged[], reached?: (why: string) => void): Judged | undefined {
  const ends = lastOnes(candidates);
  if (ends.length <= 1) return ends[0];
  reached?.('RES-3');
  const shared = (id: string): boolean => ends.every((end) => end.past.has(id));
  const weight = (end: Judged): number =>
    Math.max(...candidates.filter((c) => c === end || (end.past.has(c.event.id) && !shared(c.event.id))).map((c) => c.rank));
  const isBan = (r: Judged): number => (r.event.type === 'm.room.member' && r.event.content['membership'] === 'ban' ? 1 : 0);
  return ends.reduce((best, one) => ((isBan(one) - isBan(best) || weight(one) - weight(best) || later(one, best)) > 0 ? one : best));
}

/**
 * RES-4 to RES-7, over all accepted state events of some past; with `settled`, over those that come after it. `stayOf` finds the event that a grant
 * names. `reached` hears which rules decided something.
 */
export function resolve(
  records: readonly Judged[],
  kind: Kind,
  reached: (rule: string) => void,
  stayOf: (id: string) => Judged | undefined,
  settled?: Settled,
): Resolved {
  const byKey = candidatesByKey(records, settled);
  const create = settled?.create ?? records.find((r) => r.event.type in KIND_OF_CREATE);
  const isSettled = (c: Judged): boolean => settled?.ids.has(c.event.id) === true;
  const isVoid = new Map<string, boolean>();
  const why = new Map<string, string>();
  const order = [...records].sort((a, b) => b.rank - a.rank || a.past.size - b.past.size || later(a, b));
  for (const r of order) {
    let rule: string | null = null;
    if (r !== create) {
      const view = new View((_type, _stateKey, key) => {
        const seen = (byKey.get(key) ?? []).filter(
          (c) => r.past.has(c.event.id) && (isSettled(c) || !(isVoid.get(c.event.id) ?? r.voidBefore.has(c.event.id))),
        );
        return value(seen)?.event;
      }, create?.event);
      if (authorize(r.event, view, kind) !== null) rule = 'RES-5';
      else if (undone(r, view, records, isVoid, stayOf, kind)) rule = 'RES-6';
    }
    isVoid.set(r.event.id, rule !== null);
    if (rule === null) continue;
    why.set(r.event.id, rule);
    reached(rule);
  }
  const state = new Map<string, string>();
  for (const [key, all] of byKey) {
    const winner = value(
      all.filter((r) => isSettled(r) || isVoid.get(r.event.id) === false),
      reached,
    );
    if (winner !== undefined) state.set(key, winner.event.id);
  }
  for (const id of settled?.void ?? []) why.set(id, '');
  return { state, void: why };
}

function candidatesByKey(records: readonly Judged[], settled: Settled | undefined): Map<string, Judged[]> {
  const byKey = Map.groupBy(records, idKey);
  for (const [key, holder] of settled?.holders ?? []) byKey.set(key, [holder, ...(byKey.get(key) ?? [])]);
  return byKey;
}

/** RES-6 */
function undone(
  r: Judged,
  view: View,
  records: readonly Judged[],
  isVoid: ReadonlyMap<string, boolean>,
  stayOf: (id: string) => Judged | undefined,
  kind: Kind,
): boolean {
  const { read } = view;
  return records.some((o) => {
    if (isVoid.get(o.event.id) !== false || o.rank <= r.rank || !isPower(o.event) || !concurrent(o, r)) return false;
    const put = new Map([[idKey(o), o.event]]);
    if (o.event.type === 'm.guild.member_roles') {
      const stay = stayOf(o.event.content['stay'] as string);
      if (stay !== undefined) put.set(idKey(stay), stay.event);
    }
    return [...put.keys()].some((key) => read.has(key)) && authorize(r.event, view.with(put), kind) !== null;
  });
}

/** RES-8. `judge`: is it authorised in the guild's state at a union of guild pasts, and how does its sender rank there? */
export function resolveChannel(
  records: readonly Judged[],
  judge: (r: Judged, guildPast: ReadonlySet<string>) => { readonly authorised: boolean; readonly rank: number },
  reached: (rule: string) => void,
): State {
  const state = new Map<string, string>();
  for (const [key, all] of Map.groupBy(records, idKey)) {
    const ends = lastOnes(all);
    const union = new Set(ends.flatMap((end) => [...end.guildPast]));
    const inside = (a: Judged, b: Judged): boolean =>
      a.guildPast.size < b.guildPast.size && [...a.guildPast].every((id) => b.guildPast.has(id));
    const fresh = ends.filter((end) => !ends.some((other) => inside(end, other)));
    if (ends.length > 1) reached('RES-8');
    const judged = fresh.map((r) => ({ r, ...(fresh.length > 1 ? judge(r, union) : { authorised: true, rank: 0 }) }));
    judged.sort((a, b) => Number(b.authorised) - Number(a.authorised) || b.rank - a.rank || later(b.r, a.r));
    state.set(key, (judged[0] as (typeof judged)[0]).r.event.id);
  }
  return state;
}
