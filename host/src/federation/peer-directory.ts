import {
  fail,
  isServerName,
  ok,
  readJson,
  type Fault,
  type JsonObject,
  type JsonValue,
  type Result,
  type SignatureCheck,
} from '@openguild/core';
import type { Logger } from 'pino';
import { isLoopbackName } from './address-guard.ts';
import { type GuardedFetch, PeerUnreachableError } from './guarded-fetch.ts';
import { type KeyDocument, readKeyDocument } from './key-document.ts';
import type { FederationLimits } from './limits.ts';

export interface DirectoryOptions {
  readonly fetch: GuardedFetch;
  readonly now: () => number;
  readonly verify: (checks: readonly SignatureCheck[]) => Promise<readonly boolean[]>;
  /** Plain HTTP to loopback names. */
  readonly loopback: boolean;
  readonly limits: FederationLimits;
  /** How long a document is believed without asking again, milliseconds. */
  readonly documentMs: number;
  readonly logger: Logger;
}

interface Entry {
  readonly base: URL | undefined;
  readonly document: KeyDocument | undefined;
  readonly fault: Fault | undefined;
  readonly fetchedAt: number;
}

/**
 * Where other servers live, and which keys they publish. Everything is fetched from the server itself, kept for a while, and bounded: one fetch per
 * server at a time and (FED-4) at most one a minute, whoever asks; failures are remembered as well.
 */
export class PeerDirectory {
  readonly #options: DirectoryOptions;
  /** Least recently used first. */
  readonly #entries = new Map<string, Entry>();
  readonly #running = new Map<string, Promise<Entry>>();

  constructor(options: DirectoryOptions) {
    this.#options = options;
  }

  /** FED-2: the base URL of a server's federation API. Throws PeerUnreachableError. */
  async baseOf(server: string): Promise<URL> {
    const { now, documentMs } = this.#options;
    const entry = await this.#entry(server, ({ fetchedAt }) => fetchedAt + documentMs > now());
    if (entry.base === undefined) throw new PeerUnreachableError(`${server}: ${entry.fault?.detail ?? 'no base URL'}`);
    return entry.base;
  }

  /** FED-3: the key document of a server. A fault if there is none that can be believed. */
  async documentOf(server: string): Promise<Result<KeyDocument>> {
    const { now, documentMs } = this.#options;
    const fresh = ({ document, fetchedAt }: Entry): boolean =>
      document !== undefined && document.valid_until_ts > now() && fetchedAt + documentMs > now();
    const entry = await this.#entry(server, fresh);
    // A server that is unreachable for now keeps the keys it published, until they expire.
    if (entry.document !== undefined && entry.document.valid_until_ts > now()) return ok(entry.document);
    return fail('FED-5', entry.fault?.detail ?? `${server} has published no valid key document`);
  }

  /** FED-4: the published keys of a server. If `keyId` is not among those known, the document is fetched again, within the limits. */
  async keysOf(server: string, keyId: string): Promise<Result<readonly string[]>> {
    const known = await this.documentOf(server);
    if (!known.ok || known.value.keys.includes(keyId)) return known.ok ? ok(known.value.keys) : known;
    const entry = await this.#entry(server, ({ document }) => document?.keys.includes(keyId) === true);
    return entry.document === undefined ? fail('FED-5', `${server} has published no valid key document`) : ok(entry.document.keys);
  }

  /** What is known, if it is good enough or too young to be fetched again. */
  async #entry(server: string, enough: (entry: Entry) => boolean): Promise<Entry> {
    const { now, limits } = this.#options;
    if (!isServerName(server))
      return { base: undefined, document: undefined, fault: { rule: 'FED-2', detail: 'not a server name' }, fetchedAt: now() };
    const known = this.#entries.get(server);
    if (known !== undefined) {
      const usable = known.fault === undefined && enough(known);
      const pause = known.fault === undefined ? limits.document_refetch_ms : limits.document_failure_ms;
      if (usable || known.fetchedAt + pause > now()) {
        this.#keep(server, known);
        return known;
      }
    }
    return this.#running.get(server) ?? this.#run(server, known);
  }

  #run(server: string, known: Entry | undefined): Promise<Entry> {
    const { now, limits } = this.#options;
    if (this.#running.size >= limits.document_fetches) {
      const fault = { rule: 'FED-5', detail: 'too many key documents are being fetched' };
      return Promise.resolve(known ?? { base: undefined, document: undefined, fault, fetchedAt: now() });
    }
    const running = this.#fetchEntry(server, known)
      .then((entry) => {
        this.#keep(server, entry);
        return entry;
      })
      .finally(() => this.#running.delete(server));
    this.#running.set(server, running);
    return running;
  }

  async #fetchEntry(server: string, known: Entry | undefined): Promise<Entry> {
    const { now, logger } = this.#options;
    try {
      const base = await this.#discover(server);
      const document = await this.#fetchDocument(server, base);
      if (!document.ok) {
        logger.warn({ server, rule: document.rule, detail: document.detail }, 'key document refused');
        return { base, document: known?.document, fault: document, fetchedAt: now() };
      }
      if (known?.document !== undefined && known.document.root !== document.value.root) {
        logger.warn({ server, old: known.document.root, new: document.value.root }, 'server publishes another root than before');
      }
      return { base, document: document.value, fault: undefined, fetchedAt: now() };
    } catch (error) {
      if (!(error instanceof PeerUnreachableError)) throw error;
      logger.debug({ server, error: error.message }, 'server unreachable');
      return { base: known?.base, document: known?.document, fault: { rule: 'FED-5', detail: error.message }, fetchedAt: now() };
    }
  }

  /** FED-2: the server's own word on where its federation API is; without one (404) it is at the server's name itself. */
  async #discover(server: string): Promise<URL> {
    const hostname = new URL(`https://${server}`).hostname;
    const scheme = this.#options.loopback && isLoopbackName(hostname) ? 'http' : 'https';
    const origin = new URL(`${scheme}://${server}`);
    const answer = await this.#get(new URL('/.well-known/openguild', origin));
    if (answer === undefined) return origin;
    const { server_name, federation } = asObject(answer, server);
    if (server_name !== server) throw new PeerUnreachableError(`${server} says it is ${JSON.stringify(server_name ?? null)}`);
    if (typeof federation !== 'string' || !URL.canParse(federation)) throw new PeerUnreachableError(`${server} names no federation URL`);
    const base = new URL(federation);
    if (base.pathname !== '/' || base.search !== '' || base.hash !== '') {
      throw new PeerUnreachableError(`${server} names a federation URL with more than scheme, host and port`);
    }
    return base;
  }

  async #fetchDocument(server: string, base: URL): Promise<Result<KeyDocument>> {
    const { now, verify } = this.#options;
    const answer = await this.#get(new URL('/_federation/key', base));
    const read = readKeyDocument(answer ?? null, server, now());
    if (!read.ok) return read;
    const [valid] = await verify([read.value.check]);
    return valid === true ? ok(read.value.document) : fail('FED-3', 'the signature of the key document is wrong');
  }

  /** The JSON at a URL; undefined: 404. */
  async #get(url: URL): Promise<JsonValue | undefined> {
    const { fetch, limits } = this.#options;
    const answer = await fetch.fetch(url, {
      method: 'GET',
      headers: { accept: 'application/json' },
      timeoutMs: limits.document_timeout_ms,
      maxBytes: limits.document_bytes,
    });
    if (answer.status === 404) return undefined;
    if (answer.status !== 200) throw new PeerUnreachableError(`${url.href} answered ${answer.status}`);
    const json = readJson(answer.body);
    if (!json.ok) throw new PeerUnreachableError(`${url.href} is not strict JSON (${json.rule})`);
    return json.value;
  }

  #keep(server: string, entry: Entry): void {
    this.#entries.delete(server);
    this.#entries.set(server, entry);
    for (const [oldest] of this.#entries) {
      if (this.#entries.size <= this.#options.limits.peers) break;
      this.#entries.delete(oldest);
    }
  }
}

function asObject(value: JsonValue, server: string): JsonObject {
  if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as JsonObject;
  throw new PeerUnreachableError(`${server} answered something else than an object`);
}
