import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { commandLine, WRONG_USAGE } from '../command-line.ts';
import { buildPage } from '../pages/build-page.ts';
import { judgeHistory } from '../replay/judge-history.ts';
import { replayData } from '../replay/page-data.ts';
import { replayReport } from '../replay/report.ts';
import { readHistory } from '../sim/history-file.ts';

/** A history is read as a whole. */
const MAX_HISTORY_BYTES = 256 * 1024 * 1024;

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

const command = commandLine({
  name: 'replay',
  description:
    'Judges the events of a history again, as they came, in another order and as each server had them, explains every verdict, and writes a page to step through them.',
  examples: [
    ['sim-findings/1-70.small.jsonl', 'writes sim-findings/1-70.small.html as well'],
    ['room.jsonl.gz --no-page --wide', "a room's export; the report alone, lines uncut"],
  ],
  exitCodes: { 0: 'all judgements agree', 1: 'some differ', 2: 'called wrongly, or the file cannot be read' },
})
  .argument('<file>', 'a history or the export of a room: JSON lines, plain or gzip, at most 256 MiB')
  .option('--page <file>', 'where the page is written (default: beside the file, named .html)')
  .option('--no-page', 'writes no page')
  .option('--wide', 'does not cut lines at 200 characters', false)
  .parse();
const [file = ''] = command.args;
const { page, wide } = command.opts<{ page: string | boolean; wide: boolean }>();
try {
  const beside = `${file.replace(/\.jsonl(\.gz)?$/, '')}.html`;
  process.exitCode = await replay(file, wide, page === false ? null : page === true ? beside : page);
} catch (error) {
  process.stderr.write(`replay: ${file}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = WRONG_USAGE;
}
