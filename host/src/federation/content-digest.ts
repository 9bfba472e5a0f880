import { createHash, timingSafeEqual } from 'node:crypto';
import { isInnerList, parseDictionary, serializeDictionary } from 'structured-headers';

/** The value of Content-Digest (RFC 9530) for a body: `sha-256=:<base64>:`. */
export function contentDigest(body: Uint8Array): string {
  return serializeDictionary(new Map([['sha-256', [sha256(body), new Map()]]]));
}

/**
 * FED-13: does this Content-Digest hold the SHA-256 of exactly these bytes? Other algorithms beside it are not looked at;
 * a field that does not parse, or has no `sha-256`, does not match.
 */
export function matchesContentDigest(field: string, body: Uint8Array): boolean {
  let dictionary: ReturnType<typeof parseDictionary>;
  try {
    dictionary = parseDictionary(field);
  } catch {
    return false;
  }
  const member = dictionary.get('sha-256');
  if (member === undefined || isInnerList(member) || !(member[0] instanceof ArrayBuffer)) return false;
  const claimed = new Uint8Array(member[0]);
  const actual = new Uint8Array(sha256(body));
  return claimed.length === actual.length && timingSafeEqual(claimed, actual);
}

function sha256(body: Uint8Array): ArrayBuffer {
  return Uint8Array.from(createHash('sha256').update(body).digest()).buffer;
}
