import { commandLine, whole } from '../command-line.ts';
import { runVectors } from '../vectors/run-vectors.ts';

const command = commandLine({
  name: 'vectors',
  description: 'Judges histories with the whole receipt pipeline and compares verdicts, states and void events with what the files expect.',
  examples: [
    ['spec/native/*.gz', 'the native histories'],
    ['spec/matrix/*.gz --every 10', 'a tenth of the Matrix ones'],
  ],
  exitCodes: { 0: 'all passed', 1: 'some did not' },
})
  .argument('<files...>', 'JSON lines, gzip or plain: native histories (spec/native) or Matrix ones (spec/matrix)')
  .option('--every <n>', 'judge every n-th history of each file only', whole(1), 1)
  .parse();

const total = await runVectors(command.args, {
  every: command.opts<{ every: number }>().every,
  write: (line) => process.stdout.write(`${line}\n`),
  now: () => performance.now(),
});
if (total.skipped > 0) process.stdout.write(`${total.skipped} skipped\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
