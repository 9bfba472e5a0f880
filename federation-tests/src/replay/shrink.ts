import { checkCopy, type JsonObject, type JsonValue, roomVersion } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import { type Difference, judgeHistory } from './judge-history.ts';
import { cuts } from './cuts.ts';
import { type Piece, Remaker } from './remake.ts';

/** Events that may be judged again altogether. */
const WORK = 40_000;

/**
 * The smallest history found that still shows what is wrong with this one; null if judging its events alone shows nothing (what was
 * found is then about delivery and not about judging: the run's seed replays it).
 *
 * First events are left out, ever smaller pieces from the end, each with everything that cites it. Then events from the middle, what follows
 * them being made again without them; then members of contents, and predecessors.
 */
export function shrink(history: History): History | null {
  const whole = judgeHistory(history, true).differences[0];
  if (whole === undefined) return null;
  const trial = new Trial(whole);
  // A copy is read alone.
  if (whole.what === 'copy')
    return history.pdus.map((pdu) => ({ header: history.header, pdus: [pdu], received: [] })).find((one) => trial.shows(one)) ?? null;
  return remadeSmaller(leftOut(history, whole, trial), trial);
}

/** Asks whether smaller histories show the same, as long as there is work to spend. */
class Trial {
  readonly #whole: Difference;
  #work = WORK;

  constructor(whole: Difference) {
    this.#whole = whole;
  }

  /** Whether judgements of one of its events differ in the same way. */
  shows(history: History): boolean {
    if (this.#work <= 0) return false;
    this.#work -= history.pdus.length;
    return judgeHistory(history, true, this.#whole.by).differences[0]?.what === this.#whole.what;
  }
}

/** Events are left out with everything that cites them: what is left is what there was. */
function leftOut(history: History, whole: Difference, trial: Trial): History {
  const graph = citations(history);
  const only = (pdus: readonly JsonObject[]): History => ({ header: history.header, pdus, received: kept(history, graph.idsOf(pdus)) });
  const fails = (pdus: readonly JsonObject[]): boolean => trial.shows(only(pdus));
  let left = history.pdus.filter((pdu) => graph.pastOf(whole.event.event_id).has(pdu));
  if (!fails(left)) left = [...history.pdus];
  for (const [from, to] of cuts(() => left.length)) {
    const out = graph.futureOf(left.slice(from, to));
    const less = left.filter((pdu) => !out.has(pdu));
    if (less.length < left.length && fails(less)) left = less;
  }
  return only(left);
}

/** Events are left out alone, contents and links made smaller, until nothing more can go. */
function remadeSmaller(history: History, trial: Trial): History {
  const remaker = new Remaker(history);
  let best = history;
  let pieces = remaker.pieces;
  const take = (less: readonly Piece[]): boolean => {
    const remade = remaker.make(less);
    if (remade === null || !trial.shows(remade)) return false;
    best = remade;
    pieces = less;
    return true;
  };
  for (let before = -1; before !== sizeOf(best); ) {
    before = sizeOf(best);
    for (const [from, to] of cuts(() => pieces.length)) take([...pieces.slice(0, from), ...pieces.slice(to)]);
    for (let i = pieces.length - 1; i >= 0; i--)
      for (let n = 0; ; ) {
        const less = lessOf(pieces[i] as Piece, n);
        if (less === null) break;
        if (!take(pieces.map((one, each) => (each === i ? less : one)))) n += 1;
      }
  }
  return best;
}

/** The piece without the n-th thing that can be taken from it: a predecessor beyond the first, or a member or element of its content. Null if there are fewer. */
function lessOf({ was, content, prev }: Piece, n: number): Piece | null {
  if (prev.length > 1 && n < prev.length) return { was, content, prev: prev.filter((_, i) => i !== n) };
  let at = prev.length > 1 ? n - prev.length : n;
  const without = (value: JsonValue): JsonValue | undefined => {
    if (typeof value !== 'object' || value === null) return undefined;
    const entries = Object.entries(value) as [string, JsonValue][];
    for (const [name, one] of entries) {
      const others = entries.filter(([other]) => other !== name);
      if (at-- === 0) return Array.isArray(value) ? others.map(([, other]) => other) : Object.fromEntries(others);
      const less = without(one);
      if (less === undefined) continue;
      if (Array.isArray(value)) return entries.map(([other, each]) => (other === name ? less : each));
      return Object.fromEntries(entries.map(([other, each]) => [other, other === name ? less : each]));
    }
    return undefined;
  };
  const less = without(content);
  return less === undefined ? null : { was, content: less as JsonObject, prev };
}

function sizeOf({ pdus }: History): number {
  return pdus.reduce((sum, pdu) => sum + JSON.stringify(pdu).length, 0);
}

/** What the servers had of the events that are left. */
function kept({ received }: History, ids: ReadonlySet<string>): History['received'] {
  return received.map(({ server, events }) => ({ server, events: events.filter(({ event_id }) => ids.has(event_id)) }));
}

function citations({ header, pdus }: History) {
  const version = roomVersion(header.room_version);
  if (version === undefined) throw new Error(`unknown room version ${header.room_version}`);
  const cites = new Map<JsonObject, readonly string[]>();
  const byId = new Map<string, JsonObject>();
  for (const pdu of pdus) {
    const copy = checkCopy(pdu, version);
    if (!copy.ok) continue;
    const { event } = copy.value;
    byId.set(event.event_id, pdu);
    cites.set(pdu, [...event.prev_events, ...event.guild_heads, ...event.auth_events]);
  }
  return {
    idsOf: (some: readonly JsonObject[]): ReadonlySet<string> => {
      const wanted = new Set(some);
      return new Set([...byId].flatMap(([id, pdu]) => (wanted.has(pdu) ? [id] : [])));
    },
    pastOf(eventId: string): ReadonlySet<JsonObject> {
      const past = new Set<JsonObject>();
      const open = [eventId];
      for (let id = open.pop(); id !== undefined; id = open.pop()) {
        const pdu = byId.get(id);
        if (pdu === undefined || past.has(pdu)) continue;
        past.add(pdu);
        open.push(...(cites.get(pdu) ?? []));
      }
      return past;
    },
    /** These and everything that cites them, directly or not. */
    futureOf(some: readonly JsonObject[]): ReadonlySet<JsonObject> {
      const out = new Set(some);
      for (const pdu of pdus) if ((cites.get(pdu) ?? []).some((id) => out.has(byId.get(id) ?? pdu) && byId.get(id) !== pdu)) out.add(pdu);
      return out;
    },
  };
}
