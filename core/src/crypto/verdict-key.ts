import type { SignatureCheck } from '../event/types.ts';

/**
 * What identifies a signature verdict: equal for two checks exactly if key, signature and message are equal, byte for byte.
 * One code unit per byte. For maps in memory; not meant to be shown or stored.
 */
export function verdictKey(check: SignatureCheck): string {
  return `${latin1(check.public_key)}:${latin1(check.signature)}:${latin1(check.message)}`;
}

function latin1(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += String.fromCharCode(byte);
  return text;
}
