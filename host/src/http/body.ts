import type { IncomingMessage } from 'node:http';
import { readJson } from '@openguild/core';
import type { JsonValue } from '@openguild/core';
import { validator } from '@openguild/spec';
import type { Platform } from '../platform/platform.ts';
import { HostError } from './errors.ts';

/** Of a body that is refused for its length, this much is read and thrown away, so that the sender gets the answer rather than a broken connection. */
const DRAIN_BYTES = 4_194_304;
const DRAIN_MS = 2_000;

/**
 * All bytes of a request's body. Refuses what is too long (TOO_LARGE), compressed (BAD_REQUEST: no bombs) or too slow (TIMED_OUT).
 * A longer body than declared cannot come: the HTTP parser ends it at Content-Length.
 */
export async function readBody(request: IncomingMessage, maxBytes: number, timeoutMs: number, platform: Platform): Promise<Uint8Array> {
  await refuseByHeaders(request, maxBytes, platform);
  const chunks: Uint8Array[] = [];
  let size = 0;
  const ended = await eachChunk(request, timeoutMs, platform, (chunk) => {
    size += chunk.length;
    if (size > maxBytes) return false;
    chunks.push(chunk);
    return true;
  });
  if (ended === 'stopped') {
    await drain(request, platform);
    throw tooLarge(maxBytes);
  }
  if (ended === 'late') throw new HostError('TIMED_OUT', 'the body came too slowly');
  if (ended === 'broken') throw new HostError('BAD_REQUEST', 'the body ended early');
  return new Uint8Array(Buffer.concat(chunks, size));
}

/** The bytes of an upload, as they come; an error past the limit. */
export async function* limitedBytes(request: IncomingMessage, maxBytes: number, platform: Platform): AsyncGenerator<Uint8Array> {
  await refuseByHeaders(request, maxBytes, platform);
  let size = 0;
  // The request stays open when this generator ends early: its answer is still to be sent.
  for await (const chunk of request.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) break;
    yield chunk;
  }
  if (size <= maxBytes) return;
  await drain(request, platform);
  throw tooLarge(maxBytes);
}

/** Bytes to a value that fits the schema. BAD_JSON with the CJ rule, or BAD_REQUEST with the path of the first fault. */
export function parseBody(bytes: Uint8Array, schema: string): JsonValue {
  const read = readJson(bytes.length === 0 ? EMPTY_OBJECT : bytes, { maxBytes: Math.max(bytes.length, EMPTY_OBJECT.length) });
  if (!read.ok) throw new HostError('BAD_JSON', read.detail, { rule: read.rule });
  const checked = validator(schema)(read.value);
  if (!checked.ok) throw new HostError('BAD_REQUEST', `${checked.path === '' ? 'the body' : checked.path} ${checked.detail}`);
  return read.value;
}

/** No body at all stands for `{}`, so that requests without fields need none. */
const EMPTY_OBJECT = new TextEncoder().encode('{}');

type Ended = 'whole' | 'stopped' | 'late' | 'broken';

/** Hands over chunks until the body ends, `take` says no, or time is up. The request itself stays usable for an answer. */
function eachChunk(request: IncomingMessage, timeoutMs: number, platform: Platform, take: (chunk: Buffer) => boolean): Promise<Ended> {
  const { promise, resolve } = Promise.withResolvers<Ended>();
  const cancel = platform.setTimer(timeoutMs, () => finish('late'));
  const onData = (chunk: Buffer): void => {
    if (!take(chunk)) finish('stopped');
  };
  const onEnd = (): void => finish('whole');
  const onBroken = (): void => finish('broken');
  function finish(how: Ended): void {
    cancel();
    request.off('data', onData).off('end', onEnd).off('error', onBroken).off('close', onBroken);
    request.pause();
    resolve(how);
  }
  if (request.destroyed) resolve('broken');
  else request.on('data', onData).on('end', onEnd).on('error', onBroken).on('close', onBroken);
  return promise;
}

async function drain(request: IncomingMessage, platform: Platform): Promise<void> {
  let left = DRAIN_BYTES;
  request.on('error', () => undefined);
  await eachChunk(request, DRAIN_MS, platform, (chunk) => (left -= chunk.length) > 0);
}

async function refuseByHeaders(request: IncomingMessage, maxBytes: number, platform: Platform): Promise<void> {
  const encoding = request.headers['content-encoding'];
  if (encoding !== undefined && encoding !== 'identity') throw new HostError('BAD_REQUEST', 'compressed bodies are not read');
  const declared = Number(request.headers['content-length'] ?? 0);
  if (declared <= maxBytes) return;
  await drain(request, platform);
  throw tooLarge(maxBytes);
}

function tooLarge(maxBytes: number): HostError {
  return new HostError('TOO_LARGE', `the body is longer than ${maxBytes} bytes`);
}
