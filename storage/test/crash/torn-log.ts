import { readFile, writeFile } from 'node:fs/promises';

interface Frame {
  readonly end: number;
  readonly commits: boolean;
}

const [HEADER_BYTES, FRAME_HEADER_BYTES] = [32, 24];

/**
 * The frames of a write-ahead log that count: those whose salts and checksums fit (sqlite.org/fileformat2.html, section 4).
 */
export function framesOf(log: Buffer): Frame[] {
  if (log.length < HEADER_BYTES) return [];
  const pageSize = log.readUInt32BE(8);
  const bigEndian = log.readUInt32BE(0) === 0x377f0683;
  let sums = checksum([0, 0], log.subarray(0, 24), bigEndian);
  if (sums[0] !== log.readUInt32BE(24) || sums[1] !== log.readUInt32BE(28)) return [];
  const frames: Frame[] = [];
  for (let at = HEADER_BYTES; at + FRAME_HEADER_BYTES + pageSize <= log.length; at += FRAME_HEADER_BYTES + pageSize) {
    if (log.compare(log, 16, 24, at + 8, at + 16) !== 0) break;
    sums = checksum(sums, log.subarray(at, at + 8), bigEndian);
    sums = checksum(sums, log.subarray(at + FRAME_HEADER_BYTES, at + FRAME_HEADER_BYTES + pageSize), bigEndian);
    if (sums[0] !== log.readUInt32BE(at + 16) || sums[1] !== log.readUInt32BE(at + 20)) break;
    frames.push({ end: at + FRAME_HEADER_BYTES + pageSize, commits: log.readUInt32BE(at + 4) !== 0 });
  }
  return frames;
}

/**
 * What loss of power may leave of a log: everything up to `from` was synced, of what follows anything may be there. Cuts it, fills a stretch with zeros or noise, or
 * loses a stretch in the middle.
 */
export async function tearLog(file: string, from: number, random: (below: number) => number): Promise<string> {
  const log = await readFile(file);
  const tail = log.length - from;
  if (tail <= 0) return 'nothing to tear';
  const at = from + random(tail + 1);
  const length = Math.min(log.length - at, 1 + random(8_192));
  const kind = ['cut', 'zeros', 'noise', 'old'][random(4)] as string;
  if (kind === 'cut') await writeFile(file, log.subarray(0, at));
  else {
    const noise = Buffer.from(Array.from({ length }, () => random(256)));
    const old = log.subarray(HEADER_BYTES, HEADER_BYTES + length);
    (kind === 'zeros' ? Buffer.alloc(length) : kind === 'noise' ? noise : old).copy(log, at);
    await writeFile(file, log);
  }
  return `${kind} at ${at} of ${log.length}`;
}

function checksum([a, b]: readonly [number, number], bytes: Buffer, bigEndian: boolean): [number, number] {
  let [s0, s1] = [a, b];
  for (let at = 0; at < bytes.length; at += 8) {
    s0 = (s0 + (bigEndian ? bytes.readUInt32BE(at) : bytes.readUInt32LE(at)) + s1) >>> 0;
    s1 = (s1 + (bigEndian ? bytes.readUInt32BE(at + 4) : bytes.readUInt32LE(at + 4)) + s0) >>> 0;
  }
  return [s0, s1];
}
