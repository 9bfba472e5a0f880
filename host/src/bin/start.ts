import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigError, loadConfig } from '../config/load-config.ts';
import type { CommandLine } from '../config/load-config.ts';
import type { HostConfig } from '../config/host-config.ts';
import { createHost } from '../host.ts';
import type { Host } from '../host.ts';
import { createLogger } from '../platform/logger.ts';
import { nodePlatform } from '../platform/node-platform.ts';

export interface StartOptions extends CommandLine {
  readonly config?: string;
}

/** Runs a host until SIGINT or SIGTERM, then stops it cleanly: exit code 0. 1 if it cannot start. */
export async function start(options: StartOptions): Promise<void> {
  const stopped = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => stopped.resolve());
  let host: Host;
  try {
    const config = await configOf(options);
    host = await createHost(config, nodePlatform(createLogger(config.log_level)));
    const { url, port } = await host.start();
    process.stdout.write(greeting(config, host, url, port));
  } catch (error) {
    process.stderr.write(`${reason(error)}\n`);
    process.exitCode = 1;
    return;
  }
  // A pending promise does not keep a process alive, but the listening socket does.
  await stopped.promise;
  process.stdout.write('Stopping ...\n');
  await host.stop();
  process.stdout.write('Stopped. Everything acknowledged is on disk.\n');
}

async function configOf(options: StartOptions): Promise<HostConfig> {
  const path = options.config ?? process.env['OPENGUILD_CONFIG'];
  return loadConfig(path === undefined ? undefined : await readFile(path, 'utf8'), process.env, options);
}

function greeting(config: HostConfig, { identity }: Host, url: string, port: number): string {
  const body = `'{"username":"alice","password":"a long passphrase"}'`;
  return `
OpenGuild is running.

  listens on    ${url}${config.bind === '127.0.0.1' || config.bind === '::1' ? ' (this machine only; --bind changes that)' : ''}
  server name   ${config.server_name}   (users are @name:${config.server_name})
  data          ${resolve(config.data)}
  root key      ${identity.root.key_id}
  daily key     ${identity.daily.key_id}
  voice         ${config.voice === null ? 'off (set LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET)' : config.voice.url}

Next: make an account.

  curl -X POST http://localhost:${port}/client/v1/register -d ${body}

Ctrl-C stops it.
`;
}

function reason(error: unknown): string {
  if (error instanceof ConfigError) return `openguild: ${error.message}`;
  const { code, message } = error as { code?: string; message?: string };
  if (code === 'EADDRINUSE') return `openguild: the port is in use already; is a host running here? --port chooses another one`;
  return `openguild: cannot start: ${message ?? String(error)}${describeCause(error)}`;
}

function describeCause(error: unknown): string {
  const cause = (error as { cause?: unknown } | null)?.cause;
  return cause instanceof Error ? ` (${cause.message})` : '';
}
