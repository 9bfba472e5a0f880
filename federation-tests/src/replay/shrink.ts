import { checkCopy, type JsonObject, roomVersion } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import { judgeHistory } from './judge-history.ts';

/** Judgements that shrinking may cost. */
const TRIALS = 1_000;

/**
 * The smallest history by leaving out events that still shows what is wrong with this one; null if judging its events alone shows nothing (what was
 * found is then about delivery and not about judging: the run's seed replays it).
 *
 * First only the past of the event in question is kept, then ever smaller pieces are left out, from the end, each with everything that cites it.
 */
export function shrink(history: History): History | null {
  const whole = judgeHistory(history, true).differences[0];
  if (whole === undefined) return null;
  let trials = TRIALS;
  const fails = (pdus: readonly JsonObject[]): boolean => {
    if (trials-- <= 0) return false;
    const found = judgeHistory({ ...history, pdus }, true, whole.by).differences[0];
    return found?.what === whole.what;
  };
  const graph = citations(history);
  let kept = history.pdus.filter((pdu) => graph.pastOf(whole.event.event_id).has(pdu));
  if (!fails(kept)) kept = [...history.pdus];
  for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
    for (let end = kept.length; end > 0; end -= size) {
      const out = graph.futureOf(kept.slice(Math.max(0, end - size), end));
      const less = kept.filter((pdu) => !out.has(pdu));
      if (less.length < kept.length && fails(less)) {
        kept = less;
        end = Math.min(end, kept.length + size);
      }
    }
  }
  return { header: history.header, pdus: kept, received: ordersOfKept(history, graph.idsOf(kept)) };
}

/** What the servers had of the events that are left. */
function ordersOfKept({ received }: History, kept: ReadonlySet<string>): History['received'] {
  return received.map(({ server, events }) => ({ server, events: events.filter(({ event_id }) => kept.has(event_id)) }));
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
