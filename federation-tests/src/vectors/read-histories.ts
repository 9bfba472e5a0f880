import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { createGunzip } from 'node:zlib';
import { LineSplitter } from '@openguild/core';

/** A history in the native form (names in place of IDs and keys) or in Matrix's (PDUs as they travel). Their modules know the fields. */
export type AnyHistory = Record<string, unknown> & { readonly id: string };

/** One line of a file, counted from 1: a history, or why it is none. */
export type HistoryLine =
  | { readonly line: number; readonly history: AnyHistory; readonly fault?: undefined }
  | { readonly line: number; readonly fault: string };

/** A text of V8 holds twice as much; no history that anybody made comes near. */
const MAX_LINE_BYTES = 256 * 1024 * 1024;
const GZIP = Buffer.from([0x1f, 0x8b]);
const BYTE_ORDER_MARK = '\ufeff';

/**
 * The histories of a file: JSON lines, gzip or plain (told by the first two bytes). A line that is no history is given with its fault and the next one is
 * read; what ends the file before its end (not there, gzip cut off or corrupt) is the fault of the last line. Empty lines are passed over.
 */
export async function* readHistories(path: string, maxLineBytes = MAX_LINE_BYTES): AsyncGenerator<HistoryLine> {
  let line = 0;
  try {
    for await (const bytes of linesOf(path, maxLineBytes)) {
      line += 1;
      const read = readLine(bytes, maxLineBytes);
      if (read !== undefined) yield { line, ...read };
    }
  } catch (error) {
    if (!isReadError(error)) throw error;
    yield { line: line + 1, fault: `the file cannot be read on: ${error.message}` };
  }
}

/** Split at line feeds alone: texts hold other characters that some take for the end of a line (U+2028). */
async function* linesOf(path: string, maxLineBytes: number): AsyncGenerator<Uint8Array> {
  const splitter = new LineSplitter(maxLineBytes);
  const zipped = await isGzip(path);
  const file = createReadStream(path);
  const unzip = createGunzip();
  // Without the listener an error of the file would leave the other stream waiting for ever.
  const bytes = zipped ? file.on('error', (error) => unzip.destroy(error)).pipe(unzip) : file;
  for await (const chunk of bytes) yield* splitter.push(chunk as Uint8Array);
  yield* splitter.end();
}

function readLine(bytes: Uint8Array, maxLineBytes: number): { history: AnyHistory } | { fault: string } | undefined {
  if (bytes.length > maxLineBytes) return { fault: `the line is longer than ${maxLineBytes} bytes` };
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return { fault: 'the line is not UTF-8' };
  }
  if (text.startsWith(BYTE_ORDER_MARK)) return { fault: 'the line begins with a byte order mark' };
  if (text.trim() === '') return undefined;
  let history: unknown;
  try {
    history = JSON.parse(text);
  } catch (error) {
    return { fault: `the line is not JSON: ${(error as Error).message}` };
  }
  return isHistory(history) ? { history } : { fault: 'the line is no history: it has no id, or no events' };
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
  const file = await open(path);
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(GZIP.length), 0, GZIP.length, 0);
    return bytesRead === GZIP.length && buffer.equals(GZIP);
  } finally {
    await file.close();
  }
}

/** What the file system and zlib say, as opposed to a fault of this program. */
function isReadError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'code' in error && typeof error.code === 'string';
}
