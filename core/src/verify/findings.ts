import type { RoomEvent } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import type { JsonObject } from '../json/value.ts';
import type { Equivocation, EventVerdict, ExportFinding, SignedEvent, VerifyReport } from './report.ts';

/** Faults and equivocations that a report holds, of each; all are counted. */
const MAX_LISTED = 1_000;

/** What verifying a file has found so far, by its lines. */
export class Findings {
  readonly #faults: ExportFinding[] = [];
  #faultCount = 0;
  readonly #equivocations: Equivocation[] = [];
  #equivocationCount = 0;
  readonly #verdicts: EventVerdict[] = [];

  /** `line`: 0 if it is about the file. */
  fault(line: number, { rule, detail }: Fault, event?: RoomEvent): void {
    this.#faultCount += 1;
    if (this.#faults.length < MAX_LISTED)
      this.#faults.push({ line, rule, detail, ...(event === undefined ? {} : { event_id: event.event_id }) });
  }

  verdict(line: number, verdict: EventVerdict['verdict'], event: RoomEvent | null, rule: string | null): void {
    this.#verdicts.push({
      line,
      verdict,
      event_id: event?.event_id ?? null,
      room_id: event?.room_id ?? null,
      type: event?.type ?? null,
      sender: event?.sender ?? null,
      redacted: event?.redacted ?? false,
      rule,
    });
  }

  /** Two events of one server of which neither has the other in its past, with their lines. */
  equivocation(...pair: readonly (readonly [line: number, event: RoomEvent])[]): void {
    const [[, { sender, room_id }]] = pair as [readonly [number, RoomEvent]];
    this.#equivocationCount += 1;
    if (this.#equivocations.length < MAX_LISTED)
      this.#equivocations.push({ server: serverOf(sender), room_id, events: pair.map(signed) as [SignedEvent, SignedEvent] });
  }

  /** All of it, in the order of lines. */
  report(): Pick<VerifyReport, 'verified' | 'fault_count' | 'faults' | 'equivocation_count' | 'equivocations' | 'events'> {
    return {
      verified: this.#faultCount === 0,
      fault_count: this.#faultCount,
      faults: this.#faults.sort((a, b) => a.line - b.line),
      equivocation_count: this.#equivocationCount,
      equivocations: this.#equivocations,
      events: this.#verdicts.sort((a, b) => a.line - b.line),
    };
  }
}

function signed([line, event]: readonly [number, RoomEvent]): SignedEvent {
  const all = event.pdu['signatures'] as JsonObject;
  return { line, event_id: event.event_id, signatures: all[serverOf(event.sender)] as Readonly<Record<string, string>> };
}
