import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';
import { expect } from 'chai';
import { verifyExport } from '@openguild/core';
import type { VerifyReport } from '@openguild/core';
import { verifyNowWithNode } from '@openguild/storage';
import { HostError } from '../../src/http/errors.ts';
import { RoomExports } from '../../src/services/room-export.ts';
import type { TestClient } from './test-client.ts';
import { TestHost } from './test-host.ts';

const CLI = fileURLToPath(new URL('../../src/bin/openguild.ts', import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The command line, given `input` on standard input. */
async function openguild(args: readonly string[], input?: Uint8Array): Promise<Ran> {
  const child = spawn(process.execPath, [CLI, ...args]);
  const texts = { out: '', err: '' };
  child.stdout.on('data', (data) => (texts.out += String(data)));
  child.stderr.on('data', (data) => (texts.err += String(data)));
  child.stdin.on('error', () => undefined);
  child.stdin.end(input);
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve));
  return { code, ...texts };
}

function check(text: string): VerifyReport {
  const lines = text.split('\n').slice(0, -1);
  return verifyExport(
    lines.map((line) => Buffer.from(line)),
    verifyNowWithNode,
  );
}

describe('host: exports', () => {
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let guild: string;
  let channel: string;
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'openguild-export-'));
    host = await TestHost.start();
    alice = await host.register('alice');
    bob = await host.register('bob');
    guild = await alice.guild();
    channel = await alice.channel(guild);
    await alice.invite(guild, bob);
    for (let i = 0; i < 20; i++) await Promise.all([alice.send(channel, `a${i}`), bob.send(channel, `b${i}`)]);
  });
  after(async () => {
    await host.stop();
    await rm(folder, { recursive: true, force: true });
  });

  const exportOf = async (room: string, client = alice): Promise<string> => {
    const answer = await client.request('GET', `/client/v1/rooms/${room}/export`);
    expect(answer.status).to.equal(200);
    expect(answer.headers.get('content-type')).to.include('application/x-ndjson');
    return answer.body as string;
  };

  it('EXP-12: gives members a guild and a channel that verify', async () => {
    for (const room of [guild, channel]) {
      const report = check(await exportOf(room, bob));
      expect(report.faults).to.deep.equal([]);
      expect(report.equivocations).to.deep.equal([]);
      const mine = report.rooms.find((one) => one.room_id === room);
      expect(mine?.as_claimed).to.equal(true);
      expect(mine?.state_hash).to.equal((await alice.get(`/client/v1/rooms/${room}/state_hash`)).state_hash);
    }
    expect((await exportOf(channel)).match(/"m.room.message"/g)).to.have.length(40);
  });

  it('EXP-12: is whole whatever comes in meanwhile', async () => {
    const writing = (async () => {
      for (let i = 0; i < 60; i++) await alice.send(channel, `meanwhile ${i}`);
    })();
    for (let i = 0; i < 8; i++) {
      const report = check(await exportOf(channel));
      expect(report.faults).to.deep.equal([]);
    }
    await writing;
  }).timeout(30_000);

  it('EXP-12: holds nothing that was taken back', async () => {
    const { event_id } = await alice.send(channel, 'a secret slipped');
    expect(await exportOf(channel)).to.include('a secret slipped');
    await alice.post(`/client/v1/rooms/${channel}/redact`, { event_id, txn_id: 'r1' });
    const text = await exportOf(channel);
    expect(text).to.not.include('a secret slipped');
    const report = check(text);
    expect(report.faults).to.deep.equal([]);
    expect(report.events.find((one) => one.event_id === event_id)?.redacted).to.equal(true);
  });

  it('is not for others, and does not say what exists', async () => {
    const eve = await host.register('eve');
    await eve.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/${channel}/export`);
    await eve.fails(404, 'NOT_FOUND', 'GET', `/client/v1/rooms/!nothing:a.example.com/export`);
    await host.anonymous().fails(401, 'UNAUTHENTICATED', 'GET', `/client/v1/rooms/${channel}/export`);
  });

  it('EXP-12: of a room with nothing in its history there is none', async () => {
    const store = { open: async () => ({ extremities: [] }) };
    const error = await new RoomExports({ store } as never).requireHistory(channel).catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(HostError).and.to.include({ code: 'NOT_FOUND' });
  });

  it('draws: SVG and Mermaid of what became of an event', async () => {
    const { events } = await alice.get(`/client/v1/rooms/${guild}/state`);
    const member = events.find((one: { type: string; state_key: string }) => one.type === 'm.room.member' && one.state_key === bob.userId);
    const path = `/client/v1/rooms/${guild}/events/${member.event_id}/explain`;
    const svg = await alice.request('GET', `${path}?format=svg`);
    expect(svg.headers.get('content-type')).to.equal('image/svg+xml; charset=utf-8');
    expect(svg.headers.get('content-security-policy')).to.include("default-src 'none'").and.to.include("style-src 'unsafe-inline'");
    expect(svg.body)
      .to.match(/^<svg /)
      .and.to.include('in force')
      .and.to.include(bob.userId);
    const mermaid = await alice.request('GET', `${path}?format=mermaid`);
    expect(mermaid.body).to.match(/\nflowchart TD\n/);
    await alice.fails(400, 'BAD_REQUEST', 'GET', `${path}?format=gif`);
  });

  it('EXP-10: openguild verify: plain, gzip, standard input, JSON; exit code 1 for any fault, 2 for no file', async () => {
    const text = await exportOf(channel);
    const [plain, packed, bad] = ['room.jsonl', 'room.jsonl.gz', 'bad.jsonl'].map((name) => join(folder, name)) as [string, string, string];
    await writeFile(plain, text);
    await writeFile(packed, gzipSync(text));
    await writeFile(bad, text.replace('"a7"', '"a8"'));
    const [one, two, three, four, five] = await Promise.all([
      openguild(['verify', plain]),
      openguild(['verify', '--json', packed]),
      openguild(['verify', '--events', '-'], gzipSync(text)),
      openguild(['verify', bad]),
      openguild(['verify', join(folder, 'nothing')]),
    ]);
    expect([one.code, two.code, three.code, four.code, five.code]).to.deep.equal([0, 0, 0, 1, 2]);
    expect(one.out).to.include('verified: every').and.to.include(channel);
    expect(JSON.parse(two.out)).to.include({ verified: true, room_id: channel });
    expect(three.out.match(/ {2}line \d+ {2}accepted/g)?.length).to.equal(text.split('\n').length - 3);
    expect(four.out).to.include('NOT VERIFIED: 1 fault').and.to.include('EV-15');
    expect(five.err).to.include('cannot be read');
    await writeFile(packed, gzipSync(text).subarray(0, 900));
    expect((await openguild(['verify', packed])).code).to.equal(2);
  }).timeout(30_000);

  it('EXP-13: openguild verify checks a Matrix room by the key documents in the file, and says which are lacking', async () => {
    const vectors = new URL('../../../spec/exports/exports.json', import.meta.url);
    const { matrix } = (JSON.parse(await readFile(vectors, 'utf8')) as { exports: { matrix: string[] } }).exports;
    const [whole, blind] = ['matrix.jsonl', 'blind.jsonl'].map((name) => join(folder, name)) as [string, string];
    await writeFile(whole, matrix.join('\n'));
    await writeFile(blind, matrix.filter((line) => !line.includes('"server_name":"b.example"')).join('\n'));
    const [one, two] = await Promise.all([openguild(['verify', whole]), openguild(['verify', blind])]);
    expect([one.code, two.code]).to.deep.equal([0, 1]);
    expect(one.out).to.include('server keys: 2 documents').and.to.include('verified: every');
    expect(two.out).to.include('EXP-10').and.to.include('the file has no keys of b.example');
  }).timeout(30_000);

  it('openguild export: from the data folder, while no host runs', async () => {
    const text = await exportOf(channel);
    const data = host.folder;
    const running = await openguild(['export', channel, '--data', data]);
    expect(running.code).to.equal(1);
    expect(running.err).to.include('cannot export');
    await host.restart(async () => {
      const out = join(folder, 'offline.jsonl');
      expect(await openguild(['export', channel, '--data', data, '--out', out])).to.deep.equal({ code: 0, out: '', err: '' });
      expect(await readFile(out, 'utf8')).to.equal(text);
      expect((await openguild(['export', channel, '--data', data])).out).to.equal(text);
      const none = await openguild(['export', '!nothing:a.example.com', '--data', data]);
      expect(none.code).to.equal(1);
      expect((await openguild(['export', channel, '--data', join(folder, 'misspelt')])).code).to.equal(1);
    });
  }).timeout(30_000);
});
