import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { NATIVE_VERSION } from '@openguild/core';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import {
  buildPage,
  type History,
  historyOf,
  judgeHistory,
  readHistory,
  replayData,
  replayReport,
  runHistory,
  writeHistory,
} from '../src/index.ts';
import { hasChromium, openPage, tolerated } from './browser.ts';

const SEED = 'seed-2';

/** A run of three servers, saved and read again. */
async function example(): Promise<History> {
  const { world } = await runHistory(SEED, { version: NATIVE_VERSION, model: 0, realCrypto: 0, servers: 3, acts: 40 });
  return readHistory(writeHistory(await historyOf(world, SEED, 'an example')));
}

describe('replay', function () {
  this.timeout(60_000);
  let history: History;
  before(async () => {
    history = await example();
  });

  it('a saved run says who had what when, and each server’s order is judged', () => {
    expect(history.received.map(({ server }) => server)).to.have.members(['s0.example', 's1.example', 's2.example']);
    const judged = judgeHistory(history);
    expect(judged.differences).to.deep.equal([]);
    expect(judged.unusable).to.deep.equal([]);
    expect(judged.sides).to.include.members(['model', 'engine in another order', 'server s1.example']);
    const report = replayReport(history, judged, { width: 200 });
    expect(report).to.match(/who had what when.*\n\s+s0\.example\s+s1\.example\s+s2\.example\ne0\s+\d+/);
  });

  it('a history without an order of servers is read as before: canonical order', async () => {
    const text = await readFile(new URL('../corpus/example.jsonl', import.meta.url), 'utf8');
    const old = readHistory(text);
    const judged = judgeHistory(old);
    const data = replayData(old, judged);
    expect(data.perServer).to.equal(false);
    expect(data.lanes.map(({ steps }) => steps.map(([event]) => event))).to.deep.equal([[...judged.events.keys()]]);
  });

  it('the page’s states are the engine’s', () => {
    const judged = judgeHistory(history);
    const { events } = replayData(history, judged);
    for (const [i, event] of events.entries()) {
      if (event.status === 'rejected') continue;
      const chain: number[] = [];
      for (let at: number | null = i; at !== null; at = events[at]?.base ?? null) chain.push(at);
      const state = new Map<string, string>();
      for (const at of chain.reverse())
        for (const [type, key, holder] of events[at]?.delta ?? [])
          if (holder === null) state.delete(`${type} ${key}`);
          else state.set(`${type} ${key}`, events[holder]?.event_id ?? '');
      const roomId = judged.events[i]?.room_id ?? '';
      expect(
        [...state].map((row) => row.join(' ')),
        event.name,
      ).to.have.members(judged.engine.stateAfter(roomId, [event.event_id]));
    }
  });

  it('bad rows of an order are named by their line', () => {
    const lines = writeHistory(history).trimEnd().split('\n');
    for (const row of ['{"received_by":"s0.example","events":[["$x"]]}', '{"received_by":7,"events":[]}'])
      expect(() => readHistory([...lines, row].join('\n'))).to.throw(`line ${lines.length + 1}: `);
    expect(() => readHistory('{"type":"m.room.create"}')).to.throw('line 1 is no header');
  });

  describe(`the page, in Chromium${tolerated}`, () => {
    let folder: string;
    let browser: Browser | undefined;
    let page: Page;
    let faults: string[] = [];

    const open = async (name: string, data: ReturnType<typeof replayData>): Promise<void> => {
      await browser?.close();
      const path = join(folder, name);
      await writeFile(path, await buildPage('replay', data));
      ({ browser, page, faults } = await openPage(pathToFileURL(path).href));
    };
    const text = async (selector: string): Promise<string> => (await page.textContent(selector)) ?? '';

    before(async function () {
      if (!hasChromium) return this.skip();
      folder = await mkdtemp(join(tmpdir(), 'openguild-replay-'));
    });
    after(async () => {
      await browser?.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });
    afterEach(() => expect(faults).to.deep.equal([]));

    it('steps by keys, slider and clicks; shows verdict, rule and state', async () => {
      const data = replayData(history, judgeHistory(history));
      await open('good.html', data);
      const steps = data.lanes.reduce((sum, lane) => sum + lane.steps.length, 0);
      expect(await text('#position')).to.match(new RegExp(`^${steps} of ${steps} `));
      await page.keyboard.press('Home');
      expect(await text('#position')).to.match(new RegExp(`^1 of ${steps} .* has e0$`));
      expect(await page.locator('.node:not(.absent)').count()).to.equal(1);
      await page.keyboard.press('ArrowRight');
      expect(await text('#position')).to.match(/^2 of /);
      await page.keyboard.press('ArrowDown');
      expect(await text('#views [aria-pressed="true"]')).to.equal('s0.example');
      const rejected = data.events.findIndex((event) => event.status === 'rejected');
      await page.locator(`[data-id="${rejected}"]`).click();
      expect(await text('#event')).to.include(`rejected by ${data.events[rejected]?.rule}`);
      expect(await text('#state')).to.include('A rejected event changes nothing');
      await page.locator('[data-id="0"]').click();
      expect(await text('#state')).to.include('m.guild.create');
    });

    it('shows a difference with both sides, and lets nobody’s text run', async () => {
      const judged = judgeHistory(history);
      const event = judged.events[12];
      if (event === undefined) throw new Error('a short history');
      const difference = {
        event,
        what: 'verdict',
        engine: 'accepted',
        other: '<img src=x onerror=alert(1)>',
        by: 'model',
        trace: 'AUTH-6.7 says no',
      } as const;
      const data = replayData(history, { ...judged, differences: [difference] });
      await open('bad.html', { ...data, found: '</script><script>document.title = "taken"</script>' });
      expect(await text('#difference'))
        .to.include('First difference: the verdict of e12')
        .and.to.include('<img src=x');
      expect(await page.locator('#difference img').count()).to.equal(0);
      expect(await page.title()).to.equal('Replay of a history');
      await page.keyboard.press('d');
      expect(await page.getAttribute('.node.selected', 'data-id')).to.equal('12');
      expect(replayReport(history, { ...judged, differences: [difference] }, { width: 200 }))
        .to.include('first difference: the verdict of e12')
        .and.to.include('the engine explains:')
        .and.to.include('AUTH-6.7 says no');
    });
  });
});
