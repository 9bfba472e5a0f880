import type { JsonObject, JsonValue } from '@openguild/core';
import { byCodePoints, isObject, own } from './event.ts';

/** Is it a right signature (MXB-18) of this text by this key? Keys and signatures as base64, as they stand in events. */
export type VerifySigned = (key: string, message: string, signature: string) => boolean;

/** Of each, the first count (MX-5.4.1.7). */
const MOST = 8;

/** MX-5.4.1.7: one of the invitation's keys signed it, under whatever server's name. */
export function isVouchedFor(signed: JsonObject, invitation: JsonObject, verify: VerifySigned): boolean {
  const listed = own(invitation, 'public_keys');
  const keys = [
    own(invitation, 'public_key'),
    ...(Array.isArray(listed) ? listed : []).map((one) => (isObject(one) ? own(one, 'public_key') : undefined)),
  ].filter((key) => typeof key === 'string');
  const message = signedText(signed);
  const signatures = own(signed, 'signatures');
  const all = (isObject(signatures) ? Object.values(signatures) : [])
    .flatMap((ofServer) => (isObject(ofServer) ? Object.entries(ofServer) : []))
    .flatMap(([keyId, signature]) => (keyId.startsWith('ed25519:') && typeof signature === 'string' ? [signature] : []));
  return all.slice(0, MOST).some((signature) => keys.slice(0, MOST).some((key) => verify(key, message, signature)));
}

/** What is signed of it. */
export function signedText(signed: JsonObject): string {
  return canonical(Object.fromEntries(Object.entries(signed).filter(([name]) => name !== 'signatures' && name !== 'unsigned')));
}

/** Appendix "Canonical JSON". */
function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort(byCodePoints);
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as JsonValue)}`).join()}}`;
}
