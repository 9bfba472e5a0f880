import { createPublicKey, verify } from 'node:crypto';
import { base58decode, type JsonObject, type SignatureCheck } from '@openguild/core';
import { canonical } from './copies.ts';

/** RFC 8032: the order of the base point. */
export const ORDER = 2n ** 252n + 27_742_317_777_372_353_535_851_937_790_883_648_493n;
/** RFC 8410: what precedes the 32 bytes of a key. */
const SPKI = Buffer.from('302a300506032b6570032100', 'hex');

/** SIG-2 to SIG-5 by the platform's Ed25519, of keys that are known to be admissible: the runs' own. */
export function isSigned({ public_key, message, signature }: SignatureCheck): boolean {
  if (signature.length !== 64 || littleEndian(signature.subarray(32)) >= ORDER) return false;
  if (signature[0] === 1 && signature.subarray(1, 32).every((byte) => byte === 0)) return false;
  const question = Buffer.concat([SPKI, public_key, signature, message]).toString('latin1');
  let answer = answers.get(question);
  if (answer === undefined) {
    const key = createPublicKey({ key: Buffer.concat([SPKI, public_key]), format: 'der', type: 'spki' });
    answer = verify(null, message, key, signature);
    if (answers.size >= MAX_ANSWERS) answers.clear();
    answers.set(question, answer);
  }
  return answer;
}

/** Key, signature and message -> verdict: every server has a copy of its own. */
const answers = new Map<string, boolean>();
const MAX_ANSWERS = 20_000;

/** SIG-6: what the root key of an admission signs, and with what; undefined where that cannot be said. */
export function proofOf(roomId: string, server: string, { root, keys, proof }: JsonObject): SignatureCheck | undefined {
  if (typeof root !== 'string' || typeof proof !== 'string' || !Array.isArray(keys)) return undefined;
  const public_key = base58decode(root.replace('ed25519:', ''));
  const signature = Buffer.from(proof, 'base64');
  if (public_key?.length !== 32 || signature.length !== 64 || signature.toString('base64').replace(/=+$/, '') !== proof) return undefined;
  const message = new TextEncoder().encode(`openguild.admission\n${canonical({ keys, room_id: roomId, root, server })}`);
  return { key_id: root, public_key, message, signature: new Uint8Array(signature) };
}

export function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
