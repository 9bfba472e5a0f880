import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type Browser, chromium, type Page } from 'playwright-core';
import { writeExport } from '@openguild/core';
import { aBanThatFails } from '../explain-a-ban/history.ts';
import { buildPage } from '../verify-in-browser/build.mjs';

const CHROMIUM = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
const FLAGS = ['--no-sandbox', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--disable-quic'];
/** In CI the browser must be there. */
const tolerated = process.env['CI'] === undefined ? ' [optional]' : '';

describe(`examples: verify-in-browser, in Chromium${tolerated}`, function () {
  this.timeout(60_000);
  let folder: string;
  let browser: Browser | undefined;
  let page: Page;
  const errors: string[] = [];
  const { b, guild } = aBanThatFails();
  const text = Buffer.concat([...writeExport(b, guild)]).toString();

  before(async function () {
    if (!existsSync(CHROMIUM)) return this.skip();
    folder = await mkdtemp(join(tmpdir(), 'openguild-page-'));
    const path = await buildPage(folder);
    browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
    page = await browser.newPage();
    page.on('pageerror', (error) => errors.push(error.message));
    page.on('console', (message) => message.type() === 'error' && errors.push(message.text()));
    page.on('request', (request) => !/^(?:file|data|blob):/.test(request.url()) && errors.push(`it asked for ${request.url()}`));
    await page.goto(pathToFileURL(path).href);
  });
  after(async () => {
    await browser?.close();
    if (folder !== undefined) await rm(folder, { recursive: true, force: true });
  });
  afterEach(() => expect(errors).to.deep.equal([]));

  /** The page's answer to a chosen file. */
  const answer = async (name: string, content: Uint8Array | string): Promise<string> => {
    const file = join(folder, name);
    await writeFile(file, content);
    await page.setInputFiles('#file', file);
    await page.waitForFunction(() =>
      /^(?:Verified|Not verified|.* cannot be read)/.test(document.querySelector('#result')?.textContent ?? ''),
    );
    const result = (await page.textContent('#result')) ?? '';
    // The next answer is told from this one.
    await page.evaluate(() => {
      const shown = document.querySelector('#result');
      if (shown !== null) shown.textContent = '';
    });
    return result;
  };

  it('verifies an export, plain and gzip, and draws what has no effect', async () => {
    for (const [name, content] of [
      ['room.jsonl', text],
      ['room.jsonl.gz', gzipSync(text)],
    ] as const) {
      expect(await answer(name, content)).to.equal('Verified');
      const report = await page.textContent('#report');
      expect(report).to.include(guild).and.to.include('as the file says');
      const drawn = await page.evaluate(async () => {
        const image = document.querySelector('img');
        await image?.decode();
        return image?.naturalWidth ?? 0;
      });
      expect(drawn).to.be.greaterThan(300);
    }
  });

  it('says what is at fault', async () => {
    expect(await answer('bad.jsonl', text.replace('"join_rule":"public"', '"join_rule":"invite"'))).to.match(/^Not verified: \d+ faults/);
    expect(await page.textContent('#report'))
      .to.include('SIG-5')
      .and.to.include('EXP-5');
    expect(await answer('none.txt', 'hello')).to.equal('Not verified: 1 fault');
    expect(await answer('cut.jsonl.gz', gzipSync(text).subarray(0, 400))).to.include('cannot be read');
  });

  it('takes a file that is dropped', async () => {
    await page.evaluate((content) => {
      const data = new DataTransfer();
      data.items.add(new File([content], 'dropped.jsonl'));
      document.dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    }, text);
    await page.waitForFunction(() => document.querySelector('#result')?.textContent === 'Verified');
  });
});
