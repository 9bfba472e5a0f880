import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { spawnSync } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type AnyHistory, readHistories, runVectors, type VectorCount } from '@openguild/federation-tests';

const NATIVE = fileURLToPath(new URL('../../spec/native/histories.jsonl.gz', import.meta.url));
const MATRIX = fileURLToPath(new URL('../../spec/matrix/histories.jsonl.gz', import.meta.url));
const PROGRAM = fileURLToPath(new URL('../dist/bin/vectors.js', import.meta.url));

type Loose = AnyHistory & Record<string, any>;

/** The shortest history of a file for which `wanted` holds, among its first hundred. */
async function find(file: string, wanted: (history: Loose) => boolean): Promise<Loose> {
  let best: Loose | undefined;
  let count = 0;
  for await (const { history } of histories(file)) {
    if (++count > 100 && best !== undefined) break;
    const one = history as Loose;
    if (wanted(one) && (best === undefined || one['events'].length < best['events'].length)) best = one;
  }
  return best ?? expect.fail('no such history');
}

async function* histories(file: string): AsyncGenerator<{ history: AnyHistory }> {
  for await (const read of readHistories(file)) if (read.fault === undefined) yield read;
}

const isRejected = (history: Loose, at?: string): [string, any] | undefined =>
  (Object.entries(history['expect']) as [string, any][]).find(([, one]) => one.auth === 'reject' && (at === undefined || one.at === at));

/** A list or row of a state, for changing in place. */
const firstState = (history: Loose): any => Object.values(history['state_after'])[0];

describe('histories with wrong expectations', function () {
  this.timeout(120_000);
  let folder = '';
  let native: Loose;
  let matrix: Loose;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openguild-wrong-'));
    native = await find(
      NATIVE,
      (one) =>
        one['tie'] !== true &&
        Object.keys(one['state_after']).length > 0 &&
        Object.keys(one['void']['g'] ?? {}).length > 0 &&
        Object.values(one['expect']).some((verdict: any) => verdict.verdict === 'reject'),
    );
    matrix = await find(
      MATRIX,
      (one) =>
        Number(one['room_version']) >= 3 &&
        one['disputed'] === undefined &&
        isRejected(one, 'auth_events') !== undefined &&
        isRejected(one, 'state') !== undefined &&
        Object.values(one['expect']).some((verdict: any) => typeof verdict.replaces === 'string'),
    );
  });

  after(() => rm(folder, { recursive: true }));

  async function judged(text: string | Uint8Array, more: { maxLineBytes?: number } = {}): Promise<{ count: VectorCount; report: string }> {
    const file = join(folder, 'histories.jsonl');
    await writeFile(file, text);
    const lines: string[] = [];
    const count = await runVectors([file], { every: 1, write: (line) => lines.push(line), now: () => 0, ...more });
    return { count, report: lines.join('\n') };
  }

  /** Changes a copy of a history; the report must name a failure, and this. */
  async function fails(history: Loose, change: (copy: Loose) => void, named: string | RegExp): Promise<void> {
    const copy = structuredClone(history);
    change(copy);
    const { count, report } = await judged(`${JSON.stringify(copy)}\n`);
    expect(count, report).to.deep.include({ passed: 0, failed: 1 });
    expect(report).to.match(typeof named === 'string' ? new RegExp(named.replaceAll(/[$|+.]/g, '\\$&')) : named);
  }

  it('what is right passes, as JSON lines and gzip alike', async () => {
    const text = `${JSON.stringify(native)}\n\n${JSON.stringify(matrix)}`;
    for (const bytes of [text, gzipSync(text)])
      expect((await judged(bytes)).count).to.deep.equal({ passed: 2, failed: 0, skipped: 0, disputed: 0 });
  });

  describe('Matrix', () => {
    const allowed = (history: Loose): string =>
      (Object.entries(history['expect']) as [string, any][]).filter(([, one]) => one.auth === 'allow').at(-1)?.[0] ?? expect.fail();

    it('a verdict flipped, either way', async () => {
      const id = allowed(matrix);
      await fails(
        matrix,
        (one) => (one['expect'][id] = { auth: 'reject', at: 'state', reason: 'x', auth_events: null, state: 'x' }),
        `the first at ${id}: verdict`,
      );
      const [rejected] = isRejected(matrix) as [string, unknown];
      await fails(matrix, (one) => (one['expect'][rejected] = { auth: 'allow' }), /verdict\n\s+expected allow\n\s+got\s+rejected \(MX-/);
    });

    it('where it fell', async () => {
      const [id] = isRejected(matrix, 'auth_events') as [string, unknown];
      await fails(matrix, (one) => (one['expect'][id].at = 'state'), `${id}: at`);
      await fails(matrix, (one) => (one['expect'][id] = { auth: 'reject', at: 'event', reason: 'x' }), `${id}: at`);
      const [other] = isRejected(matrix, 'state') as [string, unknown];
      await fails(matrix, (one) => (one['expect'][other].at = 'auth_events'), `${other}: at`);
    });

    it('which of the two judgements finds a fault', async () => {
      const [id, verdict] = isRejected(matrix, 'auth_events') as [string, any];
      await fails(matrix, (one) => (one['expect'][id].auth_events = null), `${id}: auth_events`);
      await fails(matrix, (one) => (one['expect'][id].state = verdict.state === null ? 'x' : null), `${id}: state`);
    });

    it('what an event replaces', async () => {
      const [id] = Object.entries(matrix['expect']).find(([, one]: [string, any]) => typeof one.replaces === 'string') as [string, unknown];
      await fails(matrix, (one) => (one['expect'][id].replaces = null), `${id}: replaces`);
      await fails(matrix, (one) => (one['expect'][id].replaces = id), `${id}: replaces`);
    });

    it('rows of a state altered, missing, added, twice', async () => {
      await fails(matrix, (one) => (firstState(one)[0][2] = '$x'), /: state m\.room\..*\n\s+expected \$x/);
      await fails(matrix, (one) => firstState(one).pop(), /: state .*\n\s+expected absent/);
      await fails(matrix, (one) => firstState(one).push(['m.x', '', '$x']), ': state m.x|');
      await fails(matrix, (one) => firstState(one).push(firstState(one)[0]), /malformed: state_after .* twice/);
      await fails(matrix, (one) => (one['final_state'][0][2] = '$x'), 'the end: state');
      await fails(matrix, (one) => one['final_state'].pop(), 'the end: state');
      await fails(matrix, (one) => one['final_state'].push(['m.x', '', '$x']), 'the end: state m.x|');
    });

    it('extremities', async () => {
      await fails(matrix, (one) => one['extremities'].pop(), 'the end: extremities');
      await fails(matrix, (one) => one['extremities'].push(one['event_ids'][0]), 'the end: extremities');
    });

    it('IDs, and expectations that are lacking or of nothing', async () => {
      const id = allowed(matrix);
      await fails(matrix, (one) => (one['event_ids'][0] = '$x'), /malformed: .*names/);
      await fails(
        matrix,
        (one) => {
          const at = one['event_ids'].indexOf(id);
          one['event_ids'][at] = `${id.slice(0, -1)}_`;
          one['expect'][one['event_ids'][at]] = one['expect'][id];
          delete one['expect'][id];
          delete one['state_after'][id];
        },
        ': event_id',
      );
      await fails(matrix, (one) => delete one['expect'][id], /verdict\n\s+expected nothing is expected/);
      await fails(matrix, (one) => (one['expect']['$x'] = { auth: 'allow' }), /malformed: expect names \$x/);
      await fails(matrix, (one) => (one['expect'][id] = { auth: 'maybe' }), /malformed: .*auth is "maybe"/);
      await fails(matrix, (one) => delete one['final_state'], /malformed: final_state/);
      await fails(matrix, (one) => (one['room_version'] = 11), /malformed: room_version/);
    });

    it('a wrong room version; one that is unknown is skipped', async () => {
      await fails(matrix, (one) => (one['room_version'] = one['room_version'] === '12' ? '11' : '12'), /FAILED/);
      const { count, report } = await judged(JSON.stringify({ ...matrix, room_version: '1' }));
      expect(count).to.deep.equal({ passed: 0, failed: 0, skipped: 1, disputed: 0 });
      expect(report).to.include('skipped 1: room version 1 is not in the table');
    });
  });

  describe('native', () => {
    it('a verdict flipped, either way, or lacking', async () => {
      await fails(native, (one) => (one['expect']['e3'] = { verdict: 'reject' }), 'the first at e3: verdict');
      const [id] = Object.entries(native['expect']).find(([, one]: [string, any]) => one.verdict === 'reject') as [string, unknown];
      await fails(native, (one) => (one['expect'][id] = { verdict: 'accept' }), new RegExp(`${id}: verdict\n.*\n.*AUTH-`));
      await fails(native, (one) => delete one['expect']['e3'], 'e3: verdict');
      await fails(native, (one) => (one['expect']['e999'] = { verdict: 'accept' }), /malformed: expect names e999/);
    });

    it('entries of a state altered, missing, added', async () => {
      const state = (one: Loose): Record<string, string> => Object.values(firstState(one))[0] as Record<string, string>;
      const [entry] = Object.keys(state(native)) as [string];
      await fails(native, (one) => (state(one)[entry] = 'e999'), ': state');
      await fails(native, (one) => delete state(one)[entry], ': state');
      await fails(native, (one) => (state(one)['m.x|'] = 'e0'), ': state m.x|');
      await fails(native, (one) => delete one['final']['g'][entry], 'end of g: state');
      await fails(native, (one) => delete one['final']['g'], 'end of g: state');
    });

    it('heads, and what is void', async () => {
      await fails(native, (one) => (one['heads']['g'] = ['e0']), 'end of g: heads');
      await fails(native, (one) => delete one['heads']['g'], 'end of g: heads');
      const [id] = Object.keys(native['void']['g']) as [string];
      await fails(native, (one) => delete one['void']['g'][id], 'end of g: void');
      await fails(native, (one) => (one['void']['g']['e0'] = '(a) x'), 'end of g: void');
      await fails(native, (one) => delete one['void'], /malformed: void/);
    });

    it('an event that is not what it says', async () => {
      await fails(native, (one) => (one['events'][3].content = { join_rule: 'never' }), 'e3: verdict');
      await fails(native, (one) => (one['events'][3] = { id: 'e3' }), 'it cannot be replayed');
    });
  });

  describe('files', () => {
    it('cut off, corrupt, empty, not there', async () => {
      const whole = gzipSync(`${JSON.stringify(native)}\n`.repeat(3));
      const { count, report } = await judged(whole.subarray(0, whole.length - 8));
      expect(count.failed, report).to.equal(1);
      expect(report).to.match(/cannot be read on: unexpected end of file/);
      const torn = Uint8Array.from(whole, (byte, i) => (i > 40 && i < 60 ? 255 - byte : byte));
      expect((await judged(torn)).count.failed).to.be.greaterThan(0);
      for (const nothing of ['', '\n\n', gzipSync('')]) expect((await judged(nothing)).report).to.include('there is no history in it');
      const missing = await runVectors([join(folder, 'none')], { every: 1, write: () => undefined, now: () => 0 });
      expect(missing.failed).to.equal(1);
    });

    it('lines that are no history keep no other from being judged', async () => {
      const good = JSON.stringify(native);
      const bad = ['{', '[]', 'null', '{"id":1,"events":[]}', '{"id":"x","events":[]}', '\ufeff{}', '{"id":"x","events":{}}'];
      const { count, report } = await judged([...bad, good].join('\n'));
      expect(count, report).to.deep.include({ passed: 1, failed: bad.length });
      expect(report).to.include('byte order mark').and.to.include(':1: the line is not JSON');
      expect((await judged(`\ufeff${good}`)).count).to.deep.include({ passed: 0, failed: 1 });
      expect((await judged(Uint8Array.of(0x22, 0xff, 0x22))).report).to.include('not UTF-8');
    });

    it('a line beyond all bounds', async () => {
      const good = JSON.stringify(native);
      const { count, report } = await judged(`${'x'.repeat(good.length * 4)}\n${good}\n`, { maxLineBytes: good.length + 1 });
      expect(count, report).to.deep.include({ passed: 1, failed: 1 });
      expect(report).to.include('longer than');
    });

    it('the program says how many, last, and fails', async () => {
      const file = join(folder, 'wrong.jsonl');
      await writeFile(file, `${JSON.stringify(matrix)}\n{\n`);
      const wrong = spawnSync(process.execPath, [PROGRAM, file], { encoding: 'utf8' });
      expect(wrong.stdout.trimEnd().split('\n').at(-1)).to.equal('1 passed, 1 failed');
      expect(wrong.status).to.equal(1);
      await writeFile(file, await readFile(file, 'utf8').then((text) => text.replace('{\n', '')));
      const right = spawnSync(process.execPath, [PROGRAM, file], { encoding: 'utf8' });
      expect(right.stdout).to.match(/ a second\n1 passed, 0 failed\n$/);
      expect(right.status).to.equal(0);
    });
  });
});
