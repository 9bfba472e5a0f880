import { execFile } from 'node:child_process';
import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { writeExport } from '@openguild/core';
import { aBanThatFails } from '../explain-a-ban/history.ts';

const run = promisify(execFile);

/** What an example prints. It ends by itself, with exit code 0. */
async function output(program: string, ...args: string[]): Promise<string> {
  const path = fileURLToPath(new URL(`../${program}/main.ts`, import.meta.url));
  return (await run(process.execPath, [path, ...args], { timeout: 30_000 })).stdout;
}

describe('examples', function () {
  this.timeout(40_000);
  let folder: string;
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openguild-examples-'));
  });
  after(() => rm(folder, { recursive: true, force: true }));

  it('embed-minimal: two servers agree, and say why; under 100 lines', async () => {
    const text = await output('embed-minimal');
    const states = [...text.matchAll(/the channel is called "town square", state (\S+)/g)].map(([, hash]) => hash);
    expect(states).to.have.length(2);
    expect(states[0]).to.equal(states[1]);
    expect(text)
      .to.include("Why not Bob's name?")
      .and.to.include('RES-8')
      .and.to.include('another candidate cites a later state of the guild');
    const source = await readFile(new URL('../embed-minimal/main.ts', import.meta.url), 'utf8');
    expect(source.split('\n').length).to.be.lessThan(100);
  });

  it('explain-a-ban: text and drawings of its own history', async () => {
    const text = await output('explain-a-ban', '--out', folder);
    const [a, b] = [...text.matchAll(/state on \S+ (\S+)/g)].map(([, hash]) => hash);
    expect(a).to.equal(b);
    for (const part of ['Not in force (void)', 'RES-6', 'BAN_MEMBERS']) expect(text).to.include(part);
    const files = await readdir(folder);
    const svg = files.find((name) => name.endsWith('.svg'));
    const mermaid = files.find((name) => name.endsWith('.mmd'));
    expect(await readFile(join(folder, svg ?? ''), 'utf8')).to.match(/^<svg .*BAN_MEMBERS.*<\/svg>\n$/s);
    expect(await readFile(join(folder, mermaid ?? ''), 'utf8')).to.match(/\nflowchart TD\n/);
  });

  it('explain-a-ban: the bans of an export, plain or gzip', async () => {
    const { b, guild } = aBanThatFails();
    const bytes = Buffer.concat([...writeExport(b, guild)]);
    for (const [name, content] of [
      ['room.jsonl', bytes],
      ['room.jsonl.gz', gzipSync(bytes)],
    ] as const) {
      await writeFile(join(folder, name), content);
      const text = await output('explain-a-ban', join(folder, name));
      expect(text).to.include('the export is verified').and.to.include('m.room.member [@carol:a.example] by @bob:b.example');
    }
  });
});
