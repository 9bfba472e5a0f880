import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import type { SignatureCheck } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { PUBLIC_KEY_BYTES } from './key-id.ts';

/** Bytes of an Ed25519 signature: R, then S. */
export const SIGNATURE_BYTES = 64;
const { n: L, p: P } = Point.CURVE();

/**
 * Why a public key is not admitted (KEY-1 to KEY-4), or null. Costs about a signature check; remember the answer per key.
 *
 * On keys that pass, every common native library computes the same verdicts, once R = identity is out as well (SIG-4).
 */
export function keyFault(publicKey: Uint8Array): Fault | null {
  if (publicKey.length !== PUBLIC_KEY_BYTES) return { rule: 'KEY-1', detail: `a public key of ${publicKey.length} bytes` };
  const point = decodeStrictly(publicKey);
  if ('rule' in point) return point;
  // KEY-3
  if (point.is0()) return { rule: 'KEY-3', detail: 'the public key is the identity' };
  // KEY-4: small and mixed order; whether h is a multiple of 8 would decide the verdict of cofactorless libraries.
  return point.isTorsionFree() ? null : { rule: 'KEY-4', detail: 'the public key has a torsion component' };
}

/** True if a public key may be used at all (KEY-1 to KEY-4). */
export function admissibleKey(publicKey: Uint8Array): boolean {
  return keyFault(publicKey) === null;
}

/**
 * Why a signature is not valid (SIG-2 to SIG-5, KEY-1 to KEY-4), or null.
 *
 * `keyFaultOf` lets the caller remember which keys are admissible. Computed from points: the `verify` of the library beneath
 * is looser in both of its modes (it multiplies by the cofactor).
 */
export function signatureFault(check: SignatureCheck, keyFaultOf: (publicKey: Uint8Array) => Fault | null = keyFault): Fault | null {
  const { signature, message, public_key } = check;
  // SIG-2
  if (signature.length !== SIGNATURE_BYTES) return { rule: 'SIG-2', detail: `a signature of ${signature.length} bytes` };
  const r = signature.subarray(0, 32);
  const s = littleEndian(signature.subarray(32));
  // SIG-3
  if (s >= L) return { rule: 'SIG-3', detail: 'S is not below the group order' };
  // SIG-4
  if (r[0] === 1 && r.subarray(1).every((byte) => byte === 0)) return { rule: 'SIG-4', detail: 'R is the identity' };
  const bad = keyFaultOf(public_key);
  if (bad !== null) return bad;
  const h = littleEndian(sha512(concatenated([r, public_key, message]))) % L;
  const found = Point.BASE.multiply(s, false).add(Point.fromBytes(public_key).negate().multiply(h, false)).toBytes();
  // SIG-5: without the cofactor, and byte for byte, so an R that is encoded oddly or holds torsion never passes.
  return found.every((byte, i) => byte === r[i]) ? null : { rule: 'SIG-5', detail: 'the signature does not fit message and key' };
}

/** True if a signature is valid by the native rule. The portable path: any JavaScript, no platform cryptography; about 1 ms. */
export function verifyPortable(check: SignatureCheck, keyFaultOf?: (publicKey: Uint8Array) => Fault | null): boolean {
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
