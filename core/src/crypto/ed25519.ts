import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import type { SignatureCheck } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { PUBLIC_KEY_BYTES } from './key-id.ts';
import type { SignatureRule } from './signature-rule.ts';

/** Bytes of an Ed25519 signature: R, then S. */
export const SIGNATURE_BYTES = 64;
const { n: L, p: P } = Point.CURVE();

/** L, little-endian (RFC 8032 section 5.1). */
const ORDER = bytesOfHex('edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010');

/** The canonical encodings of the eight points whose order divides the cofactor. */
const SMALL_ORDER: readonly Uint8Array[] = [
  '0100000000000000000000000000000000000000000000000000000000000000',
  'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
  '0000000000000000000000000000000000000000000000000000000000000000',
  '0000000000000000000000000000000000000000000000000000000000000080',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05',
  '26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a',
  'c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa',
].map(bytesOfHex);

/**
 * Why a public key is not admitted (KEY-1 to KEY-4; by the rule for published keys KEY-1, KEY-2 and MXB-18), or null. Costs about a signature
 * check; remember the answer per key and rule.
 *
 * On keys that pass, every common native library computes the same verdicts, once the same is asked of R (SIG-4, MXB-18).
 */
export function keyFault(publicKey: Uint8Array, rule: SignatureRule = 'strict-cofactorless'): Fault | null {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return { rule: 'KEY-1', detail: `a public key of ${publicKey.length} bytes` };
  const point = decodeStrictly(publicKey);
  if ('rule' in point) return point;
  if (rule === 'published-keys') return point.isSmallOrder() ? { rule: 'MXB-18', detail: 'the public key is of small order' } : null;
  // KEY-3
  if (point.is0()) return { rule: 'KEY-3', detail: 'the public key is the identity' };
  // KEY-4: small and mixed order; whether h is a multiple of 8 would decide the verdict of cofactorless libraries.
  return point.isTorsionFree() ? null : { rule: 'KEY-4', detail: 'the public key has a torsion component' };
}

/** True if a public key may be used at all (KEY-1 to KEY-4). */
export function admissibleKey(publicKey: Uint8Array): boolean {
  return keyFault(publicKey) === null;
}

/** Says why a public key may not be used by a rule, or null: `keyFault`, or something that remembers its answers. */
export type KeyFaultOf = (publicKey: Uint8Array, rule: SignatureRule) => Fault | null;

/**
 * Why a signature is not valid (SIG-2 to SIG-5, KEY-1 to KEY-4; MXB-18 if the check says so), or null.
 *
 * `keyFaultOf` lets the caller remember which keys are admissible. Computed from points: the `verify` of the library beneath
 * is looser in both of its modes (it multiplies by the cofactor).
 */
export function signatureFault(check: SignatureCheck, keyFaultOf: KeyFaultOf = keyFault): Fault | null {
  const early = faultBeforeEquation(check, keyFaultOf);
  if (early !== null) return early;
  const { signature, message, public_key } = check;
  return equationHolds(public_key, message, signature) ? null : { rule: 'SIG-5', detail: 'the signature does not fit message and key' };
}

/** SIG-5: without the cofactor, and byte for byte, so an R that is encoded oddly or holds torsion never passes. For what has passed the rest. */
export function equationHolds(publicKey: Uint8Array, message: Uint8Array, signature: Uint8Array): boolean {
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  const h = littleEndian(sha512(concatenated([r, publicKey, message]))) % L;
  const found = Point.BASE.multiply(s, false).add(Point.fromBytes(publicKey).negate().multiply(h, false)).toBytes();
  return sameBytes(found, r);
}

/**
 * All that is asked of a signature but the equation SIG-5, or null. If it is null, the verdict of any cofactorless library (`node:crypto`,
 * libsodium, BoringSSL) on the signature is final: they differ in nothing else.
 */
export function faultBeforeEquation(check: SignatureCheck, keyFaultOf: KeyFaultOf = keyFault): Fault | null {
  const { signature, public_key, rule = 'strict-cofactorless' } = check;
  // SIG-2
  if (signature.length !== SIGNATURE_BYTES) return { rule: 'SIG-2', detail: `a signature of ${signature.length} bytes` };
  // SIG-3
  if (!isBelowOrder(signature)) return { rule: 'SIG-3', detail: 'S is not below the group order' };
  if (rule === 'published-keys') {
    if (SMALL_ORDER.some((point) => startsWith(signature, point))) return { rule: 'MXB-18', detail: 'R is of small order' };
  } else if (startsWith(signature, SMALL_ORDER[0] as Uint8Array)) {
    return { rule: 'SIG-4', detail: 'R is the identity' };
  }
  return keyFaultOf(public_key, rule);
}

/** True if a signature is valid by the rule that its check names. The portable path: any JavaScript, no platform cryptography; about 1 ms. */
export function verifyPortable(check: SignatureCheck, keyFaultOf?: KeyFaultOf): boolean {
  return signatureFault(check, keyFaultOf) === null;
}

function decodeStrictly(encoded: Uint8Array): Point | Fault {
  const y = littleEndian(encoded) & ((1n << 255n) - 1n);
  // KEY-1: RFC 8032 section 5.1.3 leaves no choice, but many libraries reduce y.
  if (y >= P) return { rule: 'KEY-1', detail: 'the public key is encoded with y not below p' };
  // KEY-1: x is 0 exactly where y is 1 or -1; its sign bit must be 0 then.
  if ((y === 1n || y === P - 1n) && (encoded[31] as number) >= 0x80)
    return { rule: 'KEY-1', detail: 'the public key has x = 0 with the sign bit set' };
  try {
    return Point.fromBytes(encoded);
  } catch {
    return { rule: 'KEY-2', detail: 'the public key is not a point of the curve' };
  }
}

/** SIG-3, of the second half of a signature. */
function isBelowOrder(signature: Uint8Array): boolean {
  for (let i = 31; i >= 0; i--) {
    const byte = signature[32 + i] as number;
    const bound = ORDER[i] as number;
    if (byte !== bound) return byte < bound;
  }
  return false;
}

function startsWith(bytes: Uint8Array, start: Uint8Array): boolean {
  for (let i = 0; i < start.length; i++) if (bytes[i] !== start[i]) return false;
  return true;
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && startsWith(a, b);
}

function bytesOfHex(hex: string): Uint8Array {
  return Uint8Array.from({ length: hex.length / 2 }, (_, i) => Number.parseInt(hex.slice(2 * i, 2 * i + 2), 16));
}

function littleEndian(bytes: Uint8Array): bigint {
  let value = 0n;
  for (let i = bytes.length - 1; i >= 0; i--) value = (value << 8n) | BigInt(bytes[i] as number);
  return value;
}

function concatenated(parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((length, part) => length + part.length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
