import { base64decodeLoosely, type RoomEvent, type SignatureCheck } from '@openguild/core';
import type { MatrixEvent } from './event.ts';
import type { VerifySigned } from './third-party.ts';

/** An event as the model takes it. Bytes were read before. */
export function matrixEvent(event: RoomEvent, isSignedBy: MatrixEvent['isSignedBy']): MatrixEvent {
  return {
    id: event.event_id,
    room: event.room_id,
    namesRoom: Object.hasOwn(event.pdu, 'room_id'),
    type: event.type,
    sender: event.sender,
    stateKey: event.state_key,
    content: event.content,
    // As the event lists them, repetitions included.
    prev: event.pdu['prev_events'] as readonly string[],
    auth: event.auth_events,
    ts: event.origin_ts,
    isSignedBy,
  };
}

/** Signatures of third-party invitations by a verifier of bytes. */
export function verifySigned(verify: (check: SignatureCheck) => boolean): VerifySigned {
  return (key, message, signature) => {
    const [public_key, bytes] = [base64decodeLoosely(key), base64decodeLoosely(signature)];
    if (public_key?.length !== 32 || bytes?.length !== 64) return false;
    return verify({ key_id: '', public_key, message: new TextEncoder().encode(message), signature: bytes, rule: 'published-keys' });
  };
}
