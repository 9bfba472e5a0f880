import { type JsonObject, PublishedKeys, type ServerSignatureCheck, type SignatureCheck, type UnverifiedCopy } from '@openguild/core';
import { KEY_DOCUMENTS, type KeyDocument } from '../key-documents.ts';
import type { Sql } from '../sql/driver.ts';
import { verifyNowWithNode, verifyWithNode } from '../verify-node.ts';

type Say = (eventId: string, detail: string) => void;

/** The signatures of events: by the keys that native events name, and by those that servers of Matrix rooms have published, as far as the store has their documents. */
export class SignatureChecker {
  readonly #published: PublishedKeys;
  readonly #unknown = new Set<string>();
  #native: { readonly eventId: string; readonly check: SignatureCheck }[] = [];
  #servers: { readonly eventId: string; readonly check: ServerSignatureCheck }[] = [];
  /** Signatures that were looked at. */
  verified = 0;
  /** Signatures of servers of which the store has no key document. */
  unverifiable = 0;

  private constructor(published: PublishedKeys) {
    this.#published = published;
  }

  /** `say`: of key documents that do not count. */
  static async load(sql: Sql, say: (detail: string) => void): Promise<SignatureChecker> {
    const published = new PublishedKeys(verifyNowWithNode);
    const rows = await sql.all<{ key: string; value: string }>(
      'SELECT key, value FROM key_values WHERE space = ? ORDER BY key',
      KEY_DOCUMENTS,
    );
    for (const { key, value } of rows) {
      const { document, fetched_ts } = read(value);
      const fault = document === undefined ? { rule: 'MXB-21', detail: 'it cannot be read' } : published.add(document, fetched_ts ?? 0);
      if (fault !== null) say(`the key document ${key}: ${fault.rule}: ${fault.detail}`);
    }
    return new SignatureChecker(published);
  }

  /** Servers of which the store has no key document, sorted. */
  get unknownServers(): readonly string[] {
    return [...this.#unknown].sort((a, b) => (a < b ? -1 : 1));
  }

  add(eventId: string, { signatures, servers }: UnverifiedCopy): void {
    for (const check of signatures) this.#native.push({ eventId, check });
    for (const check of servers) {
      if (this.#published.has(check.server)) this.#servers.push({ eventId, check });
      else {
        this.unverifiable++;
        this.#unknown.add(check.server);
      }
    }
  }

  /** Of all that was added since the last time. */
  async verify(say: Say): Promise<void> {
    const [native, servers] = [this.#native, this.#servers];
    [this.#native, this.#servers] = [[], []];
    const valid = await verifyWithNode(native.map(({ check }) => check));
    native.forEach(({ eventId, check }, index) => {
      if (valid[index] !== true) say(eventId, `the signature of ${check.key_id} is wrong`);
    });
    for (const { eventId, check } of servers)
      if (!this.#published.isSigned(check)) say(eventId, `no signature of ${check.server} is right, by the keys that it published`);
    this.verified += native.length + servers.length;
  }
}

function read(value: string): Partial<KeyDocument> {
  try {
    const found = JSON.parse(value) as { document?: JsonObject; fetched_ts?: unknown } | null;
    return typeof found?.fetched_ts === 'number' && found.document !== undefined
      ? { document: found.document, fetched_ts: found.fetched_ts }
      : {};
  } catch {
    return {};
  }
}
