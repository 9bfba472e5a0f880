import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import { DEFAULT_FEDERATION } from '../../src/index.ts';
import type { FederationConfig, HostConfig } from '../../src/index.ts';
import { TestHost } from '../client/test-host.ts';

/** Federation as impatient as a test. */
export const QUICK: FederationConfig = {
  ...DEFAULT_FEDERATION,
  heads_exchange_ms: 100,
  merge_after_ms: 300,
  retry_min_ms: 50,
  retry_max_ms: 300,
  request_timeout_ms: 2_000,
};

/** A host that is named as it is reached, so that it federates with others on this machine. */
export async function localHost(overrides: Partial<HostConfig> = {}): Promise<TestHost & { readonly name: string }> {
  const port = await freePort();
  const name = `localhost:${port}`;
  const host = await TestHost.start({ server_name: name, port, federation: QUICK, ...overrides });
  return Object.assign(host, { name });
}

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

export async function eventually<T>(what: string, look: () => Promise<T>, holds: (seen: T) => boolean, timeoutMs = 8_000): Promise<T> {
  const began = performance.now();
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() - began > timeoutMs) throw new Error(`${what}: not within ${timeoutMs} ms; last seen: ${JSON.stringify(seen)}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
