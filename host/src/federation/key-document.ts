import {
  base64decode,
  canonicalJson,
  fail,
  ok,
  publicKeyOf,
  type JsonObject,
  type JsonValue,
  type Result,
  type SignatureCheck,
} from '@openguild/core';

/** FED-3: what a server publishes about its keys. */
export interface KeyDocument {
  readonly server_name: string;
  /** Key ID of the root. */
  readonly root: string;
  /** 1 to 4 different key IDs, most trusted first. */
  readonly keys: readonly string[];
  /** Milliseconds since 1970. */
  readonly valid_until_ts: number;
}

/** FED-3: a document that claims to be valid for longer counts for no longer than this. */
export const MAX_DOCUMENT_LIFETIME_MS = 7 * 24 * 3_600_000;

export const MAX_KEYS = 4;

/** What the root signs: a text that no event, request or admission can be. */
export function keyDocumentMessage(document: KeyDocument): Uint8Array {
  const { server_name, root, keys, valid_until_ts } = document;
  return new TextEncoder().encode(`openguild.keys\n${canonicalJson({ server_name, root, keys, valid_until_ts })}`);
}

/**
 * FED-3: reads the key document of `server`. It must speak of that server, hold 1 to 4 keys, not have expired at `now`, and be signed by the root it
 * names. Returned with the signature to check: who calls verifies it before believing a word.
 */
export function readKeyDocument(value: JsonValue, server: string, now: number): Result<{ document: KeyDocument; check: SignatureCheck }> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return fail('FED-3', 'a key document is an object');
  const { server_name, root, keys, valid_until_ts, signature } = value as JsonObject;
  if (server_name !== server) return fail('FED-3', `the document speaks of ${JSON.stringify(server_name ?? null)}, not of ${server}`);
  const publicKey = typeof root === 'string' ? publicKeyOf(root) : undefined;
  if (typeof root !== 'string' || publicKey === undefined) return fail('FED-3', 'root is not a key ID');
  if (!isKeyList(keys)) return fail('FED-3', `keys are not 1 to ${MAX_KEYS} different key IDs`);
  if (typeof valid_until_ts !== 'number' || valid_until_ts <= now) return fail('FED-3', 'the document has expired');
  const bytes = typeof signature === 'string' ? base64decode(signature) : undefined;
  if (bytes === undefined || bytes.length !== 64) return fail('FED-3', 'signature is not the base64 of 64 bytes');
  const document: KeyDocument = { server_name, root, keys, valid_until_ts };
  return ok({
    document: { ...document, valid_until_ts: Math.min(valid_until_ts, now + MAX_DOCUMENT_LIFETIME_MS) },
    check: { key_id: root, public_key: publicKey, message: keyDocumentMessage(document), signature: bytes },
  });
}

/** 1 to 4 different key IDs. */
export function isKeyList(value: JsonValue | undefined): value is readonly string[] {
  if (!Array.isArray(value) || value.length < 1 || value.length > MAX_KEYS) return false;
  return value.every((key) => typeof key === 'string' && publicKeyOf(key) !== undefined) && new Set(value).size === value.length;
}
