import { hash, type KeyObject, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import { canonicalJson, type JsonObject, MemoryRooms, readCopy, type RoomVersion, type UnverifiedCopy } from '@openguild/core';
import { cpuMs } from '../../scripts/lib/cpu-time.ts';
import { median, type Report } from '../../scripts/lib/bench-report.ts';

/** Something that verifies Ed25519 signatures of one key. */
interface Backend {
  readonly name: string;
  readonly holds: (message: Uint8Array, signature: Uint8Array) => boolean;
}

/** The wire forms of a room: what comes before, and the events that are measured. */
export interface PipelineInput {
  readonly version: RoomVersion;
  readonly before: readonly Uint8Array[];
  readonly events: readonly Uint8Array[];
}

const BLOCK = 20;
const MIN_BLOCKS = 300;
/** Events that are taken, and read bare, before anything counts: a server runs for days, so what it compiles while it starts is not its rate. */
const WARM_UP_EVENTS = 24_000;

/** The fastest first. */
function backends(key: KeyObject): Backend[] {
  const raw = key.export({ format: 'der', type: 'spki' }).subarray(12);
  const found: Backend[] = [];
  try {
    const sodium = createRequire(import.meta.url)('sodium-native') as {
      crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, key: Uint8Array): boolean;
    };
    found.push({ name: 'sodium-native', holds: (message, signature) => sodium.crypto_sign_verify_detached(signature, message, raw) });
  } catch {
    // It is optional.
  }
  found.push({ name: 'node:crypto', holds: (message, signature) => verify(null, message, key, signature) });
  return found;
}

/**
 * Parse, verify, authorise, insert, on one thread, against the bare limit (`bare`) with the same backend. Both take blocks of 20 events in turn, as large as a
 * transaction between servers, each step for the whole block before the next step. Timed by CPU time; the ratio is the median of all pairs, since the machine may do
 * other things.
 */
export function pipeline(report: Report, name: string, input: PipelineInput, key: KeyObject): void {
  warmUp(input);
  const bytes = Math.round(input.events.reduce((sum, one) => sum + one.length, 0) / input.events.length);
  for (const [place, backend] of backends(key).entries()) {
    const pairs: { readonly limit: number; readonly ours: number }[] = [];
    while (pairs.length < MIN_BLOCKS) {
      const receiver = new Receiver(backend, input.version);
      receiver.take(input.before);
      for (const block of blocksOf(input.events)) {
        const limit = timed(() => bare(block, backend, input.version));
        pairs.push({ limit, ours: timed(() => receiver.take(block)) });
      }
    }
    const value = rate(pairs.map(({ ours }) => ours));
    const baseline = rate(pairs.map(({ limit }) => limit));
    const ratio = median(pairs.map(({ limit, ours }) => limit / ours));
    const goal = place === 0 ? { goal: '>= 0.8 of the bare limit', holds: ratio >= 0.8 } : { goal: 'reported', holds: null };
    report.say({ name: `pipeline, ${name}, ${bytes}-byte events, ${backend.name}`, value, unit: 'events/s', baseline, ratio, ...goal });
  }
}

/** Without the signatures, whose cost no compiler changes. */
function warmUp({ before, events, version }: PipelineInput): void {
  const trusting: Backend = { name: 'none', holds: () => true };
  for (let taken = 0; taken < WARM_UP_EVENTS; taken += events.length) {
    const receiver = new Receiver(trusting, version);
    receiver.take(before);
    for (const block of blocksOf(events)) {
      bare(block, trusting, version);
      receiver.take(block);
    }
  }
}

function blocksOf(events: readonly Uint8Array[]): Uint8Array[][] {
  return Array.from({ length: Math.floor(events.length / BLOCK) }, (_, i) => events.slice(i * BLOCK, (i + 1) * BLOCK));
}

/** Rooms, and what signatures are known to be right. */
class Receiver {
  readonly #backend: Backend;
  readonly #version: RoomVersion;
  #right = new Set<unknown>();
  readonly #rooms = new MemoryRooms(
    (check) => this.#right.has(check),
    (check) => this.#right.has(check),
  );

  constructor(backend: Backend, version: RoomVersion) {
    this.#backend = backend;
    this.#version = version;
  }

  take(events: readonly Uint8Array[]): void {
    const copies = events.map((bytes) => this.#read(bytes));
    this.#right = new Set();
    for (const copy of copies) this.#verify(copy);
    for (const copy of copies) {
      const received = this.#rooms.receive(copy, this.#version);
      if (received.missing !== null || received.outcome.kind !== 'accepted') throw new Error(JSON.stringify(received));
    }
  }

  #read(bytes: Uint8Array): UnverifiedCopy {
    const copy = readCopy(bytes, this.#version);
    if (!copy.ok) throw new Error(copy.detail);
    return copy.value;
  }

  #verify({ signatures, servers }: UnverifiedCopy): void {
    for (const check of signatures) if (this.#backend.holds(check.message, check.signature)) this.#right.add(check);
    for (const check of servers)
      if (check.options.some(({ signature }) => this.#backend.holds(check.message, signature))) this.#right.add(check);
  }
}

/**
 * The bare limit: what every implementation of these formats must do with the bytes of an event, and nothing else. JSON.parse; the canonical text without
 * `hashes`, and its hash (the content hash); the canonical text with `hashes` and of the content what redaction keeps (of a message nothing), and its hash
 * (the event ID); the signature from base64, and its verification. Nothing is checked, compared, spelt out or kept. The canonicaliser is the engine's own,
 * which is twice as fast as `canonicalize`; the hash is OpenSSL's SHA-256 in both formats.
 */
function bare(events: readonly Uint8Array[], backend: Backend, version: RoomVersion): void {
  const signed = events.map((bytes) => signedOf(bytes, version));
  for (const { message, signature } of signed) backend.holds(message, signature);
}

function signedOf(bytes: Uint8Array, { authority, keyOrder }: RoomVersion): { message: Uint8Array; signature: Uint8Array } {
  const { signatures, ...event } = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) as Wire;
  const { hashes: _hashes, ...unhashed } = event;
  hash('sha256', canonicalJson(unhashed, keyOrder), 'binary');
  const redacted = canonicalJson({ ...event, content: {} }, keyOrder);
  const eventHash = hash('sha256', redacted, 'binary');
  const [signature = ''] = Object.values(Object.values(signatures)[0] ?? {});
  // Native events sign their hash and its context, Matrix events their redacted text.
  const message = authority === 'native' ? Buffer.from(CONTEXT + eventHash, 'latin1') : Buffer.from(redacted);
  return { message, signature: Buffer.from(signature, 'base64') };
}

interface Wire extends JsonObject {
  readonly hashes: JsonObject;
  readonly signatures: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const CONTEXT = 'openguild.event\n';

function timed(work: () => void): number {
  const start = cpuMs();
  work();
  return cpuMs() - start;
}

function rate(blocks: readonly number[]): number {
  return (BLOCK / median(blocks)) * 1_000;
}

/** The events of a room that was made here: those of one type are measured. */
export function inputOf(rooms: MemoryRooms, roomIds: readonly string[], type: string, version: RoomVersion): PipelineInput {
  const all = roomIds.flatMap((room) => [...rooms.events(room)].map(({ event }) => event));
  const bytes = (measured: boolean): Uint8Array[] =>
    all.filter((event) => (event.type === type) === measured).map(({ pdu }) => Buffer.from(canonicalJson(pdu)));
  return { version, before: bytes(false), events: bytes(true) };
}
