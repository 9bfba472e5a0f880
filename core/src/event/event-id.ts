import { base58decode, base58encode } from '../crypto/base58.ts';
import { pooledBytes } from '../crypto/pooled-bytes.ts';
import { base64encode, base64urlEncode } from '../crypto/base64.ts';
import { utf8Encode } from '../json/utf8.ts';
import type { RoomVersion } from '../version/version-record.ts';
import type { RoomEvent } from './types.ts';

const ENCODERS: Record<RoomVersion['eventId'], (hash: Uint8Array) => string> = {
  base58: base58encode,
  base64: base64encode,
  base64url: base64urlEncode,
};

/** EV-16, MXB-15: the ID that an event hash stands for. */
export function eventIdOf(eventHash: Uint8Array, { eventId }: Pick<RoomVersion, 'eventId'>): string {
  return `$${ENCODERS[eventId](eventHash)}`;
}

/** Put before the event hash, so that the same key can sign requests and tokens without confusion. */
const CONTEXT = utf8Encode('openguild.event\n');

/** SIG-1: what every key in `signed_by` signs: the context, then the 32 bytes of the event hash. */
export function signedBytes(eventHash: Uint8Array): Uint8Array {
  const message = pooledBytes(CONTEXT.length + eventHash.length);
  message.set(CONTEXT);
  message.set(eventHash, CONTEXT.length);
  return message;
}

/** SIG-1 for an event of the native format whose ID is known. */
export function eventMessage(event: RoomEvent): Uint8Array {
  const hash = base58decode(event.event_id.slice(1));
  if (hash === undefined) throw new TypeError(`${event.event_id} is no event ID`);
  return signedBytes(hash);
}
