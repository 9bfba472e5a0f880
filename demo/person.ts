import type { HostProcess } from './host-process.ts';

const REQUEST_LIMIT_MS = 20_000;

/** An answer that is no success. */
export class Refused extends Error {
  readonly request: string;
  readonly status: number;
  readonly body: string;

  constructor(request: string, status: number, body: string) {
    super(`${request} was answered ${status}: ${body}`);
    this.name = 'Refused';
    this.request = request;
    this.status = status;
    this.body = body;
  }
}

/** Somebody with an account on one host. Everything they do is a request of the client API that `curl` could make as well. */
export class Person {
  readonly name: string;
  readonly host: HostProcess;
  readonly id: string;
  readonly #token: string;
  #transactions = 0;

  private constructor(name: string, host: HostProcess, id: string, token: string) {
    this.name = name;
    this.host = host;
    this.id = id;
    this.#token = token;
  }

  static async register(name: string, host: HostProcess): Promise<Person> {
    const body = { username: name.toLowerCase(), password: `${name}'s demo password` };
    const made = (await request(host, 'POST', '/client/v1/register', undefined, body)) as { user_id: string; access_token: string };
    return new Person(name, host, made.user_id, made.access_token);
  }

  async get<T>(path: string): Promise<T> {
    return (await request(this.host, 'GET', `/client/v1${path}`, this.#token)) as T;
  }

  async post<T>(path: string, body: unknown): Promise<T> {
    return (await request(this.host, 'POST', `/client/v1${path}`, this.#token, body)) as T;
  }

  async put<T>(path: string, body: unknown): Promise<T> {
    return (await request(this.host, 'PUT', `/client/v1${path}`, this.#token, body)) as T;
  }

  async patch<T>(path: string, body: unknown): Promise<T> {
    return (await request(this.host, 'PATCH', `/client/v1${path}`, this.#token, body)) as T;
  }

  /** Writes into a channel; the event's ID. */
  async write(channel: string, text: string): Promise<string> {
    this.#transactions += 1;
    const sent = await this.post<{ event_id: string }>(`/rooms/${encodeURIComponent(channel)}/send`, {
      content: { body: text },
      txn_id: `demo-${this.#transactions}`,
    });
    return sent.event_id;
  }
}

async function request(host: HostProcess, method: string, path: string, token?: string, body?: unknown): Promise<unknown> {
  const answer = await fetch(host.url + path, {
    method,
    headers: {
      ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(REQUEST_LIMIT_MS),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Refused(`${method} ${host.label}${path}`, answer.status, text);
  return (answer.headers.get('content-type') ?? '').includes('json') ? (JSON.parse(text) as unknown) : text;
}
