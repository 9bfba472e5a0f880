import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { chromium } from 'playwright-core';
import { bundledSuite, type FileReport, readVectorFile, vectorFiles } from './bundle.ts';
import { type RuntimeName, runtimeBinary } from './runtimes.ts';
import { runVectors, VECTOR_FILES } from './suite/run-vectors.ts';

const CHROMIUM = process.env['OPENGUILD_CHROMIUM'] ?? '/usr/bin/chromium';

function expectAllRight(reports: readonly FileReport[]): void {
  expect(reports.flatMap(({ faults }) => faults.map((one) => `${one.file} ${one.rule} ${one.why}: ${one.fault}`))).to.deep.equal([]);
  expect(reports.map(({ file }) => file)).to.have.members(vectorFiles());
  for (const { file, count } of reports) expect(count, file).to.be.greaterThan(0);
}

describe('the vectors, through the public entry of core', function () {
  this.timeout(300_000);

  for (const file of VECTOR_FILES) {
    it(`${file} (Node)`, () => {
      const findings = runVectors(file, readVectorFile(file));
      expect(findings.filter((one) => one.fault !== null).map((one) => `${one.rule} ${one.why}: ${one.fault}`)).to.deep.equal([]);
      expect(findings.length).to.be.greaterThan(0);
    });
  }

  it('no file is forgotten', () => {
    expect(VECTOR_FILES).to.have.members(vectorFiles());
  });

  describe('bundled for anything', () => {
    let script = '';
    let folder = '';

    before(async () => {
      script = await bundledSuite();
      folder = mkdtempSync(join(tmpdir(), 'openguild-vectors-'));
      writeFileSync(join(folder, 'suite.js'), `${script}console.log(JSON.stringify(run(vectorFiles)));\n`);
    });

    after(() => rmSync(folder, { recursive: true, force: true }));

    if (existsSync(CHROMIUM)) {
      it('all in Chromium', async () => {
        const browser = await chromium.launch({ executablePath: CHROMIUM, args: ['--no-sandbox', '--disable-background-networking'] });
        try {
          const page = await browser.newPage();
          await page.addScriptTag({ content: script });
          expectAllRight((await page.evaluate('run(vectorFiles)')) as FileReport[]);
        } finally {
          await browser.close();
        }
      });
    } else {
      it(`all in Chromium [optional]: there is none at ${CHROMIUM} (OPENGUILD_CHROMIUM names another)`);
    }

    for (const [name, arguments_] of [
      // Without any permission: nothing is read, written, or asked of the network.
      ['deno', ['run', '--no-prompt', '--no-config', '--no-remote']],
      ['bun', ['run']],
    ] as const satisfies readonly (readonly [RuntimeName, readonly string[]])[]) {
      it(`all in ${name} [optional]`, function () {
        const found = runtimeBinary(name);
        if ('trouble' in found) {
          (this.test as Mocha.Test).title += `: ${found.trouble}`;
          this.skip();
        }
        const printed = execFileSync(found.path, [...arguments_, join(folder, 'suite.js')], { encoding: 'utf8', maxBuffer: 1 << 26 });
        expectAllRight(JSON.parse(printed) as FileReport[]);
      });
    }
  });
});
