import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const DEMO = fileURLToPath(new URL('../../demo/demo.ts', import.meta.url));
const LIMIT_MS = 120_000;

interface Run {
  readonly code: number | null;
  readonly output: string;
}

function runDemo(...args: string[]): Promise<Run> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [DEMO, ...args], { stdio: ['ignore', 'pipe', 'pipe'], timeout: LIMIT_MS });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('npm run demo', () => {
  it('verifies every step, and the partition comes out as declared before it', async function () {
    this.timeout(LIMIT_MS + 5_000);
    const { code, output } = await runDemo('--fast');
    expect(code, output).to.equal(0);
    const declared = output.indexOf('Declared before the partition');
    const cut = output.indexOf('A partition of 3 seconds');
    expect(declared, 'declared').to.be.greaterThan(0);
    expect(cut, 'the partition comes after the declaration').to.be.greaterThan(declared);
    for (const number of [1, 2, 3, 4]) {
      for (const host of ['A', 'B']) {
        expect(output.indexOf(`✓ ${host}: declared ${number}: `), `declared outcome ${number} on host ${host}`).to.be.greaterThan(cut);
      }
    }
    for (const room of ['guild', 'channel']) expect(output).to.include(`✓ A and B: the same state_hash of the ${room}`);
    expect(output).to.match(/^Verified: [1-9]\d* checks in [1-9]\d* steps, /m);
    // Not a terminal, so no colours.
    expect(output).not.to.include('\u001b[');
  });

  it('says what it does when asked, and what is wrong with its arguments', async () => {
    const help = await runDemo('--help');
    expect(help.code).to.equal(0);
    expect(help.output).to.include('--fast');
    const wrong = await runDemo('--slow');
    expect(wrong.code).to.equal(2);
    expect(wrong.output).to.include("Unknown option '--slow'");
  });
});
