import { expect } from 'chai';

/** Answers are read freely in tests: a wrong shape fails the assertion that reads it. */
// biome-ignore lint/suspicious/noExplicitAny: test code reads answers of many shapes
export type Json = any;

export interface TestAnswer {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

export const PASSWORD = 'correct horse battery';

/** A person with an access token, speaking HTTP. */
export class TestClient {
  readonly #url: () => string;
  token: string | undefined;
  userId = '';
  #txn = 0;

  constructor(url: () => string) {
    this.#url = url;
  }

  async register(name: string): Promise<void> {
    const { user_id, access_token } = await this.post('/client/v1/register', { username: name, password: PASSWORD }, 201);
    this.userId = user_id;
    this.token = access_token;
  }

  /** Any request; `body` is sent as JSON, or as it is if it is text or bytes. */
  async request(method: string, path: string, body?: unknown, headers: Record<string, string> = {}): Promise<TestAnswer> {
    const raw = typeof body === 'string' || body instanceof Uint8Array;
    const response = await fetch(this.#url() + path, {
      method,
      headers: { ...(this.token === undefined ? {} : { Authorization: `Bearer ${this.token}` }), ...headers },
      ...(body === undefined ? {} : { body: raw ? (body as string | Uint8Array<ArrayBuffer>) : JSON.stringify(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, body: isJson ? JSON.parse(text) : text, headers: response.headers };
  }

  async #expecting(status: number, method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.request(method, path, body);
    expect(answer.status, `${method} ${path}: ${JSON.stringify(answer.body)}`).to.equal(status);
    return answer.body;
  }

  get(path: string, status = 200): Promise<Json> {
    return this.#expecting(status, 'GET', path);
  }

  post(path: string, body: unknown, status = 200): Promise<Json> {
    return this.#expecting(status, 'POST', path, body);
  }

  put(path: string, body: unknown, status = 200): Promise<Json> {
    return this.#expecting(status, 'PUT', path, body);
  }

  patch(path: string, body: unknown, status = 200): Promise<Json> {
    return this.#expecting(status, 'PATCH', path, body);
  }

  delete(path: string, status = 200): Promise<Json> {
    return this.#expecting(status, 'DELETE', path);
  }

  // ---- what most tests do

  async guild(name = 'Guild'): Promise<string> {
    return (await this.post('/client/v1/guilds', { name }, 201)).guild_id;
  }

  async channel(guild: string, name = 'general', kind = 'text'): Promise<string> {
    return (await this.post(`/client/v1/guilds/${guild}/channels`, { name, kind }, 201)).channel_id;
  }

  async role(guild: string, rank: number, permissions: readonly string[], name = 'role'): Promise<string> {
    return (await this.post(`/client/v1/guilds/${guild}/roles`, { name, rank, permissions }, 201)).role_id;
  }

  grant(guild: string, user: string, roles: readonly string[], status = 200): Promise<Json> {
    return this.put(`/client/v1/guilds/${guild}/members/${user}/roles`, { roles }, status);
  }

  async invite(guild: string, other: TestClient): Promise<void> {
    await this.post('/client/v1/invite', { room_id: guild, user_id: other.userId });
    await other.post('/client/v1/join', { room_id: guild });
  }

  send(room: string, text: string, status = 200): Promise<Json> {
    this.#txn += 1;
    return this.post(
      `/client/v1/rooms/${room}/send`,
      { content: { body: text }, txn_id: `t${this.#txn}-${text.slice(0, 20).replaceAll(/[^a-z0-9]/gi, '')}` },
      status,
    );
  }

  /** Bodies of messages in a channel, oldest first. */
  async texts(room: string): Promise<string[]> {
    const { events } = await this.get(`/client/v1/rooms/${room}/messages?limit=100`);
    const messages = (events as Json[]).filter((event) => event.type === 'm.room.message');
    return messages.map((event) => event.content.body ?? '(redacted)').toReversed();
  }

  /** The error of a request that must fail. */
  async fails(status: number, code: string, method: string, path: string, body?: unknown): Promise<Json> {
    const answer = await this.request(method, path, body);
    expect([answer.status, answer.body.error?.code], `${method} ${path}: ${JSON.stringify(answer.body)}`).to.deep.equal([status, code]);
    return answer.body.error;
  }
}
