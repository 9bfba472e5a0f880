import type { Dispatcher, Response } from 'undici';
import type { Platform } from '../platform/platform.ts';
import { type AddressPolicy, checkUrl, ForbiddenAddressError, guardedAgent } from './address-guard.ts';

/** Another server could not be reached, or did not answer as it must: nothing is known of what it made of the request. */
export class PeerUnreachableError extends Error {
  override readonly name = 'PeerUnreachableError';
}

/** The answer is larger than this host reads. */
export class AnswerTooLargeError extends PeerUnreachableError {}

export interface FetchOptions {
  readonly method: 'GET' | 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Uint8Array;
  /** For the whole exchange, answer included. */
  readonly timeoutMs: number;
  readonly maxBytes: number;
}

export interface FetchAnswer {
  readonly status: number;
  readonly headers: Response['headers'];
  readonly body: Uint8Array;
}

/**
 * The only way by which federation reaches out: to allowed addresses alone, no redirects, every answer bounded in bytes and time.
 */
export class GuardedFetch {
  readonly #platform: Pick<Platform, 'fetch' | 'setTimer'>;
  readonly #policy: AddressPolicy;
  readonly #agent: Dispatcher & { destroy(): Promise<void> };
  readonly #open = new Set<AbortController>();

  constructor(platform: Pick<Platform, 'fetch' | 'setTimer'>, policy: AddressPolicy, timeoutMs: number) {
    this.#platform = platform;
    this.#policy = policy;
    this.#agent = guardedAgent(policy, timeoutMs);
  }

  /** The whole answer, whatever its status. Throws PeerUnreachableError. */
  async fetch(url: URL, options: FetchOptions): Promise<FetchAnswer> {
    return this.#within(url, options.timeoutMs, async (signal) => {
      const response = await this.#send(url, options, signal);
      const chunks: Uint8Array[] = [];
      for await (const chunk of bounded(url, response, options.maxBytes)) chunks.push(chunk);
      return { status: response.status, headers: response.headers, body: Buffer.concat(chunks) };
    });
  }

  /** The answer as a stream. It ends with an error past `maxBytes`, or if the time runs out. */
  async stream(
    url: URL,
    options: FetchOptions,
  ): Promise<{ status: number; headers: Response['headers']; body: AsyncIterable<Uint8Array> }> {
    const { controller, cancel } = this.#deadline(options.timeoutMs);
    try {
      const response = await this.#send(url, options, controller.signal);
      return { status: response.status, headers: response.headers, body: ending(bounded(url, response, options.maxBytes), cancel) };
    } catch (error) {
      cancel();
      throw asUnreachable(url, error);
    }
  }

  /** Ends what is under way and every idle connection. */
  async close(): Promise<void> {
    for (const controller of this.#open) controller.abort();
    await this.#agent.destroy();
  }

  async #send(url: URL, options: FetchOptions, signal: AbortSignal): Promise<Response> {
    checkUrl(url, this.#policy);
    const response = await this.#platform.fetch(url, {
      method: options.method,
      headers: { ...options.headers, 'accept-encoding': 'identity' },
      ...(options.body === undefined ? {} : { body: options.body }),
      redirect: 'manual',
      dispatcher: this.#agent,
      signal,
    });
    // FED-6: a redirect could lead anywhere, signed header fields and all; discovery is how a server says where it lives.
    if (response.status >= 300 && response.status < 400) {
      await response.body?.cancel();
      throw new PeerUnreachableError(`${url.origin} answered with a redirect`);
    }
    // What is not compressed cannot explode.
    if (response.headers.has('content-encoding') && response.headers.get('content-encoding') !== 'identity') {
      await response.body?.cancel();
      throw new PeerUnreachableError(`${url.origin} answered with a content encoding that nobody asked for`);
    }
    return response;
  }

  async #within<T>(url: URL, ms: number, run: (signal: AbortSignal) => Promise<T>): Promise<T> {
    const { controller, cancel } = this.#deadline(ms);
    try {
      return await run(controller.signal);
    } catch (error) {
      throw asUnreachable(url, error);
    } finally {
      cancel();
    }
  }

  #deadline(ms: number): { controller: AbortController; cancel: () => void } {
    const controller = new AbortController();
    const cancelTimer = this.#platform.setTimer(ms, () => controller.abort());
    this.#open.add(controller);
    const cancel = (): void => {
      cancelTimer();
      this.#open.delete(controller);
    };
    return { controller, cancel };
  }
}

function asUnreachable(url: URL, error: unknown): Error {
  if (error instanceof PeerUnreachableError) return error;
  const cause = error instanceof Error && error.cause instanceof ForbiddenAddressError ? error.cause : error;
  const why = cause instanceof ForbiddenAddressError ? cause.message : 'did not answer';
  return new PeerUnreachableError(`${url.origin} ${why}`, { cause: error });
}

/** The body, chunk by chunk, cut off past the limit whatever Content-Length says. */
async function* bounded(url: URL, response: Response, maxBytes: number): AsyncGenerator<Uint8Array> {
  const claimed = Number(response.headers.get('content-length') ?? 0);
  if (claimed > maxBytes) {
    await response.body?.cancel();
    throw new AnswerTooLargeError(`${url.origin} announced ${claimed} bytes, more than ${maxBytes}`);
  }
  if (response.body === null) return;
  let size = 0;
  for await (const chunk of response.body as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBytes) throw new AnswerTooLargeError(`${url.origin} sent more than ${maxBytes} bytes`);
    yield chunk;
  }
}

async function* ending(body: AsyncIterable<Uint8Array>, done: () => void): AsyncGenerator<Uint8Array> {
  try {
    yield* body;
  } finally {
    done();
  }
}
