import type { ChannelKeyTrace } from '../room/channel-state.ts';
import type { StateTrace } from '../room/resolver.ts';
import { shortId } from './card-text.ts';
import type { Fate, Reason } from './conflict.ts';

/** What became of one event, and why. */
export interface FateOf {
  readonly fate: Fate;
  readonly status: string;
  readonly reason: Reason | null;
}

type KeyTrace = StateTrace['keys'][number];
type V2KeyTrace = StateTrace['v2']['keys'][number];

/** From the trace of a resolution that speaks of one entry: the fate of each event that wanted it, and of what made one void. */
export function entryFates(trace: StateTrace): Map<string, FateOf> {
  const fates = new Map<string, FateOf>();
  for (const key of trace.keys) hierarchical(fates, trace, key);
  for (const key of trace.channelKeys) channel(fates, key);
  for (const key of trace.v2.keys) v2(fates, key);
  return fates;
}

const WON_BY: Readonly<Record<KeyTrace['wonBy'], string>> = {
  'no-candidate': 'nothing else wanted the entry',
  'causally-last': 'the last one that is not void',
  ban: 'a ban goes before other memberships',
  weight: 'it has the greater weight',
  'later-ts': 'equal weight, and the later time',
  'greater-id': 'equal weight and time, and the greater ID',
};

const LOST_BY: Readonly<Record<KeyTrace['wonBy'], string>> = {
  'no-candidate': 'nothing holds the entry',
  'causally-last': 'another one is the last',
  ban: 'a ban goes before it',
  weight: 'another one has the greater weight',
  'later-ts': 'equal weight, and another one is later',
  'greater-id': 'equal weight and time, and another one has the greater ID',
};

/** RES-3 to RES-7 */
function hierarchical(fates: Map<string, FateOf>, trace: StateTrace, { winner, wonBy, candidates }: KeyTrace): void {
  const weightOfWinner = candidates.find((one) => one.id === winner)?.weight ?? null;
  for (const { id, standing, weight } of candidates) {
    if (id === winner) fates.set(id, { fate: 'winner', status: 'in force', reason: { rule: 'RES-3', text: WON_BY[wonBy] } });
    else if (standing === 'superseded')
      fates.set(id, { fate: 'loser', status: 'replaced', reason: { rule: 'RES-3', text: 'a later event of the entry follows it' } });
    else if (standing === 'last') {
      const by = wonBy === 'weight' ? `${LOST_BY.weight} (${weightOfWinner} against ${weight})` : LOST_BY[wonBy];
      fates.set(id, { fate: 'loser', status: 'lost', reason: { rule: 'RES-3', text: by } });
    }
  }
  for (const { id, reason } of trace.events) {
    if (reason === null) continue;
    const { clause, by, fault } = reason;
    const text =
      clause === 'a'
        ? `not allowed by what stands in its own past: ${fault.detail} (${fault.rule})`
        : `not allowed once ${by === null ? 'it' : shortId(by)}, of higher rank and not in its past, is in place: ${fault.detail} (${fault.rule})`;
    fates.set(id, { fate: 'loser', status: 'void', reason: { rule: clause === 'a' ? 'RES-5' : 'RES-6', text } });
    if (by !== null && !fates.has(by)) fates.set(by, { fate: 'decider', status: 'decides', reason: null });
  }
}

type ChannelCandidate = ChannelKeyTrace['candidates'][number];
type ChannelCriterion = 'alone' | 'guild' | 'authorised' | 'rank' | 'time' | 'id';

/** RES-8 */
function channel(fates: Map<string, FateOf>, { winner, candidates }: ChannelKeyTrace): void {
  const best = candidates.find((one) => one.id === winner);
  if (best === undefined) return;
  const losers = candidates.filter((one) => one !== best);
  for (const loser of losers) {
    const reason = { rule: 'RES-8', text: CHANNEL_LOST[criterion(loser, best)] };
    fates.set(loser.id, { fate: 'loser', status: 'lost', reason });
  }
  // The last criterion that was needed is the one against the runner-up.
  const order: ChannelCriterion[] = ['alone', 'guild', 'authorised', 'rank', 'time', 'id'];
  const last = losers.reduce((most, loser) => Math.max(most, order.indexOf(criterion(loser, best))), 0);
  fates.set(winner, { fate: 'winner', status: 'in force', reason: { rule: 'RES-8', text: CHANNEL_WON[order[last] as ChannelCriterion] } });
}

/** In what a loser first differs from the winner. */
function criterion(loser: ChannelCandidate, best: ChannelCandidate): ChannelCriterion {
  if (loser.outdated) return 'guild';
  if (loser.authorised !== best.authorised) return 'authorised';
  if (loser.rank !== best.rank) return 'rank';
  return loser.originTs === best.originTs ? 'id' : 'time';
}

const CHANNEL_LOST: Readonly<Record<ChannelCriterion, string>> = {
  alone: '',
  guild: 'the other one was made with a later state of the guild',
  authorised: 'its sender may not, in the guild of all candidates together',
  rank: 'the other sender ranks higher',
  time: 'equal rank, and the other one is later',
  id: 'equal rank and time, and the other one has the greater ID',
};

const CHANNEL_WON: Readonly<Record<ChannelCriterion, string>> = {
  alone: 'the only last one',
  guild: 'made with the latest state of the guild',
  authorised: 'its sender may, in the guild of all candidates together',
  rank: 'its sender ranks highest',
  time: 'equal rank, and it is the latest',
  id: 'equal rank and time, and it has the greatest ID',
};

const V2_WON: Readonly<Record<V2KeyTrace['wonBy'], string>> = {
  agreed: 'all branches agree on it',
  only: 'the only one that is allowed',
  last: 'the last one, in the order of resolution, that is allowed',
  none: '',
};

function v2(fates: Map<string, FateOf>, { winner, wonBy, candidates }: V2KeyTrace): void {
  if (winner !== null) fates.set(winner, { fate: 'winner', status: 'in force', reason: { rule: null, text: V2_WON[wonBy] } });
  for (const { id, standing, fault, because } of candidates) {
    if (id === winner) continue;
    if (standing === 'refused') {
      const after = because.length === 0 ? '' : `, after ${because.map(shortId).join(' and ')}`;
      const reason = fault === null ? null : { rule: fault.rule, text: `not allowed where its turn comes${after}: ${fault.detail}` };
      fates.set(id, { fate: 'loser', status: 'refused', reason });
      for (const one of because) if (!fates.has(one)) fates.set(one, { fate: 'decider', status: 'decides', reason: null });
    } else {
      const text =
        standing === 'replaced' ? 'a later one in the order of resolution takes its place' : 'all branches agree on another value';
      fates.set(id, { fate: 'loser', status: standing === 'replaced' ? 'replaced' : 'lost', reason: { rule: null, text } });
    }
  }
}
