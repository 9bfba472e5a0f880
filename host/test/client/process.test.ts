import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';
import { TestClient } from './test-client.ts';

const CLI = fileURLToPath(new URL('../../src/bin/openguild.ts', import.meta.url));

/** The command line as a person runs it. */
class Running {
  readonly child: ChildProcess;
  output = '';
  readonly exit: Promise<number | string | null>;

  constructor(folder: string, args: readonly string[] = [], env: Record<string, string> = {}) {
    const all = ['start', '--port', '0', '--data', folder, '--server-name', 'cli.example.com', '--log-level', 'error', ...args];
    this.child = spawn(process.execPath, [CLI, ...all], { env: { ...process.env, ...env } });
    for (const stream of [this.child.stdout, this.child.stderr]) {
      stream?.on('data', (data) => {
        this.output += String(data);
      });
    }
    this.exit = new Promise((resolve) => this.child.on('exit', (code, signal) => resolve(code ?? signal)));
  }

  /** Where it listens, once it says so. */
  async url(): Promise<string> {
    const deadline = Date.now() + 15_000;
    while (Date.now() < deadline) {
      const found = /listens on +(http:\/\/\S+)/.exec(this.output)?.[1];
      if (found !== undefined && this.output.includes('Ctrl-C')) return found;
      if (this.child.exitCode !== null) break;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    throw new Error(`does not listen: ${this.output}`);
  }
}

describe('host: the process', () => {
  let folder: string;
  const started: Running[] = [];
  const run = (...args: ConstructorParameters<typeof Running> extends [string, ...infer Rest] ? Rest : never): Running => {
    const running = new Running(folder, ...args);
    started.push(running);
    return running;
  };
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openguild-cli-'));
  });
  afterEach(async () => {
    for (const running of started.splice(0)) running.child.kill('SIGKILL');
    await rm(folder, { recursive: true, force: true });
  });

  it('says where it is, and what to do next; stops cleanly on SIGINT; keeps its keys', async () => {
    const first = run();
    const url = await first.url();
    for (const part of ['cli.example.com', folder, 'ed25519:', 'curl', '/client/v1/register', 'Ctrl-C'])
      expect(first.output).to.contain(part);
    const alice = new TestClient(() => url);
    await alice.register('alice');
    first.child.kill('SIGINT');
    expect(await first.exit).to.equal(0);
    const key = /root key +(ed25519:\S+)/.exec(first.output)?.[1];
    const second = run();
    const before = performance.now();
    await second.url();
    expect(performance.now() - before).to.be.lessThan(5_000);
    expect(/root key +(ed25519:\S+)/.exec(second.output)?.[1]).to.equal(key);
    second.child.kill('SIGTERM');
    expect(await second.exit).to.equal(0);
    for (const name of await readdir(join(folder, 'keys'))) expect((await stat(join(folder, 'keys', name))).mode & 0o077, name).to.equal(0);
  }).timeout(30_000);

  it('loses nothing that it acknowledged when it is killed', async () => {
    const first = run();
    const url = await first.url();
    const alice = new TestClient(() => url);
    await alice.register('alice');
    const channel = await alice.channel(await alice.guild());
    const acknowledged: string[] = [];
    const writing = (async () => {
      for (let i = 0; ; i++) {
        await alice.send(channel, `m${i}`);
        acknowledged.push(`m${i}`);
      }
    })().catch(() => undefined);
    while (acknowledged.length < 30) await new Promise((resolve) => setTimeout(resolve, 5));
    first.child.kill('SIGKILL');
    await Promise.all([first.exit, writing]);
    const again = await run().url();
    const later = new TestClient(() => again);
    later.token = alice.token;
    const kept: string[] = [];
    let from = '';
    do {
      const page = await later.get(`/client/v1/rooms/${channel}/messages?limit=100${from}`);
      for (const event of page.events) if (event.type === 'm.room.message') kept.push(event.content.body);
      from = page.next === null ? '' : `&from=${page.next}`;
    } while (from !== '');
    expect(kept).to.include.members(acknowledged);
    expect(kept.length - acknowledged.length).to.be.within(0, 1);
    await later.send(channel, 'and on it goes');
  }).timeout(40_000);

  it('refuses a folder that another host uses, and settings it does not understand', async () => {
    const first = run();
    await first.url();
    const second = run();
    expect(await second.exit).to.equal(1);
    expect(second.output).to.match(/^openguild: cannot start: /m);
    const third = run(['--bind', '203.0.113.7']);
    expect(await third.exit).to.equal(1);
    const fourth = run([], { OPENGUILD_PORT: 'x', OPENGUILD_LOG_LEVEL: 'loud' });
    expect(await fourth.exit).to.equal(1);
  }).timeout(30_000);

  it('prints its help', async () => {
    const child = spawn(process.execPath, [CLI, 'start', '--help']);
    let output = '';
    child.stdout.on('data', (data) => {
      output += String(data);
    });
    expect(await new Promise((resolve) => child.on('exit', resolve))).to.equal(0);
    for (const flag of ['--port', '--data', '--server-name', '--config', 'LIVEKIT_URL']) expect(output).to.contain(flag);
  }).timeout(15_000);
});
