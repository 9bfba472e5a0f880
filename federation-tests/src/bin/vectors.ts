import { Command, InvalidArgumentError } from 'commander';
import { runVectors } from '../vectors/run-vectors.ts';

function count(text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) throw new InvalidArgumentError('a number from 1 on');
  return value;
}

const command = new Command('vectors')
  .description('Judges histories with the whole receipt pipeline and compares verdicts, states and void events with what the files expect.')
  .argument('<files...>', 'JSON lines, gzip or plain: native histories (spec/native) or Matrix ones (spec/matrix)')
  .option('--every <n>', 'judge every n-th history of each file only', count, 1)
  .parse();

const total = await runVectors(command.args, {
  every: command.opts<{ every: number }>().every,
  write: (line) => process.stdout.write(`${line}\n`),
  now: () => performance.now(),
});
if (total.skipped > 0) process.stdout.write(`${total.skipped} skipped\n`);
process.stdout.write(`${total.passed} passed, ${total.failed} failed\n`);
process.exitCode = total.failed > 0 ? 1 : 0;
