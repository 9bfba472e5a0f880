import { DEFAULT_MAX_JSON_BYTES, ExportVerifier, LineSplitter, portableVerifier } from '@openguild/core';
import type { VerifyReport } from '@openguild/core';

/** Milliseconds of work after which the page may draw and answer. */
const SLICE_MS = 40;

/** Verifies an export, plain or gzip, as it is read. `goOn` is told the lines so far, now and then; false ends it with an error. */
export async function verifyStream(
  stream: ReadableStream<Uint8Array>,
  goOn: (lines: number) => boolean,
): Promise<{ readonly report: VerifyReport; readonly verifier: ExportVerifier }> {
  const verifier = new ExportVerifier(portableVerifier());
  const splitter = new LineSplitter(DEFAULT_MAX_JSON_BYTES);
  let began = performance.now();
  const reader = (await plain(stream)).getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    for (const line of splitter.push(read.value)) {
      verifier.line(line);
      if (performance.now() - began < SLICE_MS) continue;
      if (!goOn(verifier.lines)) throw new Error('another file was chosen');
      await new Promise((resolve) => setTimeout(resolve));
      began = performance.now();
    }
  }
  for (const line of splitter.end()) verifier.line(line);
  return { report: verifier.end(), verifier };
}

/** Unpacked, if the first two bytes say gzip (EXP-1). */
async function plain(stream: ReadableStream<Uint8Array>): Promise<ReadableStream<Uint8Array>> {
  const [head, whole] = stream.tee();
  const start: number[] = [];
  const reader = head.getReader();
  for (let read = await reader.read(); !read.done && start.length < 2; read = await reader.read()) start.push(...read.value.subarray(0, 2));
  void reader.cancel();
  const packed = start[0] === 0x1f && start[1] === 0x8b;
  return packed ? whole.pipeThrough(new DecompressionStream('gzip') as unknown as ReadableWritablePair<Uint8Array, Uint8Array>) : whole;
}
