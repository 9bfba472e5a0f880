import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createHost,
  createLogger,
  DEFAULT_FEDERATION,
  DEFAULT_LIMITS,
  type FederationConfig,
  type Host,
  hostConfig,
  nodePlatform,
  type Platform,
} from '@openguild/host';
import { Person } from './person.ts';

const LAVISH = { points: 1_000_000, seconds: 60 };
const RATES = {
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
};

/** Federation as impatient as a test. */
const QUICK: FederationConfig = {
  ...DEFAULT_FEDERATION,
  heads_exchange_ms: 150,
  merge_after_ms: 400,
  retry_min_ms: 50,
  retry_max_ms: 400,
  request_timeout_ms: 5_000,
};

/** One real host of a cluster: its own keys, SQLite folder and port. The cluster can cut its lines and stop it. */
export class ClusterHost {
  readonly name: string;
  readonly url: string;
  readonly #folder: string;
  readonly #platform: Platform;
  readonly #federation: FederationConfig;
  #host: Host | undefined;

  constructor(name: string, folder: string, platform: Platform, federation: FederationConfig) {
    this.name = name;
    this.url = `http://${name}`;
    this.#folder = folder;
    this.#platform = platform;
    this.#federation = federation;
  }

  get host(): Host {
    if (this.#host === undefined) throw new Error(`${this.name} is stopped`);
    return this.#host;
  }

  async start(): Promise<void> {
    const config = hostConfig({
      server_name: this.name,
      port: Number(this.name.split(':')[1]),
      data: this.#folder,
      limits: { ...DEFAULT_LIMITS, rates: RATES },
      federation: this.#federation,
    });
    this.#host = await createHost(config, this.#platform);
    await this.#host.start();
  }

  async stop(): Promise<void> {
    await this.#host?.stop();
    this.#host = undefined;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.#folder, { recursive: true, force: true });
  }

  /** A new account on this host. */
  async register(name: string): Promise<Person> {
    return Person.register(this.url, name);
  }
}

/** Some real hosts in one process that speak over loopback HTTP, as separate machines would. */
export class Cluster {
  readonly hosts: readonly ClusterHost[];
  readonly #cut: Set<string>;

  private constructor(hosts: readonly ClusterHost[], cut: Set<string>) {
    this.hosts = hosts;
    this.#cut = cut;
  }

  static async start(count: number, federation: Partial<FederationConfig> = {}): Promise<Cluster> {
    const cut = new Set<string>();
    const ports = await freePorts(count);
    const hosts: ClusterHost[] = [];
    for (const port of ports) {
      const name = `localhost:${port}`;
      const folder = await mkdtemp(join(tmpdir(), 'openguild-cluster-'));
      const platform = switchable(nodePlatform(createLogger(process.env['OPENGUILD_TEST_LOG'] ?? 'silent')), (to) =>
        cut.has(`${name} ${to}`),
      );
      const host = new ClusterHost(name, folder, platform, { ...QUICK, ...federation });
      await host.start();
      hosts.push(host);
    }
    return new Cluster(hosts, cut);
  }

  host(index: number): ClusterHost {
    const host = this.hosts[index];
    if (host === undefined) throw new Error(`no host ${index}`);
    return host;
  }

  /** Cuts every line between these two groups, both ways. */
  partition(left: readonly ClusterHost[], right: readonly ClusterHost[]): void {
    for (const a of left) {
      for (const b of right) {
        this.#cut.add(`${a.name} ${b.name}`);
        this.#cut.add(`${b.name} ${a.name}`);
      }
    }
  }

  heal(): void {
    this.#cut.clear();
  }

  async stop(): Promise<void> {
    for (const host of this.hosts) await host.remove();
  }
}

/** A platform whose requests fail where the line is cut. */
function switchable(platform: Platform, isCut: (to: string) => boolean): Platform {
  const fetch: Platform['fetch'] = (input, init) => {
    const url = new URL(input instanceof URL ? input.href : typeof input === 'string' ? input : input.url);
    if (isCut(url.host)) return Promise.reject(new TypeError('the line is cut'));
    return platform.fetch(input, init);
  };
  return { ...platform, fetch };
}

/** Ports that were free a moment ago. */
async function freePorts(count: number): Promise<number[]> {
  const servers = Array.from({ length: count }, () => createServer());
  const ports: number[] = [];
  for (const server of servers) {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    ports.push((server.address() as AddressInfo).port);
  }
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  return ports;
}

/** Waits until a condition holds; fails with what was seen last. */
export async function eventually<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean, timeoutMs = 10_000): Promise<T> {
  const began = performance.now();
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() - began > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}
