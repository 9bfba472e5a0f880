import type { RoomEvent } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import { type Difference, explained, type Judged } from './judge-history.ts';
import { timelineOf, timelineTable } from './timeline.ts';

/** How many characters of an event ID tell it apart in a terminal. */
const SHORT = 9;
/** Unusable lines that are shown with their reason. */
const SHOWN = 5;

/** A history in words: every event with what became of it, who had it when, and where judgements part, both sides. */
export function replayReport(history: History, judged: Judged, options: { readonly width: number }): string {
  const { header } = history;
  const { events, unusable, differences, sides } = judged;
  const names = namesOf(judged);
  const lines = [
    `${events.length} events of ${header.room_id}, version ${header.room_version}${header.seed === undefined ? '' : `, seed ${header.seed}`}`,
    ...(header.found === undefined ? [] : [`found: ${header.found}`]),
    ...(judged.signaturesTaken ? ['signatures are not checked: the file brings no keys'] : []),
    ...(unusable.length > 0 ? [`${unusable.length} lines are no events that can be judged here`] : []),
    ...unusable.slice(0, SHOWN).map(({ line, why }) => `  event line ${line}: ${why}`),
    '',
    ...events.map((event) => lineOf(event, judged, names).slice(0, options.width)),
    '',
    ...timelineTable(timelineOf(history, judged), names),
  ];
  const [first, ...more] = differences;
  if (first === undefined) lines.push(`the engine in the order of the file agrees with: ${sides.join(', ')}`);
  else lines.push(...difference(first, judged, names), ...(more.length > 0 ? [`and ${more.length} more differences`] : []));
  return lines.join('\n');
}

/** Events by short names, in the order of the file. */
export function namesOf({ events }: Judged): ReadonlyMap<string, string> {
  return new Map(events.map((event, i) => [event.event_id, `e${i}`]));
}

function lineOf(event: RoomEvent, { engine }: Judged, names: ReadonlyMap<string, string>): string {
  const stored = engine.stored(event.event_id);
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

function difference(found: Difference, { engine }: Judged, names: ReadonlyMap<string, string>): string[] {
  const { event, what, by, trace } = found;
  const indented = (text: string): string[] =>
    text
      .trimEnd()
      .split('\n')
      .map((each) => `  ${each}`);
  return [
    `first difference: the ${what} of ${names.get(event.event_id) ?? ''} ${event.event_id}`,
    `  the engine: ${found.engine}`,
    `  the ${by}: ${found.other}`,
    '',
    'the engine explains:',
    ...indented(explained(engine, event)),
    '',
    `the ${by}:`,
    ...indented(trace),
  ];
}
