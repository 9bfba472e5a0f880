// `npm run bench`: measures, as ratios against a baseline of the same run.
// The results, with the machine and the versions that they were measured on, are written to bench-results.json, or to FILE.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { prepare } from './lib/prepare.mjs';
import { root, runScript } from './lib/project.mjs';
import { runChild } from './lib/run-child.mjs';

const SUITES = {
  engine: join(root, 'core', 'bench', 'engine.ts'),
  resolution: join(root, 'core', 'bench', 'resolution.ts'),
  storage: join(root, 'storage', 'bench', 'storage.ts'),
  runner: join(root, 'storage', 'bench', 'runner.ts'),
  simulator: join(root, 'federation-tests', 'bench', 'simulator.ts'),
};

await runScript(async () => {
  const node = prepare();
  const { commandLine } = await import('@openguild/federation-tests/command-line');
  const { Argument } = await import('commander');
  const command = commandLine({
    name: 'bench',
    description: 'Measures, as ratios against a baseline of the same run.',
    examples: [
      ['engine resolution', 'two of the suites'],
      ['storage --full', 'with rooms of a million events: some ten minutes more'],
    ],
    exitCodes: { 0: 'all ran, whether goals are met or missed', 1: 'one broke down or came to a wrong result' },
  })
    .addArgument(new Argument('[suites...]', 'which (default: all)').choices(Object.keys(SUITES)))
    .option('--full', 'the storage suite at full size', false)
    .option('--json <file>', 'where the results are written, with the machine and the versions', join(root, 'bench-results.json'))
    .parse();
  const { full, json: file } = command.opts();
  const chosen = command.args;
  const folder = mkdtempSync(join(tmpdir(), 'openguild-bench-'));
  const results = [];
  let failed = 0;
  for (const name of (chosen.length > 0 ? chosen : Object.keys(SUITES)).filter((suite) => existsSync(SUITES[suite]))) {
    console.log(`\n${name}`);
    const out = join(folder, `${name}.json`);
    failed ||= await runChild(node, ['--expose-gc', SUITES[name], '--json', out, ...(full && name === 'storage' ? ['--full'] : [])]);
    if (existsSync(out)) results.push(...JSON.parse(readFileSync(out, 'utf8')).map((line) => ({ suite: name, ...line })));
  }
  rmSync(folder, { recursive: true });
  const [cpu] = cpus();
  const machine = {
    cpu: cpu?.model,
    cores: cpus().length,
    memory_gb: Math.round(totalmem() / 1e9),
    node: process.version,
    platform: `${process.platform}-${process.arch}`,
  };
  writeFileSync(file, `${JSON.stringify({ machine, measured: new Date().toISOString(), results }, null, 2)}\n`);
  console.log(
    `\n${results.filter((line) => line.holds === true).length} goals met, ${results.filter((line) => line.holds === false).length} missed; written to ${file}`,
  );
  return failed;
});
