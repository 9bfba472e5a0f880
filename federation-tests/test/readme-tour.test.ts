import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'chai';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const README = join(ROOT, 'README.md');
const ENTRY = join(ROOT, 'host/dist/bin/openguild.js');
/** The ports that the README uses: each host of the test stands in for one. */
const PORTS = [8008, 8009, 8010] as const;
const START_LIMIT_MS = 20_000;

interface TourHost {
  readonly readmePort: number;
  readonly port: number;
  readonly process: ChildProcess;
}

/** All `bash` blocks of the section, in order: pasted one after the other, as a reader would. */
function tourScript(): string {
  const readme = readFileSync(README, 'utf8');
  const [, section = ''] = readme.split('\n## A tour with curl\n');
  const [tour = ''] = section.split('\n## ');
  return [...tour.matchAll(/^```bash\n([\s\S]*?)^```$/gm)].map((match) => match[1]).join('\n');
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}

async function startHost(readmePort: number, folder: string): Promise<TourHost> {
  const port = await freePort();
  const child = spawn(process.execPath, [ENTRY, 'start'], {
    stdio: ['ignore', 'ignore', 'ignore'],
    env: {
      ...process.env,
      OPENGUILD_PORT: String(port),
      OPENGUILD_DATA: join(folder, `data-${readmePort}`),
      LIVEKIT_URL: 'ws://localhost:7880',
      LIVEKIT_API_KEY: 'devkey',
      LIVEKIT_API_SECRET: 'secret',
    },
  });
  const deadline = performance.now() + START_LIMIT_MS;
  for (;;) {
    const answers = await fetch(`http://localhost:${port}/health`).then(
      (answer) => answer.ok,
      () => false,
    );
    if (answers) return { readmePort, port, process: child };
    if (child.exitCode !== null || performance.now() > deadline) throw new Error(`the host on port ${port} does not answer`);
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

async function stopHost({ process: child }: TourHost): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  await gone;
}

function bash(script: string): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('bash', ['-euo', 'pipefail', '-c', script], { stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.once('error', reject);
    child.once('close', (code) => resolve({ code, output }));
  });
}

describe('the tour in README.md', () => {
  const hosts: TourHost[] = [];
  let folder = '';

  before(async function () {
    this.timeout(START_LIMIT_MS * 2);
    folder = mkdtempSync(join(tmpdir(), 'openguild-tour-'));
    for (const port of PORTS) hosts.push(await startHost(port, folder));
  });

  after(async () => {
    await Promise.all(hosts.map(stopHost));
    rmSync(folder, { recursive: true, force: true });
  });

  it('works as it is written, on three hosts', async function () {
    this.timeout(90_000);
    let script = tourScript();
    for (const { readmePort, port } of hosts) {
      expect(script, 'the tour names the port').to.include(`localhost:${readmePort}`);
      script = script.replaceAll(`localhost:${readmePort}`, `localhost:${port}`);
    }
    const { code, output } = await bash(script);
    expect(code, output).to.equal(0);
    expect(output, 'what Alice wrote').to.include('Welcome!');
    expect(output, 'what Bob wrote').to.include('Hello from the other host.');
    const hashes = [...output.matchAll(/"state_hash":\s*"([^"]+)",\s*"heads"/g)].map((match) => match[1]);
    expect(hashes, 'three answers about the state').to.have.length(3);
    expect(new Set(hashes).size, 'one state').to.equal(1);
    expect(output, 'the explanation cites a rule').to.match(/\bAUTH-\d/);
    expect(output, 'the LiveKit token').to.match(/"token":\s*"eyJ/);
  });
});
