import { base64decodeLoosely } from '../crypto/base64.ts';
import { SIGNATURE_BYTES } from '../crypto/ed25519.ts';
import { PUBLIC_KEY_BYTES } from '../crypto/key-id.ts';
import { fail, type Fault } from '../fault.ts';
import { jsonFault } from '../json/json-fault.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { isObject } from './check-shape.ts';
import { type PublishedKey, serverSignatureChecks } from './server-signatures.ts';
import { jsonSigningBytes } from './sign-json.ts';
import type { ServerSignatureCheck, SignatureCheck } from './types.ts';

const ALGORITHM = 'ed25519:';
/** "Servers MUST use the lesser of this field and 7 days into the future when determining if a key is valid." Milliseconds. */
const MAX_LIFETIME_MS = 7 * 24 * 3_600_000;
/** Signatures of the document by its server that are looked at. */
const MAX_SIGNATURES = 8;
/** Different keys under one key ID of one server (MXB-21): every one of them is tried on each signature. */
const MAX_KEYS_OF_ID = 8;

/**
 * The keys that servers of Matrix rooms publish, or have published, as their key documents say: `GET /_matrix/key/v2/server`, or a notary's answer.
 * Grows by `add` alone. Pure: who fetches documents says when that was.
 */
export class PublishedKeys {
  readonly #verify: (check: SignatureCheck) => boolean;
  /** Server -> key ID -> keys. More than one only if documents contradict each other. */
  readonly #servers = new Map<string, Map<string, PublishedKey[]>>();

  /** `verify`: whether one signature is valid by the rule that the check names, for example `portableVerifier()`. */
  constructor(verify: (check: SignatureCheck) => boolean) {
    this.#verify = verify;
  }

  /**
   * MXB-21. Takes in a server's key document, fetched at `fetchedTs` (milliseconds since 1970). Null, or why it does not count; then nothing changes. Entries that
   * are no Ed25519 keys are passed over.
   */
  add(document: JsonValue, fetchedTs: number): Fault | null {
    if (!isObject(document)) return fail('MXB-21', 'a key document is an object');
    const { server_name: server, valid_until_ts: until } = document;
    if (typeof server !== 'string') return fail('MXB-21', 'server_name must be a string');
    if (!isTime(until)) return fail('MXB-21', 'valid_until_ts must be an integer');
    const present = keysIn(document['verify_keys'], () => Math.min(until, fetchedTs + MAX_LIFETIME_MS));
    if (!this.#isSignedByItself(document, server, present)) return fail('MXB-21', `no right signature by one of its own verify_keys`);
    const old = keysIn(document['old_verify_keys'], (entry) => (isTime(entry['expired_ts']) ? entry['expired_ts'] : undefined));
    const all = [...present, ...old];
    if (all.some(([keyId, key]) => this.#isOneTooMany(server, keyId, key)))
      return fail('MXB-21', `more than ${MAX_KEYS_OF_ID} keys under one key ID`);
    for (const [keyId, key] of all) this.#put(server, keyId, key);
    return null;
  }

  /** Whether there is any document of a server. */
  has(server: string): boolean {
    return this.#servers.has(server);
  }

  /** What the server has published under this key ID. */
  keysOf(server: string, keyId: string): readonly PublishedKey[] {
    return this.#servers.get(server)?.get(keyId) ?? [];
  }

  /** MXB-17 to MXB-19: is one of these signatures right, by a key that serves events of that time? What a room's needs ask (`Needs.servers`). */
  isSigned(check: ServerSignatureCheck): boolean {
    return serverSignatureChecks(check, (server, keyId) => this.keysOf(server, keyId)).some((one) => this.#verify(one));
  }

  /** "Digital signatures for this object signed using the `verify_keys`." */
  #isSignedByItself(document: JsonObject, server: string, keys: readonly (readonly [string, PublishedKey])[]): boolean {
    const all = document['signatures'];
    const own = isObject(all) && Object.hasOwn(all, server) ? all[server] : undefined;
    if (!isObject(own) || jsonFault(document) !== null) return false;
    const message = jsonSigningBytes(document);
    return Object.entries(own)
      .slice(0, MAX_SIGNATURES)
      .some(([keyId, text]) => {
        const key = keys.find(([id]) => id === keyId)?.[1];
        const signature = bytesOf(text, SIGNATURE_BYTES);
        if (key === undefined || signature === undefined) return false;
        return this.#verify({ key_id: keyId, public_key: key.public_key, message, signature, rule: 'published-keys' });
      });
  }

  #isOneTooMany(server: string, keyId: string, key: PublishedKey): boolean {
    const known = this.keysOf(server, keyId);
    return known.length >= MAX_KEYS_OF_ID && !known.some((one) => isSameKey(one, key));
  }

  /** The same key in a later document serves as long as the one that says more allows. */
  #put(server: string, keyId: string, key: PublishedKey): void {
    const ofServer = this.#servers.get(server) ?? new Map<string, PublishedKey[]>();
    this.#servers.set(server, ofServer);
    const known = ofServer.get(keyId) ?? [];
    const same = known.findIndex((one) => isSameKey(one, key));
    if (same < 0) ofServer.set(keyId, [...known, key]);
    else if (isLonger(key, known[same] as PublishedKey)) ofServer.set(keyId, known.with(same, key));
  }
}

function isSameKey(a: PublishedKey, b: PublishedKey): boolean {
  return a.public_key.every((byte, i) => byte === b.public_key[i]);
}

function isLonger(a: PublishedKey, b: PublishedKey): boolean {
  return b.valid_until_ts !== null && (a.valid_until_ts === null || a.valid_until_ts > b.valid_until_ts);
}

/** Key IDs with their keys, each until when `until` says (undefined: the entry says nothing). */
function keysIn(entries: JsonValue | undefined, until: (entry: JsonObject) => number | undefined): [string, PublishedKey][] {
  if (entries === undefined || !isObject(entries)) return [];
  return Object.entries(entries).flatMap(([keyId, entry]): [string, PublishedKey][] => {
    if (!keyId.startsWith(ALGORITHM) || !isObject(entry)) return [];
    const [publicKey, last] = [bytesOf(entry['key'], PUBLIC_KEY_BYTES), until(entry)];
    return publicKey === undefined || last === undefined ? [] : [[keyId, { public_key: publicKey, valid_until_ts: last }]];
  });
}

function isTime(value: JsonValue | undefined): value is number {
  return Number.isSafeInteger(value);
}

/** Base64 as Matrix reads it (MXB-10), if it stands for so many bytes. */
function bytesOf(text: JsonValue | undefined, length: number): Uint8Array | undefined {
  const bytes = typeof text === 'string' ? base64decodeLoosely(text) : undefined;
  return bytes?.length === length ? bytes : undefined;
}
