import { base64decode } from '../crypto/base64.ts';
import { SIGNATURE_BYTES } from '../crypto/ed25519.ts';
import { publicKeyOf } from '../crypto/key-id.ts';
import { canonicalJson } from '../json/canonical.ts';
import { utf8Encode } from '../json/utf8.ts';
import type { RoomEvent, SignatureCheck } from './types.ts';

const ADMISSION_TYPE = 'm.server.admission';
const CONTEXT = 'openguild.admission\n';

/** SIG-6: what a server's root key signs to be admitted to a room with these first keys (key IDs). */
export function admissionMessage(roomId: string, server: string, root: string, keys: readonly string[]): Uint8Array {
  return utf8Encode(CONTEXT + canonicalJson({ keys, room_id: roomId, root, server }));
}

/** The check of an admission's `proof`, or undefined if the event is no admission or its proof cannot be right. */
export function proofCheck(event: RoomEvent): SignatureCheck | undefined {
  if (event.type !== ADMISSION_TYPE || event.state_key === undefined) return undefined;
  const { root, keys, proof } = event.content;
  if (typeof root !== 'string' || typeof proof !== 'string' || !Array.isArray(keys)) return undefined;
  if (!keys.every((key): key is string => typeof key === 'string')) return undefined;
  const publicKey = publicKeyOf(root);
  const signature = base64decode(proof);
  if (publicKey === undefined || signature?.length !== SIGNATURE_BYTES) return undefined;
  const message = admissionMessage(event.room_id, event.state_key, root, keys);
  return { key_id: root, public_key: publicKey, message, signature };
}
