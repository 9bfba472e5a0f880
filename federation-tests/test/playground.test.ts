import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import type { Browser, Page } from 'playwright-core';
import { EXAMPLES } from '../pages/playground/examples.ts';
import { readDrawing, TextFault } from '../pages/playground/language.ts';
import { Run } from '../pages/playground/make.ts';
import { drawingOfVector, VectorFault, vectorOf } from '../pages/playground/vector.ts';
import { walkOf } from '../pages/playground/walk.ts';
import { buildPage, runVectors } from '../src/index.ts';
import { hasChromium, openPage, tolerated } from './browser.ts';

const run = (text: string): Run => new Run(readDrawing(text));
const example = (name: string): Run => run(EXAMPLES.find((one) => one.name === name)?.text ?? '');
const holder = (of: Run, type: string, key: string): string | undefined =>
  of.state(of.heads()).find((row) => row[0] === type && row[1] === key)?.[2];

interface Scenarios {
  readonly bases: Readonly<Record<string, unknown>>;
  readonly scenarios: readonly {
    readonly name: string;
    readonly refused: object;
    readonly void: { readonly g?: readonly string[] };
    readonly changes: { readonly g?: Readonly<Record<string, string | null>> };
  }[];
}

describe('playground', function () {
  this.timeout(90_000);

  it('the examples show what they say', () => {
    const power = example('Ban against power change');
    expect([...power.voids(power.heads())]).to.deep.equal(['ban']);
    const admins = example('Two admins demote each other');
    expect(admins.made.filter((one) => one.fault !== null).map(({ named, fault }) => `${named.id} ${fault?.rule}`)).to.deep.equal([
      'd1 AUTH-6.11',
      'd2 AUTH-6.11',
    ]);
    const [reset, kept] = [example('State reset: v2 has it'), example('State reset: v2.1 has not')];
    expect(holder(reset, 'm.room.member', '@max:b.example')).to.equal(undefined);
    expect(holder(kept, 'm.room.member', '@max:b.example')).to.equal('max_j');
    for (const { text } of EXAMPLES) expect(walkOf(run(text)).every((chapter) => chapter.steps.length > 0)).to.equal(true);
  });

  it('the walk names every rule that was asked, and in resolution who is void, and why', () => {
    const steps = walkOf(example('Ban against power change')).flatMap((chapter) => chapter.steps);
    expect(steps.filter((step) => step.kind === 'rule').map((step) => step.rule)).to.include.members(['AUTH-1.4', 'AUTH-6.10', 'AUTH-7.4']);
    const refused = steps.find((step) => step.rule === 'RES-6');
    expect(refused).to.include({ name: 'ban', good: false });
    expect(refused?.text).to.include('‹strip›, of higher rank and not in its past, does not allow it: AUTH-6.10');
  });

  it('every story of the vectors that has one room comes out as published, by way of the text', async () => {
    const file = await readFile(new URL('../../spec/vectors/scenarios.json', import.meta.url), 'utf8');
    const { scenarios } = JSON.parse(file) as Scenarios;
    let drawn = 0;
    for (const { name, refused, void: voids, changes } of scenarios) {
      let text: string;
      try {
        ({ text } = drawingOfVector(file, name));
      } catch (error) {
        if (!(error instanceof VectorFault) || !/several rooms|of a channel/.test(error.message)) throw error;
        continue;
      }
      const played = run(text);
      const found = Object.fromEntries(played.made.flatMap(({ named, fault }) => (fault === null ? [] : [[named.id, fault.rule]])));
      expect(found, name).to.deep.equal(refused);
      if (voids.g !== undefined) expect([...played.voids(played.heads())], name).to.have.members([...voids.g]);
      const state = new Map(
        played.state(played.heads()).map(([type, , event]) => [`${type}|${played.one(event)?.named.state_key ?? ''}`, event]),
      );
      for (const [entry, event] of Object.entries(changes.g ?? {})) expect(state.get(entry) ?? null, `${name}: ${entry}`).to.equal(event);
      drawn += 1;
    }
    expect(drawn).to.be.greaterThan(40);
  });

  it('what is copied out is a vector: native ones come in again, Matrix ones pass npm run vectors', async () => {
    const native = example('Widen and assign');
    const json = JSON.stringify(vectorOf(native));
    const again = run(drawingOfVector(json).text);
    expect(again.made.map(({ named }) => named.id)).to.deep.equal(native.made.map(({ named }) => named.id));
    expect(again.made.map(({ event }) => event.event_id)).to.deep.equal(native.made.map(({ event }) => event.event_id));
    const folder = await mkdtemp(join(tmpdir(), 'openguild-playground-'));
    try {
      const path = join(folder, 'matrix.jsonl');
      await writeFile(
        path,
        ['State reset: v2 has it', 'State reset: v2.1 has not'].map((name) => `${JSON.stringify(vectorOf(example(name)))}\n`).join(''),
      );
      const lines: string[] = [];
      const count = await runVectors([path], { every: 1, write: (line) => lines.push(line), now: () => 0 });
      expect(count, lines.join('\n')).to.deep.include({ passed: 2, failed: 0 });
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  it('says in which line what is not understood', () => {
    const cases: readonly (readonly [text: string, line: number, message: RegExp])[] = [
      ['a: max joins\nnonsense', 2, /neither "name: act" nor a chain/],
      ['base -- a', 1, /a is drawn, but nothing says what it does/],
      ['a -- b -- a\na: max joins\nb: sam joins', 2, /a, b follow each other in a circle/],
      ['a: max dances', 1, /dances is no verb: joins/],
      ['a: nobody joins', 1, /nobody is nobody: olga/],
      ['a: max joins\na: max joins', 2, /a is there twice/],
      ['a (on monday): max joins', 1, /in brackets are/],
      ['a: max sends x {"b": 1.5}', 1, /no such event can be: EV-|CJ-|content is not/],
      ['a: max sends x {"b": 1, "b": 2}', 1, /content: CJ-9/],
      ['room castle\na: max joins', 1, /room castle is none of guild/],
      ['a: olga roles low=ten', 1, /ten is no integer/],
    ];
    for (const [text, line, message] of cases) {
      let fault: unknown;
      try {
        run(text);
      } catch (error) {
        fault = error;
      }
      expect(fault, text).to.be.instanceOf(TextFault);
      expect((fault as TextFault).message, text).to.match(message);
      expect((fault as TextFault).line, text).to.equal(line);
    }
  });

  describe(`the page, in Chromium${tolerated}`, () => {
    let folder: string;
    let browser: Browser | undefined;
    let page: Page;
    let faults: string[] = [];

    before(async function () {
      if (!hasChromium) return this.skip();
      folder = await mkdtemp(join(tmpdir(), 'openguild-playground-'));
      const path = join(folder, 'playground.html');
      await writeFile(path, await buildPage('playground'));
      ({ browser, page, faults } = await openPage(pathToFileURL(path).href));
    });
    after(async () => {
      await browser?.close();
      if (folder !== undefined) await rm(folder, { recursive: true, force: true });
    });
    afterEach(() => expect(faults).to.deep.equal([]));

    const text = async (selector: string): Promise<string> => (await page.textContent(selector)) ?? '';
    const write = async (drawing: string): Promise<void> => {
      await page.fill('#text', drawing);
      await page.waitForTimeout(600);
    };

    it('draws, judges, and steps by keys', async () => {
      expect(await text('#fault')).to.equal('2 events: 1 stand, 1 void, 0 rejected; 2 heads');
      expect(await page.getAttribute('[data-id="ban"]', 'class')).to.include('void');
      const all = Number(/of (\d+)/.exec(await text('#position'))?.[1]);
      await page.keyboard.press('Home');
      expect(await text('#position')).to.equal(`step 1 of ${all}`);
      expect(await text('.walk-step.current')).to.include('AUTH-1.1');
      await page.keyboard.press('ArrowRight');
      expect(await text('#position')).to.equal(`step 2 of ${all}`);
      await page.keyboard.press('End');
      expect(await text('.walk-step.current')).to.include('RES-3');
    });

    it('all examples, and the same room by other rules', async () => {
      for (const [i, { name }] of EXAMPLES.entries()) {
        await page.selectOption('#examples', String(i));
        expect(await page.getAttribute('#fault', 'class'), name).to.equal('');
      }
      await page.selectOption('#examples', String(EXAMPLES.findIndex(({ name }) => name === 'State reset: v2 has it')));
      expect(await text('#event')).to.include('gone: m.room.member @max:b.example');
      await page.click('[data-room="matrix 12"]');
      expect(await text('#event')).not.to.include('gone:');
      expect(await page.inputValue('#text')).to.include('room matrix 12');
    });

    it('events are added by clicking, and are in the text', async () => {
      await write('room guild\n');
      await page.click('[data-id="base"]');
      await page.fill('#rest', 'max');
      await page.click('#add .primary');
      await page.click('[data-id="base"]');
      await page.selectOption('#who', 'adam');
      await page.selectOption('#verb', 'kicks');
      await page.fill('#rest', 'max');
      await page.click('#add .primary');
      await page.click('[data-id="e1"]', { modifiers: ['Shift'] });
      await page.selectOption('#verb', 'merges');
      await page.click('#add .primary');
      expect(await page.inputValue('#text'))
        .to.include('e2 -- e3')
        .and.to.include('e1 -- e3')
        .and.to.include('e3: adam merges');
      expect(await text('#fault')).to.equal('3 events: 2 stand, 1 void, 0 rejected; 1 head');
      await page.selectOption('#verb', 'bans');
      await page.fill('#rest', 'nobody');
      await page.click('#add .primary');
      expect(await text('#fault')).to.include('nobody is nobody');
      expect(await page.inputValue('#text')).not.to.include('nobody');
    });

    it('faults are shown with their line; strangers’ names run nothing', async () => {
      await write('room guild\na: max flies');
      expect(await text('#fault')).to.match(/^line 2: flies is no verb/);
      expect(await text('#lines .wrong')).to.equal('2\n');
      await write('room matrix 12\na: olga sends m.room.topic [] {"topic": "<img src=x onerror=alert(1)>"}\n');
      await page.click('[data-id="a"]');
      expect(await text('#event')).to.include('<img src=x');
      expect(await page.locator('#event img').count()).to.equal(0);
    });

    it('a vector comes in and goes out', async () => {
      const published = await readFile(new URL('../../spec/vectors/scenarios.json', import.meta.url), 'utf8');
      await page.click('#import');
      const { bases, scenarios } = JSON.parse(published) as Scenarios;
      const some = scenarios.filter(({ name }) => name === 'widen and assign' || name === 'two admins demote each other');
      await page.fill('#vector', JSON.stringify({ bases: { guild: bases['guild'] }, scenarios: some }));
      await page.click('#take');
      await page.selectOption('#story', 'widen and assign');
      await page.click('#take');
      expect(await page.inputValue('#text')).to.match(/^title widen and assign\nroom empty/);
      expect(await page.getAttribute('[data-id="assign"]', 'class')).to.include('void');
      await page.click('#import');
      await page.fill('#vector', '{"bases": {}}');
      await page.click('#take');
      expect(await text('#vector-fault')).to.include('no {"bases"');
      await page.keyboard.press('Escape');
      await page.evaluate(() => {
        Object.defineProperty(navigator, 'clipboard', { value: { writeText: async (copied: string) => void (document.title = copied) } });
      });
      await page.click('#copy');
      await page.waitForFunction(() => document.querySelector('#done')?.textContent === 'copied');
      expect((JSON.parse(await page.title()) as Scenarios).scenarios[0]?.name).to.equal('widen and assign');
    });
  });
});
