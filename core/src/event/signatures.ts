import { base64decode } from '../crypto/base64.ts';
import { SIGNATURE_BYTES } from '../crypto/ed25519.ts';
import { publicKeyOf } from '../crypto/key-id.ts';
import { fail, ok, type Result } from '../fault.ts';
import { isServerName } from '../server-name.ts';
import { isUserId, serverOf } from '../identifiers.ts';
import type { JsonObject } from '../json/value.ts';
import { isObject } from './check-shape.ts';
import type { SignatureCheck } from './types.ts';

/** Signatures as an event carries them: server name or user ID, then key ID, then unpadded base64. */
export type SignatureTable = Record<string, Record<string, string>>;

/** What is left of a copy's signatures: one by each key of `signed_by`. */
export interface NeededSignatures {
  readonly table: SignatureTable;
  readonly checks: readonly SignatureCheck[];
}

/**
 * Finds exactly one signature by each key in `signed_by` and leaves all others out (EV-21), so that equal events make equal copies.
 *
 * EV-17: `signatures` is an object of objects. EV-18: each needed one is there once, the origin server's under the origin server, any
 * other under a server name or user ID. EV-19: it is the unpadded base64 of 64 bytes.
 * The name above a further signature is not under the event hash: copies may differ in it, so nothing may be concluded from it.
 */
export function neededSignatures(pdu: JsonObject, message: Uint8Array): Result<NeededSignatures> {
  const signers = pdu['signed_by'] as readonly string[];
  const given = pdu['signatures'];
  if (!isObject(given)) return fail('EV-17', 'signatures must be an object of objects');
  const names = Object.keys(given);
  if (!names.every((name) => isObject(given[name]))) return fail('EV-17', 'signatures must be an object of objects');
  const table: SignatureTable = {};
  const checks: SignatureCheck[] = [];
  for (const signer of signers) {
    const above = names.filter((name) => Object.hasOwn(given[name] as JsonObject, signer));
    const [name] = above;
    if (name === undefined || above.length > 1) return fail('EV-18', `${above.length} signatures by ${signer}`);
    if (signer === signers[0] ? name !== serverOf(pdu['sender'] as string) : !isServerName(name) && !isUserId(name)) {
      return fail('EV-18', `the signature by ${signer} stands under a wrong name`);
    }
    const text = (given[name] as JsonObject)[signer];
    const signature = typeof text === 'string' ? base64decode(text) : undefined;
    // SIG-2
    if (signature?.length !== SIGNATURE_BYTES)
      return fail('EV-19', `the signature by ${signer} is not the unpadded base64 of ${SIGNATURE_BYTES} bytes`);
    table[name] = { ...table[name], [signer]: text as string };
    checks.push({ key_id: signer, public_key: publicKeyOf(signer) as Uint8Array, message, signature });
  }
  return ok({ table: holdsOne(given) ? (given as SignatureTable) : table, checks });
}

/** Then it is the one that was needed. */
function holdsOne(given: JsonObject): boolean {
  const tables = Object.values(given);
  return tables.length === 1 && Object.keys(tables[0] as JsonObject).length === 1;
}
