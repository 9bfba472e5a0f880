import { isObject } from '../auth/field-reader.ts';
import { base64decodeLoosely } from '../crypto/base64.ts';
import { SIGNATURE_BYTES } from '../crypto/ed25519.ts';
import { PUBLIC_KEY_BYTES } from '../crypto/key-id.ts';
import type { RoomEvent, SignatureCheck } from '../event/types.ts';
import { canonicalJson } from '../json/canonical.ts';
import { jsonFault } from '../json/json-fault.ts';
import { utf8Encode } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import { signedOf } from './auth-types.ts';

/** More than any identity server sends; a signature check costs as much as an event. */
const MAX_KEYS = 8;
const MAX_SIGNATURES = 8;

/**
 * MX-5.4.1.7, by the rule of MXB-18: every check of which one must hold for `invite` to be authorised by the third-party invitation `invitation`. Pure data,
 * so the caller may do them beforehand, elsewhere, and answer `MatrixAuthContext.isValid` from memory. Empty where none can hold.
 */
export function thirdPartyInviteChecks(invite: RoomEvent, invitation: RoomEvent): SignatureCheck[] {
  const signed = signedOf(invite);
  if (signed === undefined) return [];
  const { signatures, unsigned: _dropped, ...message } = signed;
  const found = signatures === undefined ? [] : signaturesIn(signatures);
  const keys = publicKeysOf(invitation.content);
  if (found.length === 0 || keys.length === 0 || jsonFault(message) !== null) return [];
  const bytes = utf8Encode(canonicalJson(message, 'code-points'));
  return keys.flatMap((key) =>
    found.map(({ keyId, signature }) => ({ key_id: keyId, public_key: key, message: bytes, signature, rule: 'published-keys' as const })),
  );
}

/** "A single public key in the `public_key` property. A list of public keys in the `public_keys` property." */
function publicKeysOf(content: JsonObject): Uint8Array[] {
  const texts: (JsonValue | undefined)[] = [content['public_key']];
  const list = content['public_keys'];
  if (Array.isArray(list)) {
    for (const entry of list as readonly JsonValue[]) if (isObject(entry)) texts.push(entry['public_key']);
  }
  return texts.flatMap((text) => bytesOf(text, PUBLIC_KEY_BYTES)).slice(0, MAX_KEYS);
}

/** By whichever server: the key is the invitation's, not the server's. */
function signaturesIn(signatures: JsonValue): { keyId: string; signature: Uint8Array }[] {
  if (!isObject(signatures)) return [];
  return Object.values(signatures)
    .filter(isObject)
    .flatMap((ofServer) => Object.entries(ofServer))
    .filter(([keyId]) => keyId.startsWith('ed25519:'))
    .flatMap(([keyId, text]) => bytesOf(text, SIGNATURE_BYTES).map((signature) => ({ keyId, signature })))
    .slice(0, MAX_SIGNATURES);
}

/** Base64 as Matrix reads it (MXB-10). None, or one of the right length. */
function bytesOf(text: JsonValue | undefined, length: number): Uint8Array[] {
  if (typeof text !== 'string') return [];
  const bytes = base64decodeLoosely(text);
  return bytes?.length === length ? [bytes] : [];
}
