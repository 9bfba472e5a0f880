import type { ServerSignatureCheck, SignatureCheck } from '../event/types.ts';

/** A check is asked about by several parts of a program; its key is made once. */
const keys = new WeakMap<SignatureCheck, string>();

/**
 * What identifies a signature verdict: equal for two checks exactly if rule, key, signature and message are equal, byte for byte.
 * One code unit per byte. For maps in memory; not meant to be shown or stored.
 */
export function verdictKey(check: SignatureCheck): string {
  let key = keys.get(check);
  if (key === undefined) {
    key = `${check.rule ?? ''}:${latin1(check.public_key)}:${latin1(check.signature)}:${latin1(check.message)}`;
    keys.set(check, key);
  }
  return key;
}

/** Do two checks ask the same? As equality of their `verdictKey`s, and cheaper where they differ. */
export function sameCheck(a: SignatureCheck, b: SignatureCheck): boolean {
  return (
    a.rule === b.rule && sameBytes(a.signature, b.signature) && sameBytes(a.message, b.message) && sameBytes(a.public_key, b.public_key)
  );
}

/** The same of signatures whose keys are published. */
export function sameServerCheck(a: ServerSignatureCheck, b: ServerSignatureCheck): boolean {
  return (
    a.server === b.server &&
    a.at_ts === b.at_ts &&
    a.enforce_validity === b.enforce_validity &&
    a.options.length === b.options.length &&
    a.options.every(({ key_id, signature }, i) => key_id === b.options[i]?.key_id && sameBytes(signature, b.options[i].signature)) &&
    sameBytes(a.message, b.message)
  );
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
}

/** Messages that are signed are short: a domain and a hash, or one event. */
function latin1(bytes: Uint8Array): string {
  if (bytes.length <= 4_096) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4_096) text += latin1(bytes.subarray(at, at + 4_096));
  return text;
}
