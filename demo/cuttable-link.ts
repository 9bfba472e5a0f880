import { createServer, connect } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';

/**
 * A TCP port that forwards to another one, and can be cut.
 *
 * Each host's server name is the address of its link, so other hosts reach it only through the link, while people (and this program)
 * talk to the host's own port. Cutting both links is a partition: the hosts run on, their clocks too, and federation gets no byte through.
 */
export class CuttableLink {
  readonly #server: Server;
  readonly #target: number;
  readonly #sockets = new Set<Socket>();
  #cut = false;
  #refused = 0;

  private constructor(server: Server, target: number) {
    this.#server = server;
    this.#target = target;
  }

  /** Listens on a free loopback port and forwards to the loopback port `target`. */
  static async open(target: number): Promise<CuttableLink> {
    const server = createServer();
    const link = new CuttableLink(server, target);
    server.on('connection', (socket) => link.#forward(socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(0, '127.0.0.1', resolve);
    });
    return link;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Connections refused since the last cut. */
  get refused(): number {
    return this.#refused;
  }

  /** Breaks every connection and refuses new ones until `heal`. */
  cut(): void {
    this.#cut = true;
    this.#refused = 0;
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  heal(): void {
    this.#cut = false;
  }

  async close(): Promise<void> {
    this.cut();
    await new Promise<void>((resolve) => this.#server.close(() => resolve()));
  }

  #forward(incoming: Socket): void {
    if (this.#cut) {
      this.#refused += 1;
      incoming.resetAndDestroy();
      return;
    }
    const outgoing = connect(this.#target, '127.0.0.1');
    for (const [socket, other] of [
      [incoming, outgoing],
      [outgoing, incoming],
    ] as const) {
      this.#sockets.add(socket);
      socket.on('error', () => other.destroy());
      socket.on('close', () => {
        this.#sockets.delete(socket);
        other.destroy();
      });
    }
    incoming.pipe(outgoing);
    outgoing.pipe(incoming);
  }
}

/** A loopback port that nobody listens on just now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => server.close(() => resolve()));
  return port;
}
