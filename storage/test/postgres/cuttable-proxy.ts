import { createConnection, createServer, type Socket } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import type { PostgresServer } from './postgres-server.ts';

/** A way to a server that can be cut. */
export interface CuttableProxy {
  /** Of the server, by this way. */
  readonly url: string;
  /** Called with what clients send; what it returns false for is not passed on, and the connection is cut. */
  watch: (chunk: Buffer) => boolean;
  /** Called with what the server answers. */
  watchAnswers: (chunk: Buffer) => boolean;
  cutAll(): void;
  close(): Promise<void>;
}

export async function cuttableProxy(server: PostgresServer): Promise<CuttableProxy> {
  const sockets = new Set<Socket>();
  const target = join(server.socket.folder, `.s.PGSQL.${server.socket.port}`);
  const listener = createServer((client) => {
    const upstream = createConnection(target);
    const cut = (): void => {
      client.destroy();
      upstream.destroy();
    };
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.setNoDelay(true);
      socket.on('error', cut);
      socket.on('close', () => {
        sockets.delete(socket);
        cut();
      });
    }
    client.on('data', (chunk) => void (proxy.watch(chunk) ? upstream.write(chunk) : cut()));
    upstream.on('data', (chunk) => void (proxy.watchAnswers(chunk) ? client.write(chunk) : cut()));
  });
  listener.listen(0, '127.0.0.1');
  await once(listener, 'listening');
  const { port } = listener.address() as { port: number };
  const proxy: CuttableProxy = {
    url: `postgres://openguild@127.0.0.1:${port}/postgres`,
    watch: () => true,
    watchAnswers: () => true,
    cutAll: () => {
      for (const socket of sockets) socket.destroy();
    },
    close: async () => {
      proxy.cutAll();
      listener.close();
      await once(listener, 'close');
    },
  };
  return proxy;
}
