import { base64encode } from '../crypto/base64.ts';
import { canonicalJson } from '../json/canonical.ts';
import { utf8Encode } from '../json/utf8.ts';
import type { JsonObject } from '../json/value.ts';
import { isObject } from './check-shape.ts';
import type { Signer } from './types.ts';

/**
 * What is signed of an object that is no event: a key document, a request, a third-party invitation. Appendix "Signing JSON": "encoding the JSON object
 * without `signatures` or keys grouped as `unsigned`, using the canonical encoding". Throws a TypeError on what canonical JSON cannot hold (MXB-1).
 */
export function jsonSigningBytes(object: JsonObject): Uint8Array {
  const { signatures: _signatures, unsigned: _unsigned, ...signed } = object;
  return utf8Encode(canonicalJson(signed, 'code-points'));
}

/** The same object with one more signature, under this name (a server's, as a rule) and the signer's key ID. */
export function signJson(object: JsonObject, name: string, signer: Signer): JsonObject {
  const given = Object.hasOwn(object, 'signatures') && isObject(object['signatures']) ? object['signatures'] : {};
  const ofName = Object.hasOwn(given, name) && isObject(given[name]) ? given[name] : {};
  const signature = base64encode(signer.sign(jsonSigningBytes(object)));
  return { ...object, signatures: { ...given, [name]: { ...ofName, [signer.key_id]: signature } } };
}
