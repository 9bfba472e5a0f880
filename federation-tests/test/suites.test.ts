import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { brokenEngine } from './broken-engines.ts';
import { AdapterError, runSuites, splitCommand, SUITE_NAMES, type SuiteName, type SuiteOptions, type SuiteResult } from '../src/index.ts';

const SEED = Number(process.env['OPENGUILD_SEED'] ?? Math.floor(Math.random() * 2 ** 31));
const ENGINE = fileURLToPath(new URL('../dist/bin/engine-adapter.js', import.meta.url));
const ANSWERS = new URL('../dist/suites/engine-adapter.js', import.meta.url).href;
const PYTHON = fileURLToPath(new URL('../../examples/adapter-in-python/adapter.py', import.meta.url));
const hasPython = spawnSync('python3', ['--version']).status === 0;
/** In CI Python must be there. */
const tolerated = process.env['CI'] === undefined ? ' [optional]' : '';

async function run(
  adapter: SuiteOptions['adapter'],
  options: Partial<SuiteOptions> = {},
): Promise<{ results: SuiteResult[]; lines: string[] }> {
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);
  const defaults = { seed: SEED, cases: 120, timeoutMs: 20_000, shrinks: 120, say };
  return { results: await runSuites({ adapter, ...defaults, ...options }), lines };
}

/** An adapter of a few lines of JavaScript, which has read one line into `request`. */
function small(body: string): string[] {
  const hello = { protocol: 'openguild.suites', version: 1, engine: 'small', suites: ['canonical-form'] };
  const script = `
    const say = (answer) => console.log(JSON.stringify(answer));
    require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
      const request = JSON.parse(line);
      if (request.op === 'hello' && !${body.startsWith('/* hello */')}) say({ id: request.id, ok: ${JSON.stringify(hello)} });
      else { ${body} }
    });`;
  return [process.execPath, '-e', script];
}

describe(`property suites for any engine (OPENGUILD_SEED=${SEED} replays)`, function () {
  this.timeout(120_000);

  it('the project’s own engine passes all of them', async () => {
    const { results, lines } = await run([process.execPath, ENGINE], { cases: 40 });
    expect(
      results.map(({ suite, outcome }) => `${suite} ${outcome}`),
      lines.join('\n'),
    ).to.deep.equal(SUITE_NAMES.map((name) => `${name} passed`));
  });

  const caught: readonly (readonly [name: string, suite: SuiteName, rule: RegExp])[] = [
    ['sorts names by code points', 'canonical-form', /^CJ-16$/],
    ['reads duplicate names', 'canonical-form', /^CJ-9$/],
    ['reads fractions that are whole', 'canonical-form', /^CJ-/],
    ['escapes what is not ASCII', 'canonical-form', /^CJ-16$/],
    ['hashes the whole event into the ID', 'event-ids', /^EV-16$/],
    ['hashes signatures into the ID', 'event-ids', /^EV-16$/],
    ['takes room IDs as they come', 'event-ids', /^ID-5$/],
    ['believes content hashes', 'event-ids', /^EV-15$/],
    ['keeps the reason of a redaction', 'redaction', /^RED-2$/],
    ['loses the owner’s key in redaction', 'redaction', /^RED-[23]$/],
    ['keeps unsigned', 'redaction', /^RED-1$/],
    ['lets what comes last win', 'convergence', /^RES-7$/],
    ['rejects what comes twice', 'convergence', /^ENG-8$/],
    ['accepts everything', 'authority', /^AUTH-/],
    ['lets what comes last win', 'authority', /^RES-7$/],
    ['forgets bans in merges', 'authority', /^RES-7$/],
  ];
  for (const [name, suite, rule] of caught) {
    it(`${suite} catches an engine that ${name}`, async () => {
      const { results, lines } = await run(brokenEngine(name), { suites: [suite], cases: 600 });
      const [result] = results as [SuiteResult];
      expect(result.outcome, lines.join('\n')).to.equal('failed');
      expect(result.rule).to.match(rule);
      expect(lines.join('\n')).to.match(/again: --suite \S+ --seed -?\d+ --cases 600 --path [\d:]+/);
      // Of acts after the base a few are left.
      const size = result.counterexample.filter((line) => /^ {2}e\d/.test(line)).length;
      expect(size, lines.join('\n')).to.be.lessThan(7);
      const again = await run(brokenEngine(name), { suites: [suite], cases: 600, path: result.path as string, shrinks: 0 });
      expect(again.results[0]).to.include({ outcome: 'failed', rule: result.rule });
    });
  }

  it('what makes an adapter fail is a counterexample, and made small', async () => {
    const script = `import(${JSON.stringify(ANSWERS)}).then(({ answerLine, engineAnswer }) =>
      require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
        const { text } = JSON.parse(line);
        if (text !== undefined && Buffer.from(text, 'base64').includes('__proto__')) throw new RangeError('what a name');
        process.stdout.write(answerLine(Buffer.from(line), engineAnswer));
      }))`;
    const mortal = [process.execPath, '-e', script];
    const { results, lines } = await run(mortal, { suites: ['canonical-form'], cases: 2_000, shrinks: 100 });
    expect(results[0], lines.join('\n')).to.include({ outcome: 'failed', rule: null });
    expect(results[0]?.detail).to.match(/ended while it was asked canonical \(exit code 1\).*what a name/s);
    expect(results[0]?.counterexample[0]).to.include('__proto__');
  });

  describe('adapters that misbehave', () => {
    const cases: readonly (readonly [what: string, body: string, expected: RegExp])[] = [
      [
        'says what is no JSON',
        'console.log("hello?")',
        /line 2 of its output, where canonical should be answered, is no answer \(CJ-\d+.*\): "hello\?"/,
      ],
      ['answers another question', 'say({ id: 99, ok: {} })', /line 2 of its output must be \{"id": 2, "ok": \.\.\.\}/],
      ['answers with an error', 'say({ id: request.id, error: "no idea" })', /answers canonical with an error of its own: "no idea"/],
      [
        'ends',
        'console.error("out of luck"); process.exit(3)',
        /ended while it was asked canonical \(exit code 3\); the end of its standard error:\nout of luck/,
      ],
      [
        'never stops talking',
        'for (let i = 0; i < 20; i++) process.stdout.write("x".repeat(1 << 20)); process.stdout.write("\\n")',
        /is longer than 16777216 bytes/,
      ],
      ['answers something else', 'say({ id: request.id, ok: [] })', /the answer is no object/],
    ];
    for (const [what, body, expected] of cases) {
      it(what, async () => {
        const { results, lines } = await run(small(body), { suites: ['canonical-form'], cases: 5, shrinks: 0 });
        expect(results[0]?.outcome, lines.join('\n')).to.equal('failed');
        expect(results[0]?.detail).to.match(expected);
      });
    }

    it('answers twice', async () => {
      const hello = 'say({ id: 1, ok: { protocol: "openguild.suites", version: 1, engine: "two", suites: ["canonical-form"] } });';
      const { results } = await run(small(`/* hello */ ${hello} ${hello}`), { suites: ['canonical-form'], cases: 5, shrinks: 0 });
      expect(results[0]?.detail).to.match(/answers nothing that was asked|must be \{"id": 2/);
    });

    it('is silent', async () => {
      const { results } = await run(small(''), { suites: ['canonical-form'], cases: 5, timeoutMs: 1_500, shrinks: 0 });
      expect(results[0]?.detail).to.match(/did not answer canonical within 1500 ms/);
    });

    const refused: readonly (readonly [what: string, adapter: readonly string[], expected: RegExp])[] = [
      ['is not there', ['/nonexistent/adapter'], /cannot be started: .*ENOENT/],
      ['ends at once', [process.execPath, '-e', 'process.exit(4)'], /ended while it was asked hello \(exit code 4\)/],
      [
        'speaks another version',
        small('/* hello */ say({ id: 1, ok: { protocol: "openguild.suites", version: 2 } })'),
        /it speaks version 2 of the protocol, this runner 1/,
      ],
      [
        'is something else',
        small('/* hello */ say({ id: 1, ok: { protocol: "lsp" } })'),
        /hello must say "protocol": "openguild\.suites", not "lsp"/,
      ],
    ];
    for (const [what, adapter, expected] of refused) {
      it(what, async () => {
        const error = await run(adapter).catch((thrown: unknown) => thrown);
        expect(error).to.be.instanceOf(AdapterError);
        expect((error as AdapterError).message).to.match(expected);
      });
    }

    it('offers only what it has: the rest is skipped, and said so', async () => {
      const { results, lines } = await run(small('say({ id: request.id, ok: { refused: true } })'), { suites: ['redaction', 'authority'] });
      expect(results.map((one) => one.outcome)).to.deep.equal(['skipped', 'skipped']);
      expect(lines).to.include('redaction: SKIPPED, the adapter does not offer it');
    });
  });

  it(`the adapter in Python passes its three suites${tolerated}`, async function () {
    if (!hasPython) return this.skip();
    const { results, lines } = await run(['python3', '-B', PYTHON], { cases: 300 });
    expect(
      results.map(({ suite, outcome }) => `${suite} ${outcome}`),
      lines.join('\n'),
    ).to.deep.equal(['canonical-form passed', 'event-ids passed', 'redaction passed', 'convergence skipped', 'authority skipped']);
  });

  it('commands are split as people quote them', () => {
    expect(splitCommand(`python3 "my adapter.py" --x='a b' ''`)).to.deep.equal(['python3', 'my adapter.py', '--x=a b', '']);
    expect(() => splitCommand('python3 "x')).to.throw(SyntaxError);
  });
});
