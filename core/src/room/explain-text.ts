import type { AuthTrace } from '../auth/case.ts';
import { printable } from '../printable.ts';
import { splitStateKey, stateKeyOf } from '../state/state-map.ts';
import type { Explanation } from './explain.ts';
import type { StateTrace } from './resolver.ts';

/** An explanation as lines for people: what it is, how its past judged it, what became of it. */
export function explainText(explanation: Explanation): string {
  const { type, state_key, sender, event_id, rank } = explanation;
  const lines = [
    `${type}${state_key === null || state_key === '' ? '' : ` [${state_key}]`} by ${sender}, rank ${rank}`,
    `  ${event_id}`,
    verdictLine(explanation),
  ];
  lines.push(...rules('By the events that it cites:', explanation.by_auth_events));
  lines.push(...rules('By its own past (the verdict for ever):', explanation.by_its_past));
  if (explanation.soft_failed) lines.push(...rules('By the present state of this server:', explanation.by_present_state));
  const { effect } = explanation;
  if (effect !== null) {
    if (effect.in_force) lines.push('In force: it holds its entry of the present state.');
    else lines.push(`Not in force${effect.void ? ' (void)' : ''}: ${effect.holder === null ? 'nothing' : effect.holder} holds its entry.`);
    if (effect.decided_at !== null) lines.push(`Decided by the merge of ${effect.decided_at.join(' and ')}:`);
    if (effect.trace !== null) lines.push(...resolution(effect.trace));
  }
  return `${lines.map(printable).join('\n')}\n`;
}

function verdictLine({ verdict, fault, soft_failed }: Explanation): string {
  if (fault !== null && verdict === 'rejected') return `Rejected by ${fault.rule}: ${fault.detail}`;
  if (fault !== null && soft_failed) return `Accepted, and soft-failed here by ${fault.rule}: ${fault.detail}`;
  return 'Accepted.';
}

function rules(title: string, trace: AuthTrace): string[] {
  return trace.length === 0 ? [] : [title, ...trace.map((step) => `  ${step.rule}  ${step.question} ${step.answer}`)];
}

/** RES-4 to RES-8, step by step. */
function resolution(trace: StateTrace): string[] {
  const lines: string[] = [];
  for (const { id, rank, verdict, reason } of trace.events) {
    const clause = reason === null ? 'RES-4' : reason.clause === 'a' ? 'RES-5' : 'RES-6';
    const why =
      reason === null ? '' : ` ${reason.fault.rule}: ${reason.fault.detail}${reason.by === null ? '' : `, once ${reason.by} is in place`}`;
    lines.push(`  ${clause}  ${id}, rank ${rank}: ${verdict}${why === '' ? '' : `, by${why}`}`);
  }
  for (const { key, winner, wonBy } of trace.keys)
    lines.push(`  RES-3  ${name(key)}: ${winner ?? 'the value before the fork'}, ${WON_BY[wonBy]}`);
  for (const { key, winner, candidates } of trace.channelKeys) {
    for (const candidate of candidates) lines.push(`  RES-8  ${candidate.id}: ${standing(candidate)}`);
    lines.push(`  RES-8  ${name(key)}: ${winner}`);
  }
  return [...lines, ...matrixResolution(trace.v2)];
}

/** The order in which v2 or v2.1 put the events of the full conflicted set in place, and what became of the entry. */
function matrixResolution({ steps, keys }: StateTrace['v2']): string[] {
  const placed = steps.map(({ id, list, level, fault, because }) => {
    const place =
      list === 'power'
        ? `ordered by power, ${level === null ? 'above every level' : `level ${level}`}`
        : `ordered by mainline, ${level === null ? 'on none' : `position ${level}`}`;
    return `  ${id}, ${place}: ${fault === null ? 'put in place' : `refused by ${fault.rule}: ${fault.detail}${because.length === 0 ? '' : `, after ${because.join(' and ')}`}`}`;
  });
  return [
    ...placed,
    ...keys.map(({ type, stateKey, winner, wonBy }) => `  ${name(stateKeyOf(type, stateKey))}: ${winner ?? 'nothing'} (${wonBy})`),
  ];
}

const WON_BY: Readonly<Record<StateTrace['keys'][number]['wonBy'], string>> = {
  'no-candidate': 'since all that came after it is void',
  'causally-last': 'the last one',
  ban: 'since a ban goes before other memberships',
  weight: 'by the greater weight',
  'later-ts': 'by the later time stamp',
  'greater-id': 'by the greater ID',
};

/** Candidates of a channel's entry are judged only where several are left. */
function standing({ outdated, authorised, rank, originTs }: StateTrace['channelKeys'][number]['candidates'][number]): string {
  if (outdated) return 'out: another candidate cites a later state of the guild';
  if (authorised === null) return 'the only one left';
  return `${authorised ? 'authorised' : 'not authorised'} in the guild of all candidates together, rank ${rank}, time ${originTs}`;
}

function name(key: string): string {
  const [type, stateKey] = splitStateKey(key);
  return stateKey === '' ? type : `${type} [${stateKey}]`;
}
