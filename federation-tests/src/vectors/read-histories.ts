import { createReadStream } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { LineSplitter } from '@openguild/core';

/** A history in the native form (names in place of IDs and keys) or in Matrix's (PDUs as they travel). Their modules know the fields. */
export type AnyHistory = Record<string, unknown> & { readonly id: string };

const MAX_HISTORY_BYTES = 256 * 1024 * 1024;

/** The histories of a file: JSON lines, gzip or plain (told by the first two bytes). Throws on a line that is no history. */
export async function* readHistories(path: string): AsyncGenerator<AnyHistory> {
  const bytes = createReadStream(path);
  let number = 0;
  for await (const line of linesOf((await isGzip(path)) ? bytes.pipe(createGunzip()) : bytes)) {
    number += 1;
    if (line.trim() === '') continue;
    const history: unknown = JSON.parse(line);
    if (!isHistory(history)) throw new Error(`${path}:${number}: not a history (no id, or no events)`);
    yield history;
  }
}

/** Split at line feeds alone: texts hold other characters that some take for the end of a line (U+2028). */
async function* linesOf(bytes: AsyncIterable<unknown>): AsyncGenerator<string> {
  const splitter = new LineSplitter(MAX_HISTORY_BYTES);
  const decoder = new TextDecoder('utf-8', { fatal: true });
  for await (const chunk of bytes) for (const line of splitter.push(chunk as Uint8Array)) yield decoder.decode(line);
  for (const line of splitter.end()) yield decoder.decode(line);
}

function isHistory(value: unknown): value is AnyHistory {
  return (
    typeof value === 'object' &&
    value !== null &&
    'id' in value &&
    typeof value.id === 'string' &&
    'events' in value &&
    Array.isArray(value.events)
  );
}

async function isGzip(path: string): Promise<boolean> {
  for await (const chunk of createReadStream(path, { end: 1 })) return Buffer.isBuffer(chunk) && chunk[0] === 0x1f && chunk[1] === 0x8b;
  return false;
}
