import type { AuthTrace } from '../auth/case.ts';
import { splitStateKey } from '../state/state-map.ts';
import type { Explanation } from './explain.ts';
import type { StateTrace } from './resolver.ts';

/** An explanation as lines for people: what it is, how its past judged it, what became of it. */
export function explainText(explanation: Explanation): string {
  const { type, state_key, sender, event_id, rank } = explanation;
  const lines = [
    `${type}${state_key === null ? '' : ` [${state_key}]`} by ${sender}, rank ${rank}`,
    `  ${event_id}`,
    verdictLine(explanation),
  ];
  lines.push(...rules('By its own past (the verdict for ever):', explanation.by_its_past));
  if (explanation.soft_failed) lines.push(...rules('By the present state of this server:', explanation.by_present_state));
  const { effect } = explanation;
  if (effect !== null) {
    if (effect.in_force) lines.push('In force: it holds its entry of the present state.');
    else lines.push(`Not in force${effect.void ? ' (void)' : ''}: ${effect.holder === null ? 'nothing' : effect.holder} holds its entry.`);
    if (effect.decided_at !== null) lines.push(`Decided by the merge of ${effect.decided_at.join(' and ')}:`);
    if (effect.trace !== null) lines.push(...resolution(effect.trace));
  }
  return `${lines.join('\n')}\n`;
}

function verdictLine({ verdict, fault, soft_failed }: Explanation): string {
  if (fault !== null && verdict === 'rejected') return `Rejected by ${fault.rule}: ${fault.detail}`;
  if (fault !== null && soft_failed) return `Accepted, and soft-failed here by ${fault.rule}: ${fault.detail}`;
  return 'Accepted.';
}

function rules(title: string, trace: AuthTrace): string[] {
  return trace.length === 0 ? [] : [title, ...trace.map((step) => `  ${step.rule}  ${step.question} ${step.answer}`)];
}

function resolution(trace: StateTrace): string[] {
  const lines: string[] = [];
  for (const { id, rank, verdict, reason } of trace.events) {
    const why =
      reason === null
        ? ''
        : ` (${reason.clause}) ${reason.fault.rule}: ${reason.fault.detail}${reason.by === null ? '' : `, once ${reason.by} is in place`}`;
    lines.push(`  ${id}, rank ${rank}: ${verdict}${why}`);
  }
  for (const { key, winner, wonBy } of trace.keys) lines.push(`  ${name(key)}: ${winner ?? 'the value before the fork'} by ${wonBy}`);
  for (const { key, winner, candidates } of trace.channelKeys) {
    for (const { id, outdated, authorised, rank, originTs } of candidates) {
      const standing = outdated
        ? 'its guild heads are older than another candidate’s'
        : `${authorised === true ? 'authorised' : 'not authorised'} at the union of guild heads, rank ${rank}`;
      lines.push(`  ${id}: ${standing}, time ${originTs}`);
    }
    lines.push(`  ${name(key)}: ${winner}`);
  }
  return lines;
}

function name(key: string): string {
  const [type, stateKey] = splitStateKey(key);
  return stateKey === '' ? type : `${type} [${stateKey}]`;
}
