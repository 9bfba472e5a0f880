import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { readHistories } from '../src/index.ts';
import { compareByModel } from './matrix-model-histories.ts';
import { resolutionCase, ruleCase, type AuthCases, type ResolutionCases } from './matrix-model-cases.ts';

const spec = (file: string): string => fileURLToPath(new URL(`../../spec/${file}`, import.meta.url));
/** OPENGUILD_HISTORIES=n judges every n-th history only. */
const EVERY = Number(process.env['OPENGUILD_HISTORIES'] ?? '6');

/** Differences by history, undisputed and disputed. */
async function differences(file: string): Promise<{ read: number; undisputed: string[]; disputed: string[] }> {
  const out = { read: 0, undisputed: [] as string[], disputed: [] as string[] };
  let number = 0;
  for await (const read of readHistories(spec(file))) {
    if (read.fault !== undefined) throw new Error(read.fault);
    const { history } = read;
    if (Number(history['room_version']) < 3 || number++ % EVERY !== 0) continue;
    out.read += 1;
    const [first] = compareByModel(history);
    if (first !== undefined) (history['disputed'] === undefined ? out.undisputed : out.disputed).push(`${history.id}: ${first}`);
  }
  return out;
}

/** Encodings, and the table of versions. */
const SHARED = ['base58decode', 'base58encode', 'base64decodeLoosely', 'roomVersion'];

describe('the models', () => {
  for (const folder of ['model', 'matrix/model'])
    it(`in ${folder} share no code with the engine but encodings`, () => {
      const url = new URL(`../src/${folder}/`, import.meta.url);
      const files = readdirSync(url).map((file) => readFileSync(new URL(file, url), 'utf8'));
      const imports = files.flatMap((text) => [...text.matchAll(/^import (type )?([^;]*) from '([^']+)';$/gm)]);
      const taken = imports.flatMap(([, type, names = '', from = '']) => {
        if (type !== undefined || from.startsWith('./') || from.startsWith('node:')) return [];
        const some = names
          .replaceAll(/[{}]/g, '')
          .split(',')
          .map((name) => name.trim());
        return from === '@openguild/core' ? some.filter((name) => name !== '' && !name.startsWith('type ')) : [from];
      });
      expect(taken.filter((name) => !SHARED.includes(name))).to.deep.equal([]);
      expect(imports.length).to.be.greaterThan(files.length);
    });
});

describe('the model of Matrix rooms', function () {
  this.timeout(120_000);

  it('comes to the verdicts and states of two other implementations', async () => {
    const { read, undisputed } = await differences('matrix/histories.jsonl.gz');
    expect(undisputed).to.deep.equal([]);
    expect(read).to.be.greaterThan(240 / EVERY);
  });

  it('in odder rooms too', async () => {
    const { read, undisputed } = await differences('matrix/generated.jsonl.gz');
    expect(undisputed).to.deep.equal([]);
    expect(read).to.equal(Math.ceil(102 / EVERY));
  });

  it('names the rule in every published case', () => {
    const { rooms, cases } = JSON.parse(readFileSync(spec('vectors/matrix/auth-rules.json'), 'utf8')) as AuthCases;
    const wrong = cases.flatMap((one) => ruleCase(one, rooms[one.room]) ?? []);
    expect(wrong).to.deep.equal([]);
    expect(cases.length).to.be.greaterThan(180);
  });

  it('resolves every published case', () => {
    const { rooms, cases } = JSON.parse(readFileSync(spec('vectors/matrix/resolution.json'), 'utf8')) as ResolutionCases;
    const wrong = cases.flatMap((one) => resolutionCase(one, rooms[one.room]) ?? []);
    expect(wrong).to.deep.equal([]);
    expect(cases.length).to.be.greaterThan(30);
  });
});
