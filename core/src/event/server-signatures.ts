import { base64decodeLoosely } from '../crypto/base64.ts';
import { SIGNATURE_BYTES } from '../crypto/ed25519.ts';
import { isMatrixUserId } from '../auth-matrix/matrix-user-id.ts';
import { serverOf } from '../identifiers.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { isObject } from './check-shape.ts';
import type { ServerSignatureCheck, SignatureCheck } from './types.ts';

/** Signatures of one server that are looked at: a copy must not make a receiver ask for any number of keys (MXB-17). */
const MAX_OPTIONS = 8;
const ALGORITHM = 'ed25519:';

/**
 * MXB-17: the signatures that a copy must have. `pdu` is the form that is kept: what redaction takes away cannot excuse a signature.
 *
 * Server-server API, "Validating hashes and signatures on received events": "The `sender`'s server, unless the invite was created as a result of 3rd
 * party invite." And where joins can be restricted, of a join with `join_authorised_via_users_server`, the server of that user.
 */
export function serverSignatures(pdu: JsonObject, message: Uint8Array, version: RoomVersion): ServerSignatureCheck[] {
  const given = pdu['signatures'] as JsonObject;
  return requiredServers(pdu, version).map((server) => ({
    server,
    at_ts: pdu['origin_server_ts'] as number,
    enforce_validity: version.enforceKeyValidity,
    options: optionsOf(Object.hasOwn(given, server) ? given[server] : undefined),
    message,
  }));
}

function requiredServers(pdu: JsonObject, { authority }: RoomVersion): string[] {
  const server = serverOf(pdu['sender'] as string);
  const content = pdu['content'] as JsonObject;
  if (pdu['type'] !== 'm.room.member') return [server];
  if (own(content, 'membership') === 'invite') return Object.hasOwn(content, 'third_party_invite') ? [] : [server];
  if (authority === 'native' || !authority.restrictedJoins || own(content, 'membership') !== 'join') return [server];
  const authoriser = own(content, 'join_authorised_via_users_server');
  if (typeof authoriser !== 'string' || !isMatrixUserId(authoriser)) return [server];
  return [...new Set([server, serverOf(authoriser)])];
}

function own(object: JsonObject, name: string): JsonValue | undefined {
  return Object.hasOwn(object, name) ? object[name] : undefined;
}

function optionsOf(signatures: JsonValue | undefined): ServerSignatureCheck['options'] {
  if (!isObject(signatures)) return [];
  const options: { key_id: string; signature: Uint8Array }[] = [];
  let seen = 0;
  for (const keyId of Object.keys(signatures)) {
    if (!keyId.startsWith(ALGORITHM)) continue;
    if (++seen > MAX_OPTIONS) break;
    const text = signatures[keyId];
    const signature = typeof text === 'string' ? base64decodeLoosely(text) : undefined;
    if (signature?.length === SIGNATURE_BYTES) options.push({ key_id: keyId, signature });
  }
  return options;
}

/** A key that a server publishes or has published. */
export interface PublishedKey {
  /** 32 bytes. */
  readonly public_key: Uint8Array;
  /**
   * The last moment of which the key serves events, milliseconds since 1970; null: no end. Of a key in use the lesser of the document's
   * `valid_until_ts` and seven days after it was fetched; of an old one its `expired_ts`. Who fetched the document has worked this out.
   */
  readonly valid_until_ts: number | null;
}

/**
 * What is to be verified of a server's signature, given what it has published under each key ID (`PublishedKeys` reads key documents): the check holds if one
 * of these does (none: it does not).
 *
 * MXB-19: "servers MUST enforce the `valid_until_ts` property from a key request is at least as large as the `origin_server_ts` for the event
 * being validated."
 */
export function serverSignatureChecks(
  check: ServerSignatureCheck,
  keysOf: (server: string, keyId: string) => readonly PublishedKey[],
): SignatureCheck[] {
  return check.options.flatMap(({ key_id, signature }) => {
    const serving = keysOf(check.server, key_id).filter(
      ({ valid_until_ts: until }) => !check.enforce_validity || until === null || until >= check.at_ts,
    );
    return serving.map(({ public_key }) => ({ key_id, public_key, message: check.message, signature, rule: 'published-keys' as const }));
  });
}
