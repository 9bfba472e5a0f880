import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { NATIVE_VERSION } from '@openguild/core';
import { expect } from 'chai';
import { CANARIES } from '../src/canary/canaries.ts';
import { type History, historyOf, judgeHistory, readHistory, runHistory, runMatrixHistory } from '../src/index.ts';
import { Remaker, withLost } from '../src/replay/remake.ts';
import { partsText, readParts } from '../src/sim/parts.ts';

const SEED = 'smaller-1';
const SHAPE = { version: NATIVE_VERSION, model: 0, realCrypto: 0, servers: 3, acts: 40 };

describe('a history made again', function () {
  this.timeout(90_000);
  let history: History;
  before(async () => {
    const { world } = await runHistory(SEED, SHAPE);
    history = await historyOf(world, SEED, 'an example');
  });
  const idsOf = (one: History): string[] => judgeHistory(one).events.map(({ event_id }) => event_id);

  it('with all that was in it is the same', () => {
    const remaker = new Remaker(history);
    const again = remaker.make(remaker.pieces);
    expect(again && idsOf(again)).to.deep.equal(idsOf(history));
  });

  it('without one of its events, whichever, is a sound history', () => {
    const remaker = new Remaker(history);
    // But the first two: without them nobody could have made a channel.
    for (let i = 2; i < remaker.pieces.length; i += 4) {
      if (remaker.pieces[i]?.was.type === 'm.channel.create') continue;
      const made = remaker.make(remaker.pieces.filter((_, each) => each !== i));
      expect(made?.pdus.length).to.equal(remaker.pieces.length - 1);
      const { unusable, differences } = judgeHistory(made as History);
      expect({ unusable, differences }).to.deep.equal({ unusable: [], differences: [] });
    }
  });

  it('of a run with real signatures is sound as well, signed by stand-ins', async () => {
    const { world } = await runHistory(SEED, { ...SHAPE, realCrypto: 1 });
    const real = await historyOf(world, SEED, 'an example');
    const remaker = new Remaker(real);
    expect(real.header.real_signatures).to.equal(true);
    const again = remaker.make(remaker.pieces) as History;
    expect(again.header.real_signatures).to.equal(false);
    const { events, unusable, differences } = judgeHistory(again);
    expect({ unusable, differences }).to.deep.equal({ unusable: [], differences: [] });
    const types = (one: History): unknown[] => one.pdus.map(({ type, sender }) => [type, sender]);
    expect(types(again)).to.deep.equal(types(real));
    const admitted = events.filter(({ type }) => type === 'm.server.admission');
    expect(admitted.length).to.be.greaterThan(1);
    const verdicts = judgeHistory(real).events.length;
    expect(events.length).to.equal(verdicts);
  });

  for (const version of ['3', '11', '12'])
    it(`so is one of a Matrix room of version ${version}`, async () => {
      const { history: matrix } = await runMatrixHistory(SEED, version);
      const remaker = new Remaker(matrix);
      const again = remaker.make(remaker.pieces);
      expect(again && idsOf(again)).to.deep.equal(idsOf(matrix));
      expect(judgeHistory(matrix).sides).to.include('model');
      for (let i = 1; i < remaker.pieces.length; i += 16) {
        const made = remaker.make(remaker.pieces.filter((_, each) => each !== i));
        expect(made?.pdus.length).to.equal(remaker.pieces.length - 1);
        const { unusable, differences } = judgeHistory(made as History);
        expect({ unusable, differences }).to.deep.equal({ unusable: [], differences: [] });
      }
    });

  it('what was never made is its last event', () => {
    const { event_id = '', room_id = '', sender = '' } = judgeHistory(history).events[0] ?? {};
    const draft = { type: 'm.room.member', sender, state_key: sender, content: { membership: 'nonsense' } };
    const longer = withLost(history, { room_id, draft, signed_by: [], prev: [event_id], guild_heads: null });
    expect(longer.pdus.slice(0, -1)).to.deep.equal(history.pdus);
    expect(longer.pdus.at(-1)).to.deep.include({ content: { membership: 'nonsense' }, prev_events: [event_id] });
  });
});

describe('a run without some of its parts', () => {
  it('parts are named by ranges', () => {
    const parts = ['act3', 'act4', 'act10', 'act5', 'weather', 'crash0', 'clocks'];
    expect(partsText(parts)).to.equal('act3-5,act10,crash0,clocks,weather');
    expect([...readParts(partsText(parts))]).to.have.members(parts);
    for (const wrong of ['acts', 'act', 'weather3', '', 'act3-', 'act1,,act2', 'toString'])
      expect(() => readParts(wrong)).to.throw(RangeError);
  });

  it('an act that is left out does not happen, and the others are drawn as they were', async () => {
    const acts = async (without: string): Promise<readonly string[]> => {
      const { ledger } = await runHistory(SEED, { ...SHAPE, ...(without === '' ? {} : { without: readParts(without) }) });
      return ledger.acknowledged.map(({ event }) => `${event.type} ${event.sender}`);
    };
    const [whole, none, half] = [await acts(''), await acts('act0-39'), await acts('act20-39')];
    expect(whole.length).to.be.greaterThan(half.length);
    expect(half.length).to.be.greaterThan(none.length);
    expect(whole.slice(0, half.length)).to.deep.equal(half);
  });
});

describe('what a broken engine does', function () {
  this.timeout(120_000);
  let folder = '';
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'openguild-smaller-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const dist = fileURLToPath(new URL('../dist/', import.meta.url));
  function run(canary: string, ...options: readonly string[]): string {
    const env = { ...process.env, OPENGUILD_CANARY: JSON.stringify(CANARIES.find(({ name }) => name === canary)) };
    const given = ['--model', '1', '--real', '0', '--twice', '0', '--save', folder, ...options];
    const args = ['--import', join(dist, 'canary', 'load-hook.js'), join(dist, 'bin', 'sim.js'), ...given];
    const { status, stderr } = spawnSync(process.execPath, args, { env, encoding: 'utf8' });
    expect(status, stderr).to.equal(1);
    return stderr;
  }
  const small = (): History =>
    readHistory(readFileSync(join(folder, readdirSync(folder).find((name) => name.endsWith('.small.jsonl')) ?? 'none'), 'utf8'));

  for (const [rule, what, most] of [
    ['AUTH-7.12', 'lets through what is forbidden', 8],
    ['AUTH-6.10', 'refuses what is allowed, so that it is never made', 12],
    ['AUTH-7.8', 'goes on with what is not there', 12],
    ['MX-5.5.4', 'lets through what Matrix forbids', 8],
    ['MX-10.9', 'lets through what Matrix forbids', 10],
  ] as const)
    it(`is told by a few events where it ${what} (${rule})`, () => {
      run(rule, '--seed', 'smaller', '--histories', '60', ...(rule.startsWith('MX') ? ['--version', 'matrix'] : []));
      const history = small();
      expect(history.pdus.length).to.be.within(2, most);
      // The engine as it should be has nothing to find fault with.
      const { differences, unusable } = judgeHistory(history);
      expect({ differences, unusable }).to.deep.equal({ differences: [], unusable: [] });
    });

  it('is told by a run of a few acts where it is about delivery', () => {
    const told = run('ENG-9', '--seed', 'smaller', '--histories', '60');
    const [, options = '', few = '', many = ''] = /a smaller run: npm run sim -- (.*) \((\d+) of (\d+) events\)/.exec(told) ?? [];
    expect(options, told).to.match(/--without act/);
    expect(Number(few)).to.be.lessThan(Number(many));
    expect(run('ENG-9', ...options.split(' '))).to.contain('FOUND soft-failure');
  });
});
