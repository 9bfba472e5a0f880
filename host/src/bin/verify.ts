import { createReadStream } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { DEFAULT_MAX_JSON_BYTES, ExportVerifier, LineSplitter, reportText } from '@openguild/core';
import { verifyNowWithNode } from '@openguild/storage';

export interface VerifyOptions {
  readonly json?: boolean;
  readonly events?: boolean;
  readonly quiet?: boolean;
}

/** RFC 1952: how a gzip stream begins. */
const GZIP = Buffer.of(0x1f, 0x8b);
/** Milliseconds without a word after which a person wants to know that it goes on. */
const SAY_EVERY_MS = 2_000;

/** `openguild verify FILE`: EXP-10. The report on stdout; exit code 0 if nothing is at fault, 1 if something is, 2 if the file cannot be read. */
export async function verifyFile(file: string, options: VerifyOptions): Promise<void> {
  const verifier = new ExportVerifier(verifyNowWithNode);
  const splitter = new LineSplitter(DEFAULT_MAX_JSON_BYTES);
  const progress = options.quiet === true ? () => undefined : progressOn(process.stderr);
  let bytes = 0;
  try {
    for await (const chunk of plainBytes(file)) {
      bytes += chunk.length;
      for (const line of splitter.push(chunk)) {
        verifier.line(line);
        progress(verifier.lines, bytes);
      }
    }
  } catch (error) {
    process.stderr.write(`openguild: ${file} cannot be read: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
    return;
  }
  for (const line of splitter.end()) verifier.line(line);
  const report = verifier.end();
  process.stdout.write(options.json === true ? `${JSON.stringify(report)}\n` : reportText(report, { everyEvent: options.events === true }));
  process.exitCode = report.verified ? 0 : 1;
}

/** The bytes of a file, or of standard input for `-`; unpacked if they are gzip. */
async function* plainBytes(file: string): AsyncGenerator<Uint8Array> {
  const source: NodeJS.ReadableStream = file === '-' ? process.stdin : createReadStream(file);
  const chunks = (source as AsyncIterable<Buffer>)[Symbol.asyncIterator]();
  let head = Buffer.alloc(0);
  let ended = false;
  while (head.length < GZIP.length && !ended) {
    const next = await chunks.next();
    ended = next.done === true;
    if (next.done !== true) head = Buffer.concat([head, next.value]);
  }
  const all = async function* (): AsyncGenerator<Buffer> {
    yield head;
    for (let next = await chunks.next(); next.done !== true; next = await chunks.next()) yield next.value;
  };
  if (head.subarray(0, GZIP.length).equals(GZIP)) yield* gunzipped(all());
  else yield* all();
}

async function* gunzipped(packed: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  const gunzip = createGunzip();
  // Whoever reads meets the same error.
  pipeline(Readable.from(packed), gunzip).catch(() => undefined);
  yield* gunzip as AsyncIterable<Uint8Array>;
}

/** Says how far it is, now and then. */
function progressOn(out: NodeJS.WriteStream): (lines: number, bytes: number) => void {
  let said = performance.now();
  return (lines, bytes) => {
    if (lines % 256 !== 0 || performance.now() - said < SAY_EVERY_MS) return;
    said = performance.now();
    out.write(`openguild: ${lines} lines, ${(bytes / 1_048_576).toFixed(1)} MiB verified so far\n`);
  };
}
