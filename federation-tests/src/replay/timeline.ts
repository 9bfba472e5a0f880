import { utf8Compare } from '@openguild/core';
import type { History, ReceivedEvent } from '../sim/history-file.ts';
import type { Judged } from './judge-history.ts';

/** What one server had at what time. */
export interface Lane {
  readonly server: string;
  readonly events: readonly ReceivedEvent[];
}

export interface Timeline {
  /** False: the file does not say who had what when; one lane has everything in the file's order. */
  readonly perServer: boolean;
  readonly lanes: readonly Lane[];
}

/** Who had what when. Events that were judged here and no others. */
export function timelineOf({ received }: History, { engine, events }: Judged): Timeline {
  const known = new Set(events.map((event) => event.event_id));
  const lanes = received
    .map(({ server, events: rows }) => ({ server, events: rows.filter((row) => known.has(row.event_id)) }))
    .filter((lane) => lane.events.length > 0)
    .sort((a, b) => utf8Compare(a.server, b.server));
  if (lanes.length > 0) return { perServer: true, lanes };
  const rows = events.map((event, i): ReceivedEvent => {
    const stored = engine.stored(event.event_id);
    const as = stored?.verdict === 'rejected' ? 'rejected' : stored?.soft_failed === true ? 'soft-failed' : 'accepted';
    return { event_id: event.event_id, ms: i, as };
  });
  return { perServer: false, lanes: [{ server: 'in the order of the file', events: rows }] };
}

const MARKS: Readonly<Record<ReceivedEvent['as'], string>> = { accepted: '', 'soft-failed': ' ~', rejected: ' ✗' };

/** The timeline as a table: one line for each event, one column for each server. Empty if the file does not tell. */
export function timelineTable(timeline: Timeline, names: ReadonlyMap<string, string>): string[] {
  if (!timeline.perServer) return [];
  const cells = timeline.lanes.map(
    ({ server, events }) => [server, new Map(events.map((row) => [row.event_id, `${row.ms}${MARKS[row.as]}`]))] as const,
  );
  const widths = cells.map(([server, rows]) => Math.max(server.length, ...[...rows.values()].map((cell) => cell.length)));
  const line = (name: string, texts: readonly string[]): string =>
    `${name.padEnd(5)}${texts.map((text, i) => text.padStart((widths[i] as number) + 2)).join('')}`.trimEnd();
  return [
    'who had what when, in milliseconds of the run (~ soft-failed, ✗ rejected, · never came):',
    line(
      '',
      cells.map(([server]) => server),
    ),
    ...[...names].map(([id, name]) =>
      line(
        name,
        cells.map(([, rows]) => rows.get(id) ?? '·'),
      ),
    ),
    '',
  ];
}
