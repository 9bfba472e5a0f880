import { explainText, type RoomEvent } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import type { Difference, Judged } from './judge-history.ts';

/** How many characters of an event ID tell it apart in a terminal. */
const SHORT = 9;

/** A history in words: every event with what became of it, and where judgements part, both sides. */
export function replayReport({ header }: History, judged: Judged, options: { readonly width: number }): string {
  const names = new Map(judged.events.map((event, i) => [event.event_id, `e${i}`]));
  const lines = [
    `${judged.events.length} events of ${header.room_id}, version ${header.room_version}${header.seed === undefined ? '' : `, seed ${header.seed}`}`,
    ...(header.found === undefined ? [] : [`found: ${header.found}`]),
    ...(judged.unusable > 0 ? [`${judged.unusable} lines are no events that can be judged here`] : []),
    '',
    ...judged.events.map((event) => line(event, judged, names).slice(0, options.width)),
    '',
  ];
  const [first, ...more] = judged.differences;
  if (first === undefined) lines.push('engine and model agree on every event, in both orders of delivery');
  else lines.push(...difference(first, judged, names), ...(more.length > 0 ? [`and ${more.length} more differences`] : []));
  return lines.join('\n');
}

function line(event: RoomEvent, { replica }: Judged, names: ReadonlyMap<string, string>): string {
  const stored = replica.events.get(event.event_id);
  const verdict =
    stored === undefined
      ? '?'
      : stored.verdict === 'rejected'
        ? `rejected ${stored.fault?.rule}`
        : stored.soft_failed
          ? `soft-failed ${stored.fault?.rule}`
          : 'accepted';
  const after = [...event.prev_events, ...event.guild_heads].map((id) => names.get(id) ?? id.slice(0, SHORT)).join(' ');
  const key = event.state_key === undefined ? '' : ` [${event.state_key}]`;
  return `${(names.get(event.event_id) ?? '').padEnd(4)} ${event.event_id.slice(0, SHORT)} ${verdict.padEnd(20)} ${event.type}${key} by ${event.sender} after ${after || 'nothing'} ${JSON.stringify(event.content)}`;
}

function difference(found: Difference, { replica }: Judged, names: ReadonlyMap<string, string>): string[] {
  const { event, what, engine, other, by } = found;
  const explanation = replica.ask(event.room_id, (room) => room.explain(event.event_id));
  return [
    `first difference: the ${what} of ${names.get(event.event_id) ?? ''} ${event.event_id}`,
    `  the engine: ${engine}`,
    `  the ${by}: ${other}`,
    '',
    'the engine explains:',
    ...explainText(explanation)
      .split('\n')
      .map((each) => `  ${each}`),
  ];
}
