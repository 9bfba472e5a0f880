import { createServer } from 'node:http';
import type { IncomingMessage, RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import type { HostConfig } from '../config/host-config.ts';
import type { Platform } from '../platform/platform.ts';

const MAX_HEADER_BYTES = 16_384;
const MAX_HEADERS = 100;
const KEEP_ALIVE_MS = 5_000;
/** How often connections are looked at for having used up their time. */
const CHECK_TIMEOUTS_MS = 1_000;
/** What is still running this long after the host was told to stop is cut off. */
const STOP_GRACE_MS = 2_000;

export type UpgradeHandler = (request: IncomingMessage, socket: Duplex, head: Buffer) => void;

/** The listening socket, with every time-out that keeps slow or idle clients from piling up. */
export class HttpServer {
  readonly #server: Server;
  readonly #config: HostConfig;
  readonly #platform: Platform;

  constructor(handler: RequestListener, upgrade: UpgradeHandler, config: HostConfig, platform: Platform) {
    const { limits } = config;
    this.#config = config;
    this.#platform = platform;
    this.#server = createServer(
      {
        maxHeaderSize: MAX_HEADER_BYTES,
        headersTimeout: limits.headers_timeout_ms,
        requestTimeout: limits.request_timeout_ms,
        keepAliveTimeout: KEEP_ALIVE_MS,
        connectionsCheckingInterval: CHECK_TIMEOUTS_MS,
        insecureHTTPParser: false,
      },
      handler,
    );
    this.#server.maxHeadersCount = MAX_HEADERS;
    this.#server.maxConnections = limits.max_connections;
    this.#server.on('upgrade', upgrade);
  }

  /** Listens. Rejects if the address is taken. */
  async listen(): Promise<{ readonly url: string; readonly port: number }> {
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    this.#server.once('error', reject);
    this.#server.listen(this.#config.port, this.#config.bind, resolve);
    await promise;
    this.#server.off('error', reject);
    this.#server.on('error', (error) => this.#platform.logger.error({ err: error }, 'the HTTP server failed'));
    const { address, family, port } = this.#server.address() as AddressInfo;
    return { url: `http://${shownAddress(address, family)}:${port}`, port };
  }

  /** Takes no new connections, lets running requests end, and cuts off what has not ended soon. */
  async close(): Promise<void> {
    if (!this.#server.listening) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#server.close(() => resolve());
    this.#server.closeIdleConnections();
    const cancel = this.#platform.setTimer(STOP_GRACE_MS, () => this.#server.closeAllConnections());
    await promise;
    cancel();
  }
}

function shownAddress(address: string, family: string): string {
  if (address === '127.0.0.1' || address === '::1') return 'localhost';
  return family === 'IPv6' ? `[${address}]` : address;
}
