import { fail, isServerName, ok, publicKeyOf, type Fault, type Result, type SignatureCheck } from '@openguild/core';
import { isSignatureError, verifySignature, type FieldOccurrence } from 'http-message-sig';
import { isInnerList, parseDictionary, type InnerList } from 'structured-headers';
import { matchesContentDigest } from './content-digest.ts';
import type { NonceCache } from './nonce-cache.ts';
import {
  COVERED,
  COVERED_WITH_BODY,
  HEADER_DESTINATION,
  HEADER_ORIGIN,
  MAX_LIFETIME_SECONDS,
  MAX_SKEW_SECONDS,
  NONCE,
  PARAMETERS,
  SIGNATURE_ALGORITHM,
  SIGNATURE_LABEL,
  SIGNATURE_TAG,
} from './request-signature.ts';

/** A request as it came in, before anything of it was parsed. */
export interface IncomingRequest {
  readonly method: string;
  /** The request target of the first line: path and query, as sent. */
  readonly url: string;
  /** Names and values in turn, as sent, repetitions included. */
  readonly rawHeaders: readonly string[];
  /** Empty: no body. */
  readonly body: Uint8Array;
}

export interface RequestVerifier {
  readonly serverName: string;
  /** Milliseconds since 1970. */
  now(): number;
  /** The keys that a server publishes, or the fault that kept us from them. Called with a key ID that must be among them. */
  keysOf(server: string, keyId: string): Promise<Result<readonly string[]>>;
  verify(checks: readonly SignatureCheck[]): Promise<readonly boolean[]>;
  readonly nonces: NonceCache;
}

interface Parameters {
  readonly created: number;
  readonly expires: number;
  readonly nonce: string;
  readonly keyid: string;
}

/**
 * Which server sent this request? Every check has its rule, cheap ones come first, nothing is fetched before the request is well-formed,
 * and the nonce is taken last, so that a forger cannot use up another's.
 */
export async function verifyRequest(request: IncomingRequest, verifier: RequestVerifier): Promise<Result<{ readonly origin: string }>> {
  const headers = singleHeaders(request);
  if (!headers.ok) return headers;
  const { origin, destination, host, signatureInput } = headers.value;
  // FED-11: the origin is a server name, and not our own: nobody else speaks for us.
  if (!isServerName(origin) || origin === verifier.serverName)
    return fail('FED-11', `origin ${JSON.stringify(origin)} is not another server's name`);
  // FED-12: a request for another server is not ours to answer.
  if (destination !== verifier.serverName) return fail('FED-12', `the request is for ${JSON.stringify(destination)}`);
  const digest = checkDigest(request, headers.value.contentDigest);
  if (digest !== null) return digest;
  const member = readInput(signatureInput);
  if (member === undefined) return fail('FED-14', `Signature-Input has no readable member "${SIGNATURE_LABEL}"`);
  const covered = checkCovered(member, request.body.length > 0);
  if (covered !== null) return covered;
  const parameters = readParameters(member);
  if (!parameters.ok) return parameters;
  const seconds = Math.floor(verifier.now() / 1000);
  const time = checkTime(parameters.value, seconds);
  if (time !== null) return time;
  const publicKey = publicKeyOf(parameters.value.keyid);
  if (publicKey === undefined) return fail('FED-18', 'keyid is not a key ID');
  const keys = await verifier.keysOf(origin, parameters.value.keyid);
  if (!keys.ok) return keys;
  // FED-18: the key must be one that the origin publishes.
  if (!keys.value.includes(parameters.value.keyid)) return fail('FED-18', `${origin} does not publish the key ${parameters.value.keyid}`);
  const fields = signedFields(request, member);
  const signature = await checkSignature(request, host, fields, publicKey, seconds, verifier);
  if (signature !== null) return signature;
  return takeNonce(origin, parameters.value, seconds, verifier.nonces);
}

interface SingleHeaders {
  readonly origin: string;
  readonly destination: string;
  readonly host: string;
  readonly signatureInput: string;
  readonly contentDigest: string | undefined;
}

/** FED-10: each field that the signature depends on occurs exactly once; a second one could be read differently by another layer. */
function singleHeaders(request: IncomingRequest): Result<SingleHeaders> {
  const seen = new Map<string, string[]>();
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase();
    const values = seen.get(name) ?? [];
    values.push(request.rawHeaders[i + 1] ?? '');
    seen.set(name, values);
  }
  for (const name of [HEADER_ORIGIN, HEADER_DESTINATION, 'host', 'signature', 'signature-input']) {
    const count = seen.get(name)?.length ?? 0;
    if (count !== 1) return fail('FED-10', `header ${name} occurs ${count} times, not once`);
  }
  if ((seen.get('content-digest')?.length ?? 0) > 1) return fail('FED-10', 'header content-digest occurs more than once');
  const one = (name: string): string => seen.get(name)?.[0] ?? '';
  return ok({
    origin: one(HEADER_ORIGIN),
    destination: one(HEADER_DESTINATION),
    host: one('host'),
    signatureInput: one('signature-input'),
    contentDigest: seen.get('content-digest')?.[0],
  });
}

/** FED-13: a request with a body has a Content-Digest, and it is that of the bytes that came. */
function checkDigest(request: IncomingRequest, field: string | undefined): ({ readonly ok: false } & Fault) | null {
  if (request.body.length === 0 && field === undefined) return null;
  if (field === undefined) return fail('FED-13', 'a body without Content-Digest');
  return matchesContentDigest(field, request.body) ? null : fail('FED-13', 'Content-Digest is not the SHA-256 of the body');
}

function readInput(field: string): InnerList | undefined {
  try {
    const member = parseDictionary(field).get(SIGNATURE_LABEL);
    return member !== undefined && isInnerList(member) ? member : undefined;
  } catch {
    return undefined;
  }
}

/** FED-15: all that routes or means something is covered. */
function checkCovered(member: InnerList, body: boolean): ({ readonly ok: false } & Fault) | null {
  const plain = new Set(member[0].filter(([, parameters]) => parameters.size === 0).map(([name]) => name));
  const missing = (body ? COVERED_WITH_BODY : COVERED).find((name) => !plain.has(name));
  return missing === undefined ? null : fail('FED-15', `the signature does not cover ${missing}`);
}

/** FED-16: all parameters are there and of their kind; the algorithm is Ed25519 and the tag ours. */
function readParameters(member: InnerList): Result<Parameters> {
  const get = (name: (typeof PARAMETERS)[number]): unknown => member[1].get(name);
  const [created, expires, nonce, keyid] = [get('created'), get('expires'), get('nonce'), get('keyid')];
  if (typeof created !== 'number' || !Number.isInteger(created)) return fail('FED-16', 'created is not an integer');
  if (typeof expires !== 'number' || !Number.isInteger(expires)) return fail('FED-16', 'expires is not an integer');
  if (typeof nonce !== 'string' || !NONCE.test(nonce)) return fail('FED-16', 'nonce is not 16 to 64 characters of base64url');
  if (typeof keyid !== 'string') return fail('FED-16', 'keyid is not a string');
  if (get('alg') !== SIGNATURE_ALGORITHM) return fail('FED-16', `alg is not ${SIGNATURE_ALGORITHM}`);
  if (get('tag') !== SIGNATURE_TAG) return fail('FED-16', `tag is not ${SIGNATURE_TAG}`);
  return ok({ created, expires, nonce, keyid });
}

/** FED-17: the signature lives at most 60 s and is alive now, give or take the skew of the clocks. */
function checkTime(parameters: Parameters, now: number): ({ readonly ok: false } & Fault) | null {
  const lifetime = parameters.expires - parameters.created;
  if (lifetime <= 0 || lifetime > MAX_LIFETIME_SECONDS) return fail('FED-17', `lives ${lifetime} s, not 1 to ${MAX_LIFETIME_SECONDS}`);
  if (parameters.created > now + MAX_SKEW_SECONDS) return fail('FED-17', 'created in the future');
  if (parameters.expires < now - MAX_SKEW_SECONDS) return fail('FED-17', 'expired');
  return null;
}

/** FED-19: the signature is right. The library parses both fields once more, strictly, and applies the same policy. */
async function checkSignature(
  request: IncomingRequest,
  host: string,
  fields: readonly FieldOccurrence[],
  publicKey: Uint8Array,
  now: number,
  verifier: RequestVerifier,
): Promise<({ readonly ok: false } & Fault) | null> {
  try {
    await verifySignature(
      // The scheme is not covered (a proxy may end TLS), so any will do here.
      { kind: 'request', method: request.method, targetUri: `http://${host}${request.url}`, fields },
      {
        label: SIGNATURE_LABEL,
        policy: {
          algorithms: [SIGNATURE_ALGORITHM],
          requiredComponents: request.body.length > 0 ? COVERED_WITH_BODY : COVERED,
          requiredParameters: PARAMETERS,
          clockSkew: MAX_SKEW_SECONDS,
          maxAge: MAX_LIFETIME_SECONDS + MAX_SKEW_SECONDS,
          now,
        },
        resolveVerifier: (candidate) => ({
          algorithm: SIGNATURE_ALGORITHM,
          verify: async (message, signature) => {
            if (signature.length !== 64) return false;
            const key_id = candidate.parameters.keyid ?? '';
            return (await verifier.verify([{ key_id, public_key: publicKey, message, signature }]))[0] === true;
          },
        }),
      },
    );
    return null;
  } catch (error) {
    if (!isSignatureError(error)) throw error;
    if (error.code === 'VerificationFailed') return fail('FED-19', 'the signature is wrong');
    if (error.code === 'ResolverFailed') throw error;
    // FED-14: the signature fields are well-formed structured fields (RFC 8941) with one signature under our label.
    return fail('FED-14', error.message);
  }
}

/** The fields that the signature covers, and its own; others (of a proxy, say) may hold anything. */
function signedFields(request: IncomingRequest, member: InnerList): FieldOccurrence[] {
  const names = new Set<unknown>(['signature', 'signature-input', ...member[0].map(([name]) => name)]);
  const fields: FieldOccurrence[] = [];
  for (let i = 0; i + 1 < request.rawHeaders.length; i += 2) {
    const name = (request.rawHeaders[i] ?? '').toLowerCase();
    if (names.has(name)) fields.push({ name, value: request.rawHeaders[i + 1] ?? '' });
  }
  return fields;
}

/** FED-20: each nonce of an origin counts once while a signature with it could still be alive. */
function takeNonce(origin: string, parameters: Parameters, now: number, nonces: NonceCache): Result<{ readonly origin: string }> {
  const used = nonces.use(origin, parameters.nonce, parameters.expires + MAX_SKEW_SECONDS, now);
  if (used === 'used') return fail('FED-20', 'this nonce was used before');
  if (used === 'full') return fail('FED-21', 'too many requests of this server within the life of their signatures');
  return ok({ origin });
}
