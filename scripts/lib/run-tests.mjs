// The part of `npm test` that runs under the project's own Node: finds the test files, runs them by mocha, reports.
import { readFileSync } from 'node:fs';
import { join, relative, sep } from 'node:path';
import { commandLine } from '@openguild/federation-tests/command-line';
import Mocha from 'mocha';
import { TestReport } from './test-report.mjs';
import { otherFolders, packages, root } from './project.mjs';
import { walkFiles } from './walk-files.mjs';

/** A test run must end by itself; what still holds the process after this long is reported as a failure. */
const LINGER_MS = 15_000;

const ci = /^(1|true)$/i.test(process.env.CI ?? '');
const command = commandLine({
  name: 'test',
  call: 'npm test --',
  description: 'Runs the tests.',
  examples: [
    ['core', 'those of one package'],
    ['storage/test/runner --grep backup', 'those of some files, with this in their titles'],
  ],
  exitCodes: { 0: 'all passed', 1: 'some failed, or left something running' },
})
  .argument('[parts...]', 'packages, or parts of paths of test files (default: all)')
  .option('-g, --grep <text>', 'tests whose titles contain this, a regular expression')
  .option('-i, --invert', 'tests that --grep does not select', false)
  .option('-b, --bail', 'ends with the first failure', false)
  .parse();
const values = command.opts();

const settings = JSON.parse(readFileSync(join(root, '.mocharc.json'), 'utf8'));
const mocha = new Mocha({ ...settings, ui: 'bdd', bail: values.bail, forbidOnly: ci, reporter: TestReport, reporterOptions: { ci } });
if (values.grep !== undefined) mocha.grep(values.grep);
if (values.invert) mocha.invert();

// Mocha passes these on and would otherwise drop them; thrown, they fail the test that runs.
process.on('unhandledRejection', (reason) => {
  throw reason;
});

/** What went wrong outside of any test: { what, error }. */
const faults = [];
for (const file of testFiles(command.args)) await load(file);
finish(await new Promise((resolve) => mocha.run(resolve)));

/** Test files in package order, of which the path from the root contains one of `parts` (all, if none is given). */
function testFiles(parts) {
  const isTest = (path) => /\.test\.(ts|mjs)$/.test(path);
  const all = [...packages, ...otherFolders].flatMap((name) => walkFiles(join(root, name, 'test'), isTest));
  if (parts.length === 0) return all;
  // A package's name selects that package and not every path that contains the word.
  return all.filter((path) => {
    const name = relative(root, path).split(sep).join('/');
    return parts.some((part) => (packages.includes(part) ? name.startsWith(`${part}/`) : name.includes(part.replace(/^\.\//, ''))));
  });
}

/** A file that cannot be loaded is a failure by itself, and keeps no other file from running. */
async function load(file) {
  const loadedBefore = mocha.suite.suites.length;
  mocha.files = [file];
  try {
    await mocha.loadFilesAsync();
  } catch (error) {
    mocha.suite.suites.length = loadedBefore;
    faults.push({ what: `${relative(root, file)} cannot be loaded`, error });
  }
}

/** Waits until nothing runs any more, so that the count is the last line whatever the tests left behind. */
function finish(report) {
  const end = (lingering) => {
    process.off('beforeExit', idle);
    process.exit(report.conclude({ lingering, faults }) ? 0 : 1);
  };
  const idle = () => end([]);
  process.on('beforeExit', idle);
  process.on('uncaughtException', (error) => faults.push({ what: 'thrown after the tests ended', error }));
  setTimeout(() => end(process.getActiveResourcesInfo()), LINGER_MS).unref();
}
