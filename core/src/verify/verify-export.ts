import { signatureFault } from '../crypto/ed25519.ts';
import { checkCopy } from '../event/check-copy.ts';
import type { RoomEvent, ServerSignatureCheck, UnverifiedCopy } from '../event/types.ts';
import { isObject } from '../event/check-shape.ts';
import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import { canonicalJson, type NumberRule } from '../json/canonical.ts';
import { type JsonLimits, readJson } from '../json/read.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { ENGINE_RULES } from '../room/engine-rules.ts';
import type { Room } from '../room/room.ts';
import { stateHash } from '../state/state-hash.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { closingFaults } from './closing-faults.ts';
import { PublishedKeys } from '../event/published-keys.ts';
import {
  EXPORT_RULES,
  type ExportClosing,
  type ExportHeader,
  isClosing,
  isKeysLine,
  readClosing,
  readHeader,
  readKeysLine,
} from './export-lines.ts';
import { MemoryRooms, type MissingEvent, type Verify, type VerifyServer } from './memory-rooms.ts';
import { OwnChains } from './own-chains.ts';
import type { Equivocation, EventVerdict, ExportFinding, MissingPast, SignedEvent, VerifiedRoom, VerifyReport } from './report.ts';

/** Faults and equivocations that a report holds, of each; all are counted. */
const MAX_LISTED = 1_000;
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

/**
 * EXP-10. Checks a room's export from its bytes alone, line by line: reads strictly, computes IDs and hashes, verifies every signature and key, and
 * judges every event by its past with the same engine that runs in a server. Pure and synchronous. Memory: the events of the file.
 */
export class ExportVerifier {
  readonly #verify: Verify;
  readonly #rooms: MemoryRooms;
  #lines = 0;
  #header: ExportHeader | null = null;
  /** After a bad header nothing can be judged. */
  #blind = false;
  #guild: string | null = null;
  #closing: { readonly line: number; readonly value: ExportClosing | null } | null = null;
  readonly #tallies = new Map<string, RoomTally>();
  /** Event ID -> the line of the copy that counts. */
  readonly #lineOf = new Map<string, number>();
  readonly #droppedAt = new Map<string, number>();
  readonly #parked = new Map<string, Set<Parked>>();
  readonly #verifyServers: VerifyServer | undefined;
  readonly #keys: PublishedKeys;
  #keyDocuments = 0;
  #unchecked = 0;
  readonly #uncheckedServers = new Set<string>();
  readonly #wrong: Parameters<Verify>[0][] = [];
  readonly #faults: ExportFinding[] = [];
  #faultCount = 0;
  readonly #equivocations: Equivocation[] = [];
  #equivocationCount = 0;
  readonly #verdicts: EventVerdict[] = [];

  /**
   * `verify`: whether one signature is valid, its key's admission included (KEY and SIG rules): `portableVerifier()`, or what the platform has.
   * `verifyServers`: the same in Matrix versions, by keys that the verifier has of its own. Without it the key documents in the file serve (EXP-13); signatures of
   * a server without one count as unchecked, which is a fault.
   */
  constructor(verify: Verify, verifyServers?: VerifyServer) {
    this.#verify = verify;
    this.#verifyServers = verifyServers;
    this.#keys = new PublishedKeys(verify);
    this.#rooms = new MemoryRooms(
      (check) => this.#verified(check),
      (check) => this.#serverVerified(check),
    );
  }

  /** Lines read so far. */
  get lines(): number {
    return this.#lines;
  }

  /** The rooms as far as they are verified, for questions beyond the report (`explain`, state, history). */
  get rooms(): MemoryRooms {
    return this.#rooms;
  }

  /** The next line, without its line feed. */
  line(bytes: Uint8Array): void {
    this.#lines += 1;
    if (this.#blind) return;
    const read = readJson(bytes, this.#limits());
    if (!read.ok) {
      this.#fault(read);
      if (this.#header === null) this.#blind = true;
      else this.#verdict(this.#lines, 'dropped', null, read.rule);
      return;
    }
    if (this.#header === null) this.#first(read.value);
    else if (this.#closing !== null) this.#fault({ rule: EXPORT_RULES.CLOSING, detail: 'nothing follows the closing line' });
    else if (isClosing(read.value)) this.#close(read.value);
    else if (isKeysLine(read.value)) this.#keysLine(read.value, this.#header);
    else this.#event(read.value, this.#header);
  }

  /** The result. Nothing may follow. */
  end(): VerifyReport {
    if (this.#lines === 0) this.#fault({ rule: EXPORT_RULES.HEADER, detail: 'the file is empty' }, 0);
    const missing = this.#reportParked();
    const claimed = this.#closing?.value ?? null;
    const rooms = this.#rooms.rooms.map((room) => this.#roomReport(room, claimed));
    this.#checkRooms();
    if (this.#unchecked > 0)
      this.#fault(
        {
          rule: EXPORT_RULES.VERIFYING,
          detail: `${this.#unchecked} signatures were not checked: the file has no keys of ${[...this.#uncheckedServers].sort(utf8Compare).join(', ')}`,
        },
        0,
      );
    for (const fault of claimed === null ? [] : closingFaults(claimed, rooms)) this.#fault(fault, this.#closing?.line);
    return {
      verified: this.#faultCount === 0,
      room_id: this.#header?.room_id ?? null,
      room_version: this.#header?.version.id ?? null,
      lines: this.#lines,
      key_documents: this.#keyDocuments,
      unchecked_signatures: this.#unchecked,
      rooms,
      fault_count: this.#faultCount,
      faults: this.#faults.sort((a, b) => a.line - b.line),
      missing,
      equivocation_count: this.#equivocationCount,
      equivocations: this.#equivocations,
      events: this.#verdicts.sort((a, b) => a.line - b.line),
    };
  }

  #first(value: JsonValue): void {
    const header = readHeader(value);
    if (header.ok) {
      this.#header = header.value;
      return;
    }
    this.#fault(header);
    this.#blind = true;
  }

  /** Once the version is known its events are read by its own rules (EXP-1). */
  #limits(): JsonLimits {
    const version = this.#header?.version;
    return version === undefined ? {} : { maxDepth: version.limits.maxDepth, numbers: numbersOf(version) };
  }

  /** EXP-13 */
  #keysLine(value: JsonValue, { version }: ExportHeader): void {
    const keys = readKeysLine(value);
    if (!keys.ok) return this.#fault(keys);
    if (version.serverKeys !== 'published') return this.#fault({ rule: EXPORT_RULES.KEYS, detail: 'keys of this version are in the room' });
    if (this.#tallies.size > 0 || this.#parked.size > 0) this.#fault({ rule: EXPORT_RULES.KEYS, detail: 'keys come before the events' });
    const fault = this.#keys.add(keys.value.server_keys, keys.value.fetched_ts);
    if (fault === null) this.#keyDocuments += 1;
    else this.#fault({ rule: EXPORT_RULES.KEYS, detail: `${fault.rule}: ${fault.detail}` });
  }

  #close(value: JsonValue): void {
    const closing = readClosing(value);
    if (!closing.ok) this.#fault(closing);
    this.#closing = { line: this.#lines, value: closing.ok ? closing.value : null };
  }

  #event(value: JsonValue, header: ExportHeader): void {
    const line = this.#lines;
    const copy = checkCopy(value, header.version);
    if (!copy.ok) {
      this.#fault(copy);
      return this.#verdict(line, 'dropped', null, copy.rule);
    }
    const { event, redactedFor } = copy.value;
    const before = this.#lineOf.get(event.event_id);
    const fault =
      before === undefined ? this.#misplaced(event, header) : { rule: EXPORT_RULES.ONCE, detail: `the event of line ${before} again` };
    if (fault !== null) {
      this.#fault(fault, line, event);
      return this.#verdict(line, 'dropped', event, fault.rule);
    }
    // A copy may have been redacted on purpose; one that holds more than redaction leaves was altered.
    if (redactedFor !== undefined && holdsMore(value, event, header.version)) this.#fault(redactedFor, line, event);
    this.#lineOf.set(event.event_id, line);
    this.#receive({ line, copy: copy.value, missing: [] });
  }

  /** EXP-6: an event of another room, or of the guild after the channel began. */
  #misplaced(event: RoomEvent, header: ExportHeader): Fault | null {
    if (event.room_id === header.room_id) return null;
    const began = this.#tallies.has(header.room_id);
    if (this.#guild === null && !began && event.prev_events.length === 0) this.#guild = event.room_id;
    if (event.room_id !== this.#guild) return { rule: EXPORT_RULES.ROOMS, detail: `the event belongs to ${event.room_id}` };
    return began ? { rule: EXPORT_RULES.ROOMS, detail: 'an event of the guild after one of the channel' } : null;
  }

  /** EXP-6: the room of the header is there, and nothing beside it but its guild. */
  #checkRooms(): void {
    if (this.#header === null) return;
    const { room_id } = this.#header;
    const room = this.#rooms.room(room_id);
    const fault = (detail: string): void => this.#fault({ rule: EXPORT_RULES.ROOMS, detail }, 0);
    if (room === undefined) fault(`the file does not hold the room of its header, ${room_id}`);
    else if (this.#guild !== null && room.guild?.room_id !== this.#guild) fault(`${room_id} is not a channel of ${this.#guild}`);
  }

  /** Judges an event, and then what waited for it. */
  #receive(first: Parked): void {
    const ready = [first];
    for (let next = ready.pop(); next !== undefined; next = ready.pop()) {
      if (!this.#judge(next)) continue;
      const { event_id } = next.copy.event;
      const waiting = this.#parked.get(event_id);
      this.#parked.delete(event_id);
      for (const parked of waiting ?? []) {
        this.#fault(
          { rule: EXPORT_RULES.ORDER, detail: `it cites ${event_id}, which comes only in line ${next.line}` },
          parked.line,
          parked.copy.event,
        );
        ready.push(parked);
      }
    }
  }

  /** False if the event is not known to its room afterwards. */
  #judge(parked: Parked): boolean {
    const { line, copy } = parked;
    const { event } = copy;
    const { version } = this.#header as ExportHeader;
    this.#wrong.length = 0;
    const receipt = this.#rooms.receive(copy, version);
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
        this.#verdict(line, 'accepted', event, null);
        return true;
      case 'rejected':
        this.#tally(event.room_id).rejected += 1;
        this.#fault({ rule: outcome.fault.rule, detail: `rejected (${EXPORT_RULES.STANDS}): ${outcome.fault.detail}` }, line, event);
        this.#verdict(line, 'rejected', event, outcome.fault.rule);
        return this.#rooms.stored(event.room_id, event.event_id) !== undefined;
      case 'dropped': {
        const fault = outcome.fault.rule === ENGINE_RULES.SIGNATURE ? this.#signatureFault(outcome.fault) : outcome.fault;
        this.#fault(fault, line, event);
        this.#verdict(line, 'dropped', event, fault.rule);
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
    if (other === undefined) return;
    this.#equivocationCount += 1;
    if (this.#equivocations.length < MAX_LISTED)
      this.#equivocations.push({
        server: serverOf(event.sender),
        room_id: event.room_id,
        events: [this.#signed(other), this.#signed(event)],
      });
  }

  #signed(event: RoomEvent): SignedEvent {
    const all = event.pdu['signatures'] as JsonObject;
    const signatures = all[serverOf(event.sender)] as Readonly<Record<string, string>>;
    return { line: this.#lineOf.get(event.event_id) as number, event_id: event.event_id, signatures };
  }

  #tally(roomId: string): RoomTally {
    let tally = this.#tallies.get(roomId);
    if (tally === undefined) this.#tallies.set(roomId, (tally = { chains: new OwnChains(), heads: new Set(), accepted: 0, rejected: 0 }));
    return tally;
  }

  #verified(check: Parameters<Verify>[0]): boolean {
    const valid = this.#verify(check);
    if (!valid) this.#wrong.push(check);
    return valid;
  }

  #serverVerified(check: ServerSignatureCheck): boolean {
    if (this.#verifyServers !== undefined) return this.#verifyServers(check);
    if (this.#keys.has(check.server)) return this.#keys.isSigned(check);
    this.#unchecked += 1;
    this.#uncheckedServers.add(check.server);
    return true;
  }

  /** The engine says that a signature is wrong; the portable check says why. */
  #signatureFault(fault: Fault): Fault {
    for (const check of this.#wrong) {
      const why = 'public_key' in check ? signatureFault(check) : null;
      if (why !== null) return { rule: why.rule, detail: `${fault.detail}: ${why.detail}` };
    }
    return fault;
  }

  /** What never became whole, line by line; and what of its past is not in the file. */
  #reportParked(): MissingPast[] {
    const left = [...this.#parked.values()].flatMap((parked) => [...parked]).sort((a, b) => a.line - b.line);
    const missing = new Map<string, { readonly room_id: string; readonly event_id: string; readonly cited_by_lines: number[] }>();
    for (const { line, copy, missing: lacking } of left) {
      for (const { room_id, event_id } of lacking) {
        const there = this.#lineOf.get(event_id);
        if (there !== undefined) {
          this.#fault(
            { rule: EXPORT_RULES.PAST, detail: `it cites ${event_id} (line ${there}), whose past is not all there` },
            line,
            copy.event,
          );
          continue;
        }
        const dropped = this.#droppedAt.get(event_id);
        const what = dropped === undefined ? 'which is not in the file' : `of which line ${dropped} is a faulty copy`;
        this.#fault({ rule: EXPORT_RULES.PAST, detail: `it cites ${event_id}, ${what}` }, line, copy.event);
        const entry = missing.get(event_id) ?? { room_id, event_id, cited_by_lines: [] };
        if (entry.cited_by_lines.length < MAX_CITING_LINES) entry.cited_by_lines.push(line);
        missing.set(event_id, entry);
      }
      this.#verdict(line, 'unjudged', copy.event, EXPORT_RULES.PAST);
    }
    return [...missing.values()];
  }

  #roomReport(room: Room, claimed: ExportClosing | null): VerifiedRoom {
    const { room_id, kind, version } = room;
    const { heads: set, accepted, rejected } = this.#tally(room_id);
    const heads = [...set].sort(utf8Compare);
    const state = this.#rooms.ask(room_id, () => room.stateAfter(heads));
    const isVoid = this.#rooms.ask(room_id, () => room.voidAt(heads));
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

  #fault({ rule, detail }: Fault, line = this.#lines, event?: RoomEvent): void {
    this.#faultCount += 1;
    if (this.#faults.length < MAX_LISTED)
      this.#faults.push({ line, rule, detail, ...(event === undefined ? {} : { event_id: event.event_id }) });
  }

  #verdict(line: number, verdict: EventVerdict['verdict'], event: RoomEvent | null, rule: string | null): void {
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
}

/**
 * Checks a room's export (PROTOCOL.md, "Room exports") from its lines, without line feeds. `verify`, `verifyServers`: see `ExportVerifier`, which takes
 * lines as they come.
 */
export function verifyExport(lines: Iterable<Uint8Array>, verify: Verify, verifyServers?: VerifyServer): VerifyReport {
  const verifier = new ExportVerifier(verify, verifyServers);
  for (const line of lines) verifier.line(line);
  return verifier.end();
}

function numbersOf({ strictNumbers }: RoomVersion): NumberRule {
  return strictNumbers ? 'integers' : 'fractions';
}

/** Whether a copy came with more content than its redacted form keeps. */
function holdsMore(value: JsonValue, event: RoomEvent, version: RoomVersion): boolean {
  if (!isObject(value)) return true;
  const text = (content: JsonValue): string => canonicalJson(content, version.keyOrder, numbersOf(version));
  try {
    return text(value['content'] as JsonValue) !== text(event.content);
  } catch {
    return true;
  }
}
