import type { RoomEvent, UnverifiedCopy } from '../event/types.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import { ENGINE_RULES } from '../room/engine-rules.ts';
import type { Room } from '../room/room.ts';
import { stateHash } from '../state/state-hash.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { closingFaults } from './closing-faults.ts';
import { EXPORT_RULES, type ExportClosing } from './export-lines.ts';
import type { ExportSignatures } from './export-signatures.ts';
import type { Findings } from './findings.ts';
import { MemoryRooms, type MissingEvent } from './memory-rooms.ts';
import { OwnChains } from './own-chains.ts';
import type { MissingPast, VerifiedRoom } from './report.ts';

/** Lines that a report names for one missing event. */
const MAX_CITING_LINES = 10;

/** An event that was read and whose past is not all there yet. */
interface Parked {
  readonly line: number;
  readonly copy: UnverifiedCopy;
  missing: readonly MissingEvent[];
}

interface RoomTally {
  readonly chains: OwnChains;
  readonly heads: Set<string>;
  rejected: number;
  accepted: number;
}

/** The events of a file, judged by their past: a room, and before it the guild whose channel it is. */
export class ExportRooms {
  readonly #signatures: ExportSignatures;
  readonly #findings: Findings;
  readonly rooms: MemoryRooms;
  readonly #tallies = new Map<string, RoomTally>();
  /** Event ID -> the line of the copy that counts. */
  readonly #lineOf = new Map<string, number>();
  readonly #droppedAt = new Map<string, number>();
  readonly #parked = new Map<string, Set<Parked>>();

  constructor(signatures: ExportSignatures, findings: Findings) {
    this.#signatures = signatures;
    this.#findings = findings;
    this.rooms = new MemoryRooms(
      (check) => signatures.isValid(check),
      (check) => signatures.isSigned(check),
    );
  }

  /** Whether an event of this room was judged. */
  began(roomId: string): boolean {
    return this.#tallies.has(roomId);
  }

  /** Whether no event came yet, judged or not. */
  get empty(): boolean {
    return this.#tallies.size === 0 && this.#parked.size === 0;
  }

  /** The line of the copy of an event that counts. */
  lineOf(eventId: string): number | undefined {
    return this.#lineOf.get(eventId);
  }

  /** Judges an event, and then what waited for it. */
  receive(line: number, copy: UnverifiedCopy, version: RoomVersion): void {
    this.#lineOf.set(copy.event.event_id, line);
    const ready: Parked[] = [{ line, copy, missing: [] }];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      if (!this.#judge(next, version)) continue;
      const { event_id } = next.copy.event;
      const waiting = this.#parked.get(event_id);
      this.#parked.delete(event_id);
      for (const parked of waiting ?? []) {
        const fault = { rule: EXPORT_RULES.ORDER, detail: `it cites ${event_id}, which comes only in line ${next.line}` };
        this.#findings.fault(parked.line, fault, parked.copy.event);
        ready.push(parked);
      }
    }
  }

  /** False if the event is not known to its room afterwards. */
  #judge(parked: Parked, version: RoomVersion): boolean {
    const { line, copy } = parked;
    const { event } = copy;
    this.#signatures.begin();
    const receipt = this.rooms.receive(copy, version);
    if (receipt.missing !== null) {
      parked.missing = receipt.missing;
      // It waits for one of them; when that is there, for the next.
      const [{ event_id }] = receipt.missing as [MissingEvent];
      this.#parked.set(event_id, (this.#parked.get(event_id) ?? new Set()).add(parked));
      return false;
    }
    const { outcome } = receipt;
    switch (outcome.kind) {
      case 'accepted':
      case 'soft-failed':
        this.#accepted(event);
        this.#findings.verdict(line, 'accepted', event, null);
        return true;
      case 'rejected': {
        this.#tally(event.room_id).rejected += 1;
        const { rule, detail } = outcome.fault;
        this.#findings.fault(line, { rule, detail: `rejected (${EXPORT_RULES.STANDS}): ${detail}` }, event);
        this.#findings.verdict(line, 'rejected', event, rule);
        return this.rooms.stored(event.room_id, event.event_id) !== undefined;
      }
      case 'dropped': {
        const fault = outcome.fault.rule === ENGINE_RULES.SIGNATURE ? this.#signatures.faultOf(outcome.fault) : outcome.fault;
        this.#findings.fault(line, fault, event);
        this.#findings.verdict(line, 'dropped', event, fault.rule);
        this.#lineOf.delete(event.event_id);
        this.#droppedAt.set(event.event_id, line);
        return false;
      }
      case 'known':
        throw new Error(`${event.event_id} was judged twice`);
    }
  }

  #accepted(event: RoomEvent): void {
    const tally = this.#tally(event.room_id);
    tally.accepted += 1;
    for (const id of event.prev_events) tally.heads.delete(id);
    tally.heads.add(event.event_id);
    const other = tally.chains.add(event);
    if (other !== undefined) this.#findings.equivocation([this.#line(other), other], [this.#line(event), event]);
  }

  #line(event: RoomEvent): number {
    return this.#lineOf.get(event.event_id) as number;
  }

  #tally(roomId: string): RoomTally {
    let tally = this.#tallies.get(roomId);
    if (tally === undefined) this.#tallies.set(roomId, (tally = { chains: new OwnChains(), heads: new Set(), accepted: 0, rejected: 0 }));
    return tally;
  }

  /** What never became whole, line by line; and what of its past is not in the file. */
  reportParked(): MissingPast[] {
    const left = [...this.#parked.values()].flatMap((parked) => [...parked]).sort((a, b) => a.line - b.line);
    const missing = new Map<string, { readonly room_id: string; readonly event_id: string; readonly cited_by_lines: number[] }>();
    for (const { line, copy, missing: lacking } of left) {
      for (const { room_id, event_id } of lacking) {
        const detail = `it cites ${event_id}${this.#whyMissing(event_id)}`;
        this.#findings.fault(line, { rule: EXPORT_RULES.PAST, detail }, copy.event);
        if (this.#lineOf.has(event_id)) continue;
        const entry = missing.get(event_id) ?? { room_id, event_id, cited_by_lines: [] };
        if (entry.cited_by_lines.length < MAX_CITING_LINES) entry.cited_by_lines.push(line);
        missing.set(event_id, entry);
      }
      this.#findings.verdict(line, 'unjudged', copy.event, EXPORT_RULES.PAST);
    }
    return [...missing.values()];
  }

  #whyMissing(eventId: string): string {
    const there = this.#lineOf.get(eventId);
    if (there !== undefined) return ` (line ${there}), whose past is not all there`;
    const dropped = this.#droppedAt.get(eventId);
    return dropped === undefined ? ', which is not in the file' : `, of which line ${dropped} is a faulty copy`;
  }

  /** Each room as it was verified, and whether that is what the file claims of it. */
  report(claimed: ExportClosing | null): VerifiedRoom[] {
    return this.rooms.rooms.map((room) => this.#roomReport(room, claimed));
  }

  #roomReport(room: Room, claimed: ExportClosing | null): VerifiedRoom {
    const { room_id, kind, version } = room;
    const { heads: set, accepted, rejected } = this.#tally(room_id);
    const heads = [...set].sort(utf8Compare);
    const state = this.rooms.ask(room_id, () => room.stateAfter(heads));
    const isVoid = this.rooms.ask(room_id, () => room.voidAt(heads));
    const report = {
      room_id,
      kind,
      accepted,
      rejected,
      heads,
      state_hash: stateHash(state, version),
      state_entries: state.size,
      void: [...isVoid].sort(utf8Compare),
    };
    return { ...report, as_claimed: claimed === null ? null : closingFaults(claimed, [report], true).length === 0 };
  }
}
