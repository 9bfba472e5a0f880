import { createHash, type KeyObject, verify } from 'node:crypto';
import { createRequire } from 'node:module';
import canonicalize from 'canonicalize';
import { canonicalJson, checkCopy, MemoryRooms, readJson, type RoomVersion } from '@openguild/core';
import { cpuMs } from './cpu-time.ts';
import type { Measurement } from './report.ts';

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
 * Parse, verify, authorise, insert, on one thread, against the bare limit: JSON.parse, canonicalize, SHA-256 and one verification of the same bytes by the same
 * backend. Blocks of both are timed in turn, by CPU time; what counts is the median block, since the machine may do other things.
 */
export function pipeline(name: string, input: PipelineInput, key: KeyObject): Measurement[] {
  return backends(key).map((backend, place) => {
    const limits: number[] = [];
    const ours: number[] = [];
    while (ours.length < MIN_BLOCKS) {
      const rooms = new MemoryRooms(
        (check) => backend.holds(check.message, check.signature),
        (check) => check.options.some(({ signature }) => backend.holds(check.message, signature)),
      );
      for (const bytes of input.before) take(rooms, bytes, input.version);
      for (let at = 0; at + BLOCK <= input.events.length; at += BLOCK) {
        const block = input.events.slice(at, at + BLOCK);
        limits.push(timed(() => block.forEach((bytes) => bare(bytes, backend, input.version))));
        ours.push(timed(() => block.forEach((bytes) => take(rooms, bytes, input.version))));
      }
    }
    const bytes = Math.round(input.events.reduce((sum, one) => sum + one.length, 0) / input.events.length);
    const [value, baseline] = [rate(ours), rate(limits)];
    const ratio = value / baseline;
    const goal = place === 0 ? { goal: '>= 0.8 of the bare limit', holds: ratio >= 0.8 } : { goal: 'reported', holds: null };
    return { name: `pipeline, ${name}, ${bytes}-byte events, ${backend.name}`, value, unit: 'events/s', baseline, ratio, ...goal };
  });
}

function take(rooms: MemoryRooms, bytes: Uint8Array, version: RoomVersion): void {
  const value = readJson(bytes);
  const copy = value.ok ? checkCopy(value.value, version) : value;
  if (!copy.ok) throw new Error(copy.detail);
  const received = rooms.receive(copy.value, version);
  if (received.missing !== null || received.outcome.kind !== 'accepted') throw new Error(JSON.stringify(received));
}

function bare(bytes: Uint8Array, backend: Backend, version: RoomVersion): void {
  const { signatures, ...event } = JSON.parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString('utf8')) as Record<
    string,
    Record<string, Record<string, string>>
  >;
  const text = Buffer.from(canonicalize(event) as string);
  createHash('sha256').update(text).digest();
  const [signature = ''] = Object.values(Object.values(signatures ?? {})[0] ?? {});
  // Native events sign a hash and its context (48 bytes), Matrix events their redacted text.
  backend.holds(version.authority === 'native' ? text.subarray(0, 48) : text, Buffer.from(signature, 'base64'));
}

function timed(work: () => void): number {
  const start = cpuMs();
  work();
  return cpuMs() - start;
}

function rate(blocks: number[]): number {
  blocks.sort((a, b) => a - b);
  return (BLOCK / (blocks[Math.floor(blocks.length / 2)] as number)) * 1_000;
}

/** The events of a room that was made here: those of one type are measured. */
export function inputOf(rooms: MemoryRooms, roomIds: readonly string[], type: string, version: RoomVersion): PipelineInput {
  const all = roomIds.flatMap((room) => [...rooms.events(room)].map(({ event }) => event));
  const bytes = (measured: boolean): Uint8Array[] =>
    all.filter((event) => (event.type === type) === measured).map(({ pdu }) => Buffer.from(canonicalJson(pdu)));
  return { version, before: bytes(false), events: bytes(true) };
}
