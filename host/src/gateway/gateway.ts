import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { clientAddress } from '../http/client-address.ts';
import { HostError } from '../http/errors.ts';
import { addressKey } from '../http/rate-limits.ts';
import type { RateLimits } from '../http/rate-limits.ts';
import { GatewayConnection } from './connection.ts';
import type { GatewayParts } from './connection.ts';
import { CLOSE, GATEWAY_PATH } from './frames.ts';

/** The WebSocket face of the client API. */
export class Gateway {
  readonly #server: WebSocketServer;
  readonly #parts: GatewayParts;
  readonly #rates: RateLimits;
  readonly #trustedProxies: number;
  readonly #connections = new Set<GatewayConnection>();
  #stopped = false;

  constructor(parts: GatewayParts, rates: RateLimits, trustedProxies: number) {
    this.#trustedProxies = trustedProxies;
    this.#parts = parts;
    this.#rates = rates;
    // No compression: its contexts cost more memory per client than all the rest.
    this.#server = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: parts.limits.gateway_frame_bytes });
  }

  /** Takes over a connection that asked for a WebSocket; anything else than the gateway's path is refused. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy());
    this.#accept(request, socket, head).catch((error: unknown) => {
      refuse(socket, error instanceof HostError ? error : new HostError('INTERNAL', 'something went wrong here'));
      if (!(error instanceof HostError)) this.#parts.platform.logger.error({ err: error }, 'a WebSocket could not be opened');
    });
  }

  /** Ends all connections; clients resume elsewhere or later. */
  stop(): void {
    this.#stopped = true;
    for (const connection of [...this.#connections]) connection.close(CLOSE.GOING_AWAY, 'the host stops');
    this.#server.close();
  }

  async #accept(request: IncomingMessage, socket: Duplex, head: Buffer): Promise<void> {
    if (this.#stopped) throw new HostError('UNAVAILABLE', 'the host stops');
    await this.#rates.count('open', addressKey(clientAddress(request, this.#trustedProxies)));
    if ((request.url ?? '').split('?', 1)[0] !== GATEWAY_PATH) throw new HostError('NOT_FOUND', 'there is no such resource');
    this.#server.handleUpgrade(request, socket, head, (webSocket) => {
      const connection = new GatewayConnection(webSocket, this.#parts, (userId) => this.#mayConnect(userId));
      this.#connections.add(connection);
      webSocket.once('close', () => this.#connections.delete(connection));
    });
  }

  #mayConnect(userId: string): boolean {
    const open = [...this.#connections].filter((connection) => connection.userId === userId).length;
    return open < this.#parts.limits.max_gateways_per_user;
  }
}

function refuse(socket: Duplex, error: HostError): void {
  const body = JSON.stringify(error.toBody());
  const head = [
    `HTTP/1.1 ${error.status} ${error.code}`,
    'Connection: close',
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
  ];
  socket.end(`${head.join('\r\n')}\r\n\r\n${body}`);
}
