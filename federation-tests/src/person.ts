/** Answers of the client API are read freely: a wrong shape fails where it is read. */
export type Json = any;

/** An answer other than the one a test counts on. */
export class UnexpectedAnswerError extends Error {
  override readonly name = 'UnexpectedAnswerError';
  readonly status: number;
  readonly body: Json;

  constructor(request: string, status: number, body: Json) {
    super(`${request} answered ${status} ${JSON.stringify(body)}`);
    this.status = status;
    this.body = body;
  }
}

/** Somebody with an account, who speaks the client API over HTTP. */
export class Person {
  readonly userId: string;
  readonly #url: string;
  readonly #token: string;
  #txn = 0;

  private constructor(url: string, userId: string, token: string) {
    this.#url = url;
    this.userId = userId;
    this.#token = token;
  }

  static async register(url: string, username: string): Promise<Person> {
    const response = await fetch(`${url}/client/v1/register`, {
      method: 'POST',
      body: JSON.stringify({ username, password: 'correct horse battery' }),
    });
    const body = (await response.json()) as Json;
    if (!response.ok) throw new UnexpectedAnswerError('register', response.status, body);
    return new Person(url, body.user_id, body.access_token);
  }

  /** Any request. Throws UnexpectedAnswerError unless the answer is 2xx. */
  async request(method: string, path: string, body?: unknown): Promise<Json> {
    const { status, json } = await this.#fetch(method, path, body);
    if (status < 200 || status > 299) throw new UnexpectedAnswerError(`${method} ${path}`, status, json);
    return json;
  }

  /** Status and error code of a request. */
  async attempt(
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; code: string | undefined; rule: string | undefined }> {
    const { status, json } = await this.#fetch(method, path, body);
    return { status, code: json?.error?.code, rule: json?.error?.rule };
  }

  async bytes(path: string): Promise<{ status: number; bytes: Uint8Array; headers: Headers }> {
    const response = await fetch(this.#url + path, { headers: { authorization: `Bearer ${this.#token}` } });
    return { status: response.status, bytes: new Uint8Array(await response.arrayBuffer()), headers: response.headers };
  }

  async upload(bytes: Uint8Array<ArrayBuffer>, fileName: string): Promise<string> {
    const response = await fetch(`${this.#url}/client/v1/media/upload?file_name=${encodeURIComponent(fileName)}`, {
      method: 'PUT',
      headers: { authorization: `Bearer ${this.#token}` },
      body: bytes,
    });
    const body = (await response.json()) as Json;
    if (!response.ok) throw new UnexpectedAnswerError('upload', response.status, body);
    return body.uri;
  }

  // ---- what people do

  async createGuild(name: string): Promise<string> {
    return (await this.request('POST', '/client/v1/guilds', { name })).guild_id;
  }

  async createChannel(guild: string, name: string): Promise<string> {
    return (await this.request('POST', `/client/v1/guilds/${guild}/channels`, { name, kind: 'text' })).channel_id;
  }

  async createRole(guild: string, name: string, rank: number, permissions: readonly string[]): Promise<string> {
    return (await this.request('POST', `/client/v1/guilds/${guild}/roles`, { name, rank, permissions })).role_id;
  }

  grant(guild: string, user: string, roles: readonly string[]): Promise<Json> {
    return this.request('PUT', `/client/v1/guilds/${guild}/members/${user}/roles`, { roles });
  }

  async createCode(guild: string, options: { max_uses?: number; expires_in_ms?: number } = {}): Promise<string> {
    return (await this.request('POST', `/client/v1/guilds/${guild}/invites`, options)).code;
  }

  invite(guild: string, user: string): Promise<Json> {
    return this.request('POST', '/client/v1/invite', { room_id: guild, user_id: user });
  }

  join(wish: { invite: string } | { room_id: string; via?: readonly string[] }): Promise<Json> {
    return this.request('POST', '/client/v1/join', wish);
  }

  async send(channel: string, body: string): Promise<string> {
    this.#txn += 1;
    return (await this.request('POST', `/client/v1/rooms/${channel}/send`, { content: { body }, txn_id: `t${this.#txn}` })).event_id;
  }

  /** Texts of the newest messages of a channel, oldest first. */
  async texts(channel: string, limit = 100): Promise<string[]> {
    const { events } = await this.request('GET', `/client/v1/rooms/${channel}/messages?limit=${limit}`);
    return (events as Json[])
      .filter((event) => event.type === 'm.room.message')
      .map((event) => event.content.body as string)
      .toReversed();
  }

  async stateHash(room: string): Promise<{ state_hash: string; heads: string[] }> {
    return this.request('GET', `/client/v1/rooms/${room}/state_hash`);
  }

  guild(guild: string): Promise<Json> {
    return this.request('GET', `/client/v1/guilds/${guild}`);
  }

  async #fetch(method: string, path: string, body: unknown): Promise<{ status: number; json: Json }> {
    const response = await fetch(this.#url + path, {
      method,
      headers: { authorization: `Bearer ${this.#token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await response.text();
    return { status: response.status, json: text === '' ? undefined : JSON.parse(text) };
  }
}
