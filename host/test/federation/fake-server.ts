import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import {
  canonicalJson,
  type EventDraft,
  type JsonObject,
  type JsonValue,
  type RoomEvent,
  signerFromSeed,
  sha256,
  utf8Encode,
} from '@openguild/core';
import { MemoryStore, RoomRunner, verifyWithNode } from '@openguild/storage';
import { signRequest } from '../../src/federation/sign-request.ts';
import { ServerIdentity } from '../../src/services/server-keys.ts';

export interface Answer {
  readonly status: number;
  readonly body: Record<string, JsonValue> & {
    readonly error?: { readonly code: string; readonly rule?: string; readonly message: string };
  };
  readonly headers: Headers;
  readonly bytes: Uint8Array;
}

/**
 * Another server under the test's control: it publishes real keys, signs real requests, keeps real rooms with the real engine in memory, and can lie in every one of these.
 */
export class FakeServer {
  readonly identity: ServerIdentity;
  readonly store = new MemoryStore();
  readonly runner: RoomRunner;
  /** Requests that came in, bodies parsed. */
  readonly received: { readonly path: string; readonly body: JsonValue }[] = [];
  /** Answers to requests that the key routes do not answer. */
  handle: (path: string, body: JsonValue) => { status: number; body: JsonValue } = () => ({
    status: 404,
    body: { error: { code: 'NOT_FOUND', message: '' } },
  });
  /** What the key route answers instead of the truth. */
  keyDocument: (() => JsonValue) | undefined;
  readonly #server: Server;
  #nonce = 0;

  private constructor(name: string, server: Server) {
    this.#server = server;
    const seed = (what: string): Uint8Array => sha256(utf8Encode(`${name} ${what}`));
    this.identity = new ServerIdentity(name, signerFromSeed(seed('root')), signerFromSeed(seed('daily')));
    this.runner = new RoomRunner({
      store: this.store,
      verify: verifyWithNode,
      fetchMissing: async () => [],
      now: () => Date.now(),
      ownServer: name,
    });
  }

  static async start(): Promise<FakeServer> {
    const fake: { current?: FakeServer } = {};
    const server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const { status, body } = fake.current?.answer(request.url ?? '', Buffer.concat(chunks).toString()) ?? { status: 503, body: {} };
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const made = new FakeServer(`localhost:${(server.address() as AddressInfo).port}`, server);
    fake.current = made;
    return made;
  }

  get name(): string {
    return this.identity.serverName;
  }

  user(localpart: string): string {
    return `@${localpart}:${this.name}`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  answer(path: string, text: string): { status: number; body: JsonValue } {
    if (path === '/_federation/key') return { status: 200, body: this.keyDocument?.() ?? this.identity.keyDocument(Date.now()) };
    const body = text === '' ? null : (JSON.parse(text) as JsonValue);
    this.received.push({ path, body });
    if (path === '/_federation/admission') {
      const { room_id } = body as { room_id: string };
      return {
        status: 200,
        body: { root: this.identity.root.key_id, keys: [...this.identity.keys], proof: this.identity.proofFor(room_id) },
      };
    }
    return this.handle(path, body);
  }

  /** A signed request to a host. `tamper` may change the header fields and the body after signing. */
  async request(
    host: { readonly name: string },
    method: 'GET' | 'POST',
    path: string,
    body?: JsonValue | Uint8Array,
    tamper: {
      headers?: Record<string, string | undefined>;
      body?: Uint8Array;
      url?: string;
      destination?: string;
      nonce?: Uint8Array;
      now?: number;
    } = {},
  ): Promise<Answer> {
    const bytes = body === undefined ? undefined : body instanceof Uint8Array ? body : new TextEncoder().encode(canonicalJson(body));
    const url = new URL(path, `http://${host.name}`);
    this.#nonce += 1;
    const nonce = tamper.nonce ?? Uint8Array.from(Buffer.from(`nonce ${this.#nonce}`.padEnd(16)));
    const by = { origin: this.name, signer: this.identity.daily, now: tamper.now ?? Date.now(), nonce };
    const signed = { ...signRequest({ method, url, body: bytes }, tamper.destination ?? host.name, by), ...tamper.headers };
    const headers = Object.fromEntries(Object.entries(signed).filter((entry): entry is [string, string] => entry[1] !== undefined));
    const sent = tamper.body ?? bytes;
    const response = await fetch(tamper.url === undefined ? url : new URL(tamper.url, url), {
      method,
      headers,
      ...(sent === undefined ? {} : { body: Uint8Array.from(sent) }),
    });
    const raw = new Uint8Array(await response.arrayBuffer());
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, body: isJson ? JSON.parse(Buffer.from(raw).toString()) : {}, headers: response.headers, bytes: raw };
  }

  /** One transaction; the outcomes by event ID. */
  async send(
    host: { readonly name: string },
    txn: string,
    pdus: readonly JsonValue[],
  ): Promise<Answer & { readonly results: Record<string, { readonly outcome: string; readonly rule?: string }> }> {
    const answer = await this.request(host, 'POST', `/_federation/send/${txn}`, { origin: this.name, pdus, edus: [] });
    return { ...answer, results: (answer.body['results'] ?? {}) as never };
  }

  /** Joins a public room by the book, and keeps it in memory. */
  async join(host: { readonly name: string }, roomId: string, user: string): Promise<RoomEvent> {
    const { root, keys } = this.identity;
    const knock = await this.request(host, 'POST', '/_federation/join_request', {
      room_id: roomId,
      user_id: user,
      root: root.key_id,
      keys: [...keys],
      proof: this.identity.proofFor(roomId),
    });
    if (knock.status !== 200) throw new Error(JSON.stringify(knock.body));
    await this.takeIn(host, roomId);
    const { event } = await this.make(roomId, {
      type: 'm.room.member',
      sender: user,
      state_key: user,
      content: { membership: 'join', root: root.key_id },
    });
    const { results } = await this.send(host, `join-${this.#nonce}`, [event.pdu]);
    if (results[event.event_id]?.outcome !== 'accepted') throw new Error(JSON.stringify(results));
    return event;
  }

  /** Takes in everything that a host has of a room. */
  async takeIn(host: { readonly name: string }, roomId: string): Promise<number> {
    let count = 0;
    for (let after: string | null = null; ; ) {
      const query = new URLSearchParams({ room_id: roomId, ...(after === null ? {} : { after }) });
      const { status, body } = await this.request(host, 'GET', `/_federation/log?${query}`);
      if (status !== 200) throw new Error(JSON.stringify(body));
      for (const pdu of body['events'] as JsonObject[]) {
        await this.runner.receive(roomId, pdu, { from: null, version: 'org.openguild.1' });
        count += 1;
      }
      if (typeof body['next'] !== 'string') return count;
      after = body['next'];
    }
  }

  /** The next event of a room by the rules; throws if they refuse it. */
  async make(roomId: string, draft: EventDraft): Promise<{ event: RoomEvent }> {
    const made = await this.runner.create(roomId, draft, [this.identity.daily]);
    if (made.outcome.kind === 'refused') throw new Error(`${made.outcome.fault.rule}: ${made.outcome.fault.detail}`);
    return { event: made.event as RoomEvent };
  }

  async message(channel: string, user: string, body: string): Promise<RoomEvent> {
    return (await this.make(channel, { type: 'm.room.message', sender: user, content: { body } })).event;
  }
}
