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

/** The same of a signature whose keys are published. */
export function serverVerdictKey(check: ServerSignatureCheck): string {
  const options = check.options.map(({ key_id, signature }) => `${key_id.length}:${key_id}${latin1(signature)}`);
  return `${check.server} ${check.at_ts} ${check.enforce_validity} ${options.length}:${options.join('')}:${latin1(check.message)}`;
}

/** Messages that are signed are short: a domain and a hash, or one event. */
function latin1(bytes: Uint8Array): string {
  if (bytes.length <= 4_096) return String.fromCharCode.apply(null, bytes as unknown as number[]);
  let text = '';
  for (let at = 0; at < bytes.length; at += 4_096) text += latin1(bytes.subarray(at, at + 4_096));
  return text;
}
