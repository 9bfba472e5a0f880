import { printable } from '../printable.ts';
import type { EventVerdict, VerifiedRoom, VerifyReport } from './report.ts';

/** Entries of each list that the text shows. */
const SHOWN = 50;

/** A report as lines for people. `everyEvent`: with a line for each event, not only for those at fault. */
export function reportText(report: VerifyReport, options: { readonly everyEvent?: boolean } = {}): string {
  const lines = [
    report.room_id === null
      ? 'not an export that can be read'
      : `export of ${report.room_id}, version ${report.room_version}, ${report.lines} lines`,
    ...(report.key_documents === 0 ? [] : [`server keys: ${report.key_documents} documents, as the file has them`]),
    ...report.rooms.flatMap(roomLines),
    ...(options.everyEvent === true ? ['', 'events', ...report.events.map(eventLine)] : []),
    ...faultLines(report),
    ...missingLines(report),
    ...equivocationLines(report),
    '',
    resultLine(report),
  ];
  return `${lines.map(printable).join('\n')}\n`;
}

function roomLines(room: VerifiedRoom): string[] {
  const claim = room.as_claimed === null ? 'the file claims nothing' : room.as_claimed ? 'as the file says' : 'NOT as the file says';
  return [
    '',
    `${room.kind} ${room.room_id}`,
    `  events  ${room.accepted} accepted, ${room.rejected} rejected`,
    ...list('heads', room.heads),
    `  state   ${room.state_entries} entries, hash ${room.state_hash} (${claim})`,
    ...list('void', room.void),
  ];
}

function list(name: string, ids: readonly string[]): string[] {
  const lines = ids.slice(0, SHOWN).map((id, i) => `  ${(i === 0 ? name : '').padEnd(7)} ${id}`);
  return ids.length > SHOWN ? [...lines, `          and ${ids.length - SHOWN} more`] : lines;
}

function eventLine({ line, verdict, event_id, type, sender, rule, redacted }: EventVerdict): string {
  const what = event_id === null ? '' : `  ${event_id}  ${type} by ${sender}${redacted ? ' (redacted)' : ''}`;
  return `  line ${line}  ${verdict}${rule === null ? '' : ` by ${rule}`}${what}`;
}

function faultLines({ faults, fault_count }: VerifyReport): string[] {
  if (fault_count === 0) return [];
  const shown = faults
    .slice(0, SHOWN)
    .flatMap(({ line, rule, detail, event_id }) => [
      `  ${line === 0 ? 'the file' : `line ${line}`}  ${rule}  ${detail}`,
      ...(event_id === undefined ? [] : [`      in ${event_id}`]),
    ]);
  return ['', `faults: ${fault_count}`, ...shown, ...more(fault_count)];
}

function missingLines({ missing }: VerifyReport): string[] {
  if (missing.length === 0) return [];
  const shown = missing.slice(0, SHOWN).map((one) => `  ${one.event_id} of ${one.room_id}, cited by line ${one.cited_by_lines.join(', ')}`);
  return ['', `missing events: ${missing.length}`, ...shown, ...more(missing.length)];
}

function equivocationLines({ equivocations, equivocation_count }: VerifyReport): string[] {
  if (equivocation_count === 0) return [];
  const shown = equivocations
    .slice(0, SHOWN)
    .flatMap(({ server, room_id, events }) => [
      `  ${server} in ${room_id} signed two events, neither of which has the other in its past:`,
      ...events.flatMap(({ line, event_id, signatures }) => [
        `    line ${line}  ${event_id}`,
        ...Object.entries(signatures).map(([key, signature]) => `      ${key}  ${signature}`),
      ]),
    ]);
  return ['', `equivocations proven: ${equivocation_count}`, ...shown, ...more(equivocation_count)];
}

function more(count: number): string[] {
  return count > SHOWN ? [`  and ${count - SHOWN} more`] : [];
}

function resultLine({ verified, fault_count, equivocation_count }: VerifyReport): string {
  if (!verified) return `NOT VERIFIED: ${fault_count} ${fault_count === 1 ? 'fault' : 'faults'}`;
  const but =
    equivocation_count === 0 ? '' : ` (and ${equivocation_count} proven ${equivocation_count === 1 ? 'equivocation' : 'equivocations'})`;
  return `verified: every ID, hash, signature and verdict holds${but}`;
}
