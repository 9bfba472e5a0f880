import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { DEFAULT_LIMITS, createHost, hostConfig, nodePlatform } from '../../src/index.ts';
import type { Host, HostConfig, Limits, Platform } from '../../src/index.ts';
import { TestClient } from './test-client.ts';

const LAVISH = { points: 1_000_000, seconds: 60 };

/** Limits under which a test never waits for a rate limit it does not mean to meet. */
export const TEST_LIMITS: Limits = {
  ...DEFAULT_LIMITS,
  rates: {
    register: LAVISH,
    login: LAVISH,
    read: LAVISH,
    write: LAVISH,
    search: LAVISH,
    sync: LAVISH,
    media: LAVISH,
    export: LAVISH,
    federation: LAVISH,
    open: LAVISH,
  },
};

export const SERVER_NAME = 'a.example.com';

/** One real host: SQLite in a folder of its own, HTTP on a free loopback port. */
export class TestHost {
  readonly folder: string;
  readonly config: HostConfig;
  readonly #platform: Platform;
  #host: Host;
  #url: string;

  private constructor(folder: string, config: HostConfig, platform: Platform, host: Host, url: string) {
    this.folder = folder;
    this.config = config;
    this.#platform = platform;
    this.#host = host;
    this.#url = url;
  }

  static async start(overrides: Partial<HostConfig> = {}, platform: Partial<Platform> = {}): Promise<TestHost> {
    const folder = await mkdtemp(join(tmpdir(), 'openguild-host-'));
    const config = hostConfig({ port: 0, server_name: SERVER_NAME, data: folder, limits: TEST_LIMITS, ...overrides });
    const whole = { ...nodePlatform(pino({ level: process.env['TEST_LOG'] ?? 'silent' })), ...platform };
    const host = await createHost(config, whole);
    const { url } = await host.start();
    return new TestHost(folder, config, whole, host, url);
  }

  get host(): Host {
    return this.#host;
  }

  get url(): string {
    return this.#url;
  }

  /** Stops, does something with the data, and starts again. */
  async restart(meanwhile?: () => Promise<void>): Promise<void> {
    await this.#host.stop();
    await meanwhile?.();
    this.#host = await createHost(this.config, this.#platform);
    this.#url = (await this.#host.start()).url;
  }

  async stop(): Promise<void> {
    await this.#host.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  /** A new account. */
  async register(name: string): Promise<TestClient> {
    const client = new TestClient(() => this.#url);
    await client.register(name);
    return client;
  }

  anonymous(): TestClient {
    return new TestClient(() => this.#url);
  }
}
