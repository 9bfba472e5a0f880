import { checkRead } from '../event/check-copy.ts';
import type { RoomEvent } from '../event/types.ts';
import { isObject } from '../event/check-shape.ts';
import type { Fault } from '../fault.ts';
import { canonicalJson, type NumberRule } from '../json/canonical.ts';
import { type JsonLimits, type ReadText, readText } from '../json/read.ts';
import type { JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/room-version.ts';
import { closingFaults } from './closing-faults.ts';
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
import { ExportRooms } from './export-rooms.ts';
import { ExportSignatures } from './export-signatures.ts';
import { Findings } from './findings.ts';
import type { MemoryRooms, Verify, VerifyServer } from './memory-rooms.ts';
import type { VerifyReport } from './report.ts';

/**
 * EXP-10. Checks a room's export from its bytes alone, line by line: reads strictly, computes IDs and hashes, verifies every signature and key, and
 * judges every event by its past with the same engine that runs in a server. Pure and synchronous. Memory: the events of the file.
 */
export class ExportVerifier {
  readonly #signatures: ExportSignatures;
  readonly #findings = new Findings();
  readonly #events: ExportRooms;
  #lines = 0;
  #header: ExportHeader | null = null;
  /** After a bad header nothing can be judged. */
  #blind = false;
  #guild: string | null = null;
  #closing: { readonly line: number; readonly value: ExportClosing | null } | null = null;
  #keyDocuments = 0;

  /**
   * `verify`: whether one signature is valid, its key's admission included (KEY and SIG rules): `portableVerifier()`, or what the platform has.
   * `verifyServers`: the same in Matrix versions, by keys that the verifier has of its own. Without it the key documents in the file serve (EXP-13); signatures of
   * a server without one count as unchecked, which is a fault.
   */
  constructor(verify: Verify, verifyServers?: VerifyServer) {
    this.#signatures = new ExportSignatures(verify, verifyServers);
    this.#events = new ExportRooms(this.#signatures, this.#findings);
  }

  /** Lines read so far. */
  get lines(): number {
    return this.#lines;
  }

  /** The rooms as far as they are verified, for questions beyond the report (`explain`, state, history). */
  get rooms(): MemoryRooms {
    return this.#events.rooms;
  }

  /** The next line, without its line feed. */
  line(bytes: Uint8Array): void {
    this.#lines += 1;
    if (this.#blind) return;
    const read = readText(bytes, this.#limits());
    if (!read.ok) {
      this.#fault(read);
      if (this.#header === null) this.#blind = true;
      else this.#findings.verdict(this.#lines, 'dropped', null, read.rule);
      return;
    }
    const { value } = read.value;
    if (this.#header === null) this.#first(value);
    else if (this.#closing !== null) this.#fault({ rule: EXPORT_RULES.CLOSING, detail: 'nothing follows the closing line' });
    else if (isClosing(value)) this.#close(value);
    else if (isKeysLine(value)) this.#keysLine(value, this.#header);
    else this.#event(read.value, this.#header);
  }

  /** The result. Nothing may follow. */
  end(): VerifyReport {
    if (this.#lines === 0) this.#fault({ rule: EXPORT_RULES.HEADER, detail: 'the file is empty' });
    const missing = this.#events.reportParked();
    const claimed = this.#closing?.value ?? null;
    const rooms = this.#events.report(claimed);
    this.#checkRooms();
    const { unchecked, uncheckedServers } = this.#signatures;
    if (unchecked > 0) {
      const detail = `${unchecked} signatures were not checked: the file has no keys of ${uncheckedServers.join(', ')}`;
      this.#findings.fault(0, { rule: EXPORT_RULES.VERIFYING, detail });
    }
    for (const fault of claimed === null ? [] : closingFaults(claimed, rooms)) this.#findings.fault(this.#closing?.line ?? 0, fault);
    const { verified, ...found } = this.#findings.report();
    return {
      verified,
      room_id: this.#header?.room_id ?? null,
      room_version: this.#header?.version.id ?? null,
      lines: this.#lines,
      key_documents: this.#keyDocuments,
      unchecked_signatures: unchecked,
      rooms,
      missing,
      ...found,
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
    if (!this.#events.empty) this.#fault({ rule: EXPORT_RULES.KEYS, detail: 'keys come before the events' });
    const fault = this.#signatures.published.add(keys.value.server_keys, keys.value.fetched_ts);
    if (fault === null) this.#keyDocuments += 1;
    else this.#fault({ rule: EXPORT_RULES.KEYS, detail: `${fault.rule}: ${fault.detail}` });
  }

  #close(value: JsonValue): void {
    const closing = readClosing(value);
    if (!closing.ok) this.#fault(closing);
    this.#closing = { line: this.#lines, value: closing.ok ? closing.value : null };
  }

  #event(read: ReadText, header: ExportHeader): void {
    const copy = checkRead(read, header.version);
    if (!copy.ok) {
      this.#fault(copy);
      return this.#findings.verdict(this.#lines, 'dropped', null, copy.rule);
    }
    const { event, redactedFor } = copy.value;
    const before = this.#events.lineOf(event.event_id);
    const fault =
      before === undefined ? this.#misplaced(event, header) : { rule: EXPORT_RULES.ONCE, detail: `the event of line ${before} again` };
    if (fault !== null) {
      this.#fault(fault, event);
      return this.#findings.verdict(this.#lines, 'dropped', event, fault.rule);
    }
    // A copy may have been redacted on purpose; one that holds more than redaction leaves was altered.
    if (redactedFor !== undefined && holdsMore(read.value, event, header.version)) this.#fault(redactedFor, event);
    this.#events.receive(this.#lines, copy.value, header.version);
  }

  /** EXP-6: an event of another room, or of the guild after the channel began. */
  #misplaced(event: RoomEvent, header: ExportHeader): Fault | null {
    if (event.room_id === header.room_id) return null;
    const began = this.#events.began(header.room_id);
    if (this.#guild === null && !began && event.prev_events.length === 0) this.#guild = event.room_id;
    if (event.room_id !== this.#guild) return { rule: EXPORT_RULES.ROOMS, detail: `the event belongs to ${event.room_id}` };
    return began ? { rule: EXPORT_RULES.ROOMS, detail: 'an event of the guild after one of the channel' } : null;
  }

  /** EXP-6: the room of the header is there, and nothing beside it but its guild. */
  #checkRooms(): void {
    if (this.#header === null) return;
    const { room_id } = this.#header;
    const room = this.rooms.room(room_id);
    const fault = (detail: string): void => this.#findings.fault(0, { rule: EXPORT_RULES.ROOMS, detail });
    if (room === undefined) fault(`the file does not hold the room of its header, ${room_id}`);
    else if (this.#guild !== null && room.guild?.room_id !== this.#guild) fault(`${room_id} is not a channel of ${this.#guild}`);
  }

  /** Of the line that was just read. */
  #fault(fault: Fault, event?: RoomEvent): void {
    this.#findings.fault(this.#lines, fault, event);
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
