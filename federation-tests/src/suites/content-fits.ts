import { base58encode, blake3, canonicalJson, type JsonObject, utf8Encode } from '@openguild/core';

/** EV-15 of an event as it stands; `checkCopy` would not tell: what is whole once redaction took an addition away is whole to it. */
export function contentFits(event: JsonObject): boolean {
  const { unsigned: _unsigned, signatures: _signatures, hashes, ...hashed } = event;
  return (hashes as JsonObject)['blake3'] === base58encode(blake3(utf8Encode(canonicalJson(hashed))));
}
