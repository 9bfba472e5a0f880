import { canonicalJson, readJson, type JsonObject, type JsonValue } from '@openguild/core';
import type { Platform } from '../platform/platform.ts';
import type { ServerIdentity } from '../services/server-keys.ts';
import { type FetchAnswer, type GuardedFetch, PeerUnreachableError } from './guarded-fetch.ts';
import { PEER_JSON_DEPTH } from './peer-body.ts';
import type { PeerDirectory } from './peer-directory.ts';
import { signRequest } from './sign-request.ts';

/** Another server understood the request and refused it. `code` and `rule` are its own words. */
export class PeerRefusedError extends Error {
  override readonly name = 'PeerRefusedError';
  readonly status: number;
  readonly code: string;
  readonly rule: string | undefined;

  constructor(server: string, status: number, code: string, rule: string | undefined, message: string) {
    super(`${server} refused: ${code}${rule === undefined ? '' : ` (${rule})`}: ${message}`);
    this.status = status;
    this.code = code;
    this.rule = rule;
  }
}

export interface PeerClientOptions {
  readonly identity: ServerIdentity;
  readonly directory: PeerDirectory;
  readonly fetch: GuardedFetch;
  readonly platform: Pick<Platform, 'now' | 'randomBytes' | 'setTimer'>;
  readonly timeoutMs: number;
  readonly maxBytes: number;
  /** Pause before the one repetition of a request that was refused by FED-5. */
  readonly keyRetryMs: number;
}

/**
 * Signed requests to other servers. Answers are bounded, strict JSON, and objects. FED-5: a server that could not get this one's keys, perhaps because this
 * one has only just started, tries again after a second; so it is asked once more by then.
 */
export class PeerClient {
  readonly #options: PeerClientOptions;

  constructor(options: PeerClientOptions) {
    this.#options = options;
  }

  /** Throws PeerRefusedError (an answer that says no) or PeerUnreachableError (no answer, or none that can be read). */
  get(server: string, path: string, query: Readonly<Record<string, string>> = {}): Promise<JsonObject> {
    return this.#request(server, 'GET', path, query, undefined);
  }

  post(server: string, path: string, body: JsonObject): Promise<JsonObject> {
    return this.#request(server, 'POST', path, {}, body);
  }

  /** A body of any kind, as a stream of at most `maxBytes`. Undefined: the server does not have it. */
  async stream(
    server: string,
    path: string,
    limits: { readonly maxBytes: number; readonly timeoutMs: number },
  ): Promise<{ headers: FetchAnswer['headers']; body: AsyncIterable<Uint8Array> } | undefined> {
    const { url, headers } = await this.#prepare(server, 'GET', path, {}, undefined);
    const answer = await this.#options.fetch.stream(url, { method: 'GET', headers, ...limits });
    if (answer.status === 200) return { headers: answer.headers, body: answer.body };
    const chunks: Uint8Array[] = [];
    let size = 0;
    for await (const chunk of answer.body) {
      chunks.push(chunk);
      size += chunk.length;
      if (size > MAX_ERROR_BYTES) break;
    }
    if (answer.status === 404) return undefined;
    throw refusal(server, answer.status, Buffer.concat(chunks));
  }

  async #request(
    server: string,
    method: 'GET' | 'POST',
    path: string,
    query: Readonly<Record<string, string>>,
    body: JsonObject | undefined,
  ): Promise<JsonObject> {
    const bytes = body === undefined ? undefined : new TextEncoder().encode(canonicalJson(body));
    try {
      return await this.#once(server, method, path, query, bytes);
    } catch (error) {
      if (!(error instanceof PeerRefusedError) || error.rule !== 'FED-5') throw error;
      const { promise, resolve } = Promise.withResolvers<void>();
      this.#options.platform.setTimer(this.#options.keyRetryMs, resolve);
      await promise;
      return this.#once(server, method, path, query, bytes);
    }
  }

  async #once(
    server: string,
    method: 'GET' | 'POST',
    path: string,
    query: Readonly<Record<string, string>>,
    bytes: Uint8Array | undefined,
  ): Promise<JsonObject> {
    const { url, headers } = await this.#prepare(server, method, path, query, bytes);
    const { timeoutMs, maxBytes } = this.#options;
    const answer = await this.#options.fetch.fetch(url, { method, headers, ...(bytes && { body: bytes }), timeoutMs, maxBytes });
    if (answer.status !== 200) throw refusal(server, answer.status, answer.body);
    const value = readObject(answer.body);
    if (value === undefined) throw new PeerUnreachableError(`${server} answered something else than one strict JSON object`);
    return value;
  }

  async #prepare(
    server: string,
    method: 'GET' | 'POST',
    path: string,
    query: Readonly<Record<string, string>>,
    body: Uint8Array | undefined,
  ): Promise<{ url: URL; headers: Record<string, string> }> {
    const { identity, directory, platform } = this.#options;
    const url = new URL(path, await directory.baseOf(server));
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
    const by = { origin: identity.serverName, signer: identity.daily, now: platform.now(), nonce: platform.randomBytes(16) };
    return { url, headers: { accept: 'application/json', ...signRequest({ method, url, body }, server, by) } };
  }
}

const MAX_ERROR_BYTES = 16_384;

/** An error as the API's table has it, or 5xx and other shapes: no answer that could be relied on. */
function refusal(server: string, status: number, body: Uint8Array): PeerRefusedError | PeerUnreachableError {
  const error = readObject(body)?.['error'];
  if (status >= 500 || !isObject(error)) return new PeerUnreachableError(`${server} answered ${status}`);
  const text = (value: JsonValue | undefined, most: number): string | undefined =>
    typeof value === 'string' ? value.slice(0, most) : undefined;
  return new PeerRefusedError(
    server,
    status,
    text(error['code'], 64) ?? 'UNKNOWN',
    text(error['rule'], 64),
    text(error['message'], 500) ?? '',
  );
}

function readObject(bytes: Uint8Array): JsonObject | undefined {
  const read = readJson(bytes, { maxBytes: Math.max(1, bytes.length), maxDepth: PEER_JSON_DEPTH });
  return read.ok && isObject(read.value) ? read.value : undefined;
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
