// `npm run replay -- FILE [--page FILE.html | --no-page] [--wide]`: judges a history again, explains it, and writes a page to step through it.
import { readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { buildPage } from '../pages/build-page.ts';
import { judgeHistory } from '../replay/judge-history.ts';
import { replayData } from '../replay/page-data.ts';
import { replayReport } from '../replay/report.ts';
import { readHistory } from '../sim/history-file.ts';

/** A history is read as a whole. */
const MAX_HISTORY_BYTES = 256 * 1024 * 1024;

const USAGE = 'usage: npm run replay -- FILE [--page FILE.html | --no-page] [--wide]\n';

function textOf(file: string): string {
  const bytes = readFileSync(file);
  // EXP-1: the first two bytes tell gzip.
  const plain = bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_HISTORY_BYTES }) : bytes;
  if (plain.length > MAX_HISTORY_BYTES) throw new Error(`more than ${MAX_HISTORY_BYTES} bytes`);
  return plain.toString('utf8');
}

async function replay(file: string, wide: boolean, page: string | null): Promise<number> {
  const history = readHistory(textOf(file));
  const judged = judgeHistory(history);
  process.stdout.write(`${replayReport(history, judged, { width: wide ? Infinity : 200 })}\n`);
  if (page !== null) {
    writeFileSync(page, await buildPage('replay', replayData(history, judged)));
    process.stdout.write(`to step through it: ${page}\n`);
  }
  return judged.differences.length > 0 ? 1 : 0;
}

const { values, positionals } = parseArgs({
  allowPositionals: true,

  options: { wide: { type: 'boolean', default: false }, page: { type: 'string' }, 'no-page': { type: 'boolean', default: false } },
});
const [file] = positionals;
if (file === undefined) {
  process.stderr.write(USAGE);
  process.exitCode = 2;
} else {
  const page = values.page ?? `${file.replace(/\.jsonl(\.gz)?$/, '')}.html`;
  try {
    process.exitCode = await replay(file, values.wide, values['no-page'] ? null : page);
  } catch (error) {
    process.stderr.write(`replay: ${file}: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = 2;
  }
}
