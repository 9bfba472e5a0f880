import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Canary, NO_SUCH_LINE } from '../src/canary/canary.ts';
import { type Caught, runCanary } from '../src/canary/run-canary.ts';

const CANARY: Canary = { name: 'X-1', file: 'nowhere.js', find: 'a', put: 'b' };
const NOTHING_FOUND = 'process.stdout.write(JSON.stringify({ histories: 7, seconds: 1, findings: [] }));';

describe('a canary in a process of its own', function () {
  this.timeout(60_000);
  let dist = '';

  beforeEach(() => {
    dist = mkdtempSync(join(tmpdir(), 'openguild-canary-'));
    for (const folder of ['bin', 'canary']) mkdirSync(join(dist, folder));
    writeFileSync(join(dist, 'package.json'), '{"type": "module"}');
    writeFileSync(join(dist, 'canary', 'load-hook.js'), '');
  });
  afterEach(() => rmSync(dist, { recursive: true }));

  /** With small programs in the place of the simulator and of the enumeration. */
  function caught(programs: { readonly sim: string; readonly enumerate?: string }, minutes = 1, graceMs = 60_000): Promise<Caught> {
    for (const [name, text] of Object.entries(programs)) writeFileSync(join(dist, 'bin', `${name}.js`), text);
    return runCanary(CANARY, { seed: 's', histories: 7, minutes, graceMs, dist, folder: dist });
  }

  it('one that outlives its minutes is ended, and counts as noticed', async () => {
    const sim = `import { writeFileSync } from 'node:fs';
      process.on('SIGTERM', () => {});
      writeFileSync(${JSON.stringify(join(dist, 'pid'))}, String(process.pid));
      setInterval(() => {}, 1_000);`;
    const { by, histories, seconds } = await caught({ sim }, 0.02, 1_800);
    expect({ by, histories, seconds }).to.deep.equal({ by: 'a run that does not end', histories: 1, seconds: 3 });
    const pid = Number(readFileSync(join(dist, 'pid'), 'utf8'));
    expect(() => process.kill(pid, 0)).to.throw(/ESRCH/);
  });

  it('one that ends in time is not', async () => {
    const { by, histories } = await caught({ sim: NOTHING_FOUND, enumerate: '' });
    expect({ by, histories }).to.deep.equal({ by: null, histories: 7 });
  });

  it('what a run or a small world finds is told', async () => {
    const found = "process.stdout.write(JSON.stringify({ histories: 3, seconds: 1, findings: [{ invariant: 'order', file: null }] }));";
    expect(await caught({ sim: found })).to.include({ by: 'order', histories: 3 });
    expect(await caught({ sim: NOTHING_FOUND, enumerate: 'process.exitCode = 1;' })).to.include({ by: 'enumeration', histories: 7 });
  });

  it('one that breaks down counts as noticed, with its error', async () => {
    expect((await caught({ sim: "throw new RangeError('too deep');" })).by).to.equal('breakdown: RangeError: too deep');
  });

  it('one whose line is not there is an error', async () => {
    const error = await caught({ sim: `process.stderr.write('no such line'); process.exit(${NO_SUCH_LINE});` }).catch(
      (one: unknown) => one,
    );
    expect(String(error)).to.contain('no such line');
  });
});
