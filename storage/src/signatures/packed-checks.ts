import type { SignatureCheck } from '@openguild/core';

/** Lengths of key, signature and message, and the rule. */
const HEADER_BYTES = 16;
const RULES = [undefined, 'strict-cofactorless', 'published-keys'] as const;

/** Checks as one block of bytes, which passes to another thread without being copied. */
export function packChecks(checks: readonly SignatureCheck[]): Uint8Array<ArrayBuffer> {
  const size = checks.reduce((sum, one) => sum + HEADER_BYTES + one.public_key.length + one.signature.length + one.message.length, 0);
  const bytes = new Uint8Array(size);
  const view = new DataView(bytes.buffer);
  let at = 0;
  for (const { public_key, signature, message, rule } of checks) {
    const parts = [public_key, signature, message];
    for (const [i, part] of parts.entries()) view.setUint32(at + 4 * i, part.length);
    view.setUint32(at + 12, RULES.indexOf(rule));
    at += HEADER_BYTES;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
  }
  return bytes;
}

/** The checks that were packed, but for their key IDs, which no verdict depends on. */
export function unpackChecks(bytes: Uint8Array<ArrayBuffer>): SignatureCheck[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const checks: SignatureCheck[] = [];
  for (let at = 0; at < bytes.length; ) {
    const [key, signature, message] = [view.getUint32(at), view.getUint32(at + 4), view.getUint32(at + 8)];
    const rule = RULES[view.getUint32(at + 12)];
    const start = at + HEADER_BYTES;
    at = start + key + signature + message;
    checks.push({
      key_id: '',
      public_key: bytes.subarray(start, start + key),
      signature: bytes.subarray(start + key, start + key + signature),
      message: bytes.subarray(start + key + signature, at),
      ...(rule === undefined ? {} : { rule }),
    });
  }
  return checks;
}
