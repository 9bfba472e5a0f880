// `npm run replay -- FILE [--wide]`: judges a history again, by the engine in two orders and by the model, and explains it.
import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { judgeHistory } from '../replay/judge-history.ts';
import { replayReport } from '../replay/report.ts';
import { readHistory } from '../sim/history-file.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { wide: { type: 'boolean', default: false } } });
const [file] = positionals;
if (file === undefined) {
  process.stderr.write('usage: npm run replay -- FILE [--wide]\n');
  process.exitCode = 2;
} else {
  const history = readHistory(readFileSync(file, 'utf8'));
  const judged = judgeHistory(history);
  process.stdout.write(`${replayReport(history, judged, { width: values.wide ? Infinity : 200 })}\n`);
  process.exitCode = judged.differences.length > 0 ? 1 : 0;
}
