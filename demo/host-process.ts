import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ENTRY = new URL('../host/dist/bin/openguild.js', import.meta.url).pathname;
const START_LIMIT_MS = 20_000;
const STOP_LIMIT_MS = 5_000;

export interface HostOptions {
  /** What the story calls it: `A`, `B`. */
  readonly label: string;
  /** Its own folder: data, configuration, log. */
  readonly folder: string;
  readonly port: number;
  readonly serverName: string;
  /** Contents of its configuration file. */
  readonly toml: string;
}

/** One host, as a process of its own. It can be killed and started again on the same data. */
export class HostProcess {
  readonly label: string;
  readonly serverName: string;
  readonly url: string;
  readonly logFile: string;
  readonly #options: HostOptions;
  #child: ChildProcess | undefined;

  constructor(options: HostOptions) {
    this.#options = options;
    this.label = options.label;
    this.serverName = options.serverName;
    this.url = `http://127.0.0.1:${options.port}`;
    this.logFile = join(options.folder, 'host.log');
    mkdirSync(options.folder, { recursive: true });
    writeFileSync(this.#configFile, options.toml);
  }

  get #configFile(): string {
    return join(this.#options.folder, 'openguild.toml');
  }

  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /** Starts the process and waits until it answers. */
  async start(): Promise<void> {
    const log = openSync(this.logFile, 'a');
    const child = spawn(process.execPath, [ENTRY, 'start'], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        OPENGUILD_PORT: String(this.#options.port),
        OPENGUILD_BIND: '127.0.0.1',
        OPENGUILD_SERVER_NAME: this.serverName,
        OPENGUILD_DATA: join(this.#options.folder, 'data'),
        OPENGUILD_CONFIG: this.#configFile,
      },
    });
    closeSync(log);
    this.#child = child;
    const deadline = performance.now() + START_LIMIT_MS;
    while (!(await this.#answers())) {
      if (child.exitCode !== null || child.signalCode !== null)
        throw new Error(`host ${this.label} ended while it started:\n${this.logTail()}`);
      if (performance.now() > deadline)
        throw new Error(`host ${this.label} did not answer within ${START_LIMIT_MS} ms:\n${this.logTail()}`);
      await sleep(50);
    }
  }

  /** SIGKILL: no farewell, nothing flushed. Resolves once the process is gone. */
  async kill(): Promise<void> {
    await this.#end('SIGKILL');
  }

  /** SIGTERM, and SIGKILL if that takes too long. */
  async stop(): Promise<void> {
    if (this.#running() && (await Promise.race([this.#end('SIGTERM').then(() => false), sleep(STOP_LIMIT_MS, true, { ref: false })])))
      await this.kill();
  }

  /** For the way out, when nothing can be awaited. */
  killNow(): void {
    if (this.#running()) this.#child?.kill('SIGKILL');
  }

  /** The last lines of the host's log. */
  logTail(lines = 30): string {
    return readFileSync(this.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n');
  }

  #running(): boolean {
    return this.#child !== undefined && this.#child.exitCode === null && this.#child.signalCode === null;
  }

  async #end(signal: NodeJS.Signals): Promise<void> {
    const child = this.#child;
    if (child === undefined || !this.#running()) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.kill(signal);
    await gone;
  }

  async #answers(): Promise<boolean> {
    try {
      const answer = await fetch(`${this.url}/health`, { signal: AbortSignal.timeout(1_000) });
      await answer.arrayBuffer();
      return answer.ok;
    } catch {
      return false;
    }
  }
}
