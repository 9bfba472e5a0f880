import type { RoomEvent, SignatureCheck } from '@openguild/core';
import type { ModelEvent } from './event.ts';
import { proofOf } from './signatures.ts';

/** An event as the model takes it. Bytes were read before; only the proof of an admission is looked at here, by the verifier that is given. */
export function modelEvent(event: RoomEvent, verify: (check: SignatureCheck) => boolean): ModelEvent {
  return {
    id: event.event_id,
    room: event.room_id,
    type: event.type,
    sender: event.sender,
    stateKey: event.state_key,
    content: event.content,
    prev: event.prev_events,
    auth: event.auth_events,
    guildHeads: event.guild_heads,
    ts: event.origin_ts,
    signedBy: event.signed_by,
    proofRight: event.type === 'm.server.admission' && proofRight(event, verify),
  };
}

function proofRight({ room_id, state_key = '', content }: RoomEvent, verify: (check: SignatureCheck) => boolean): boolean {
  const proof = proofOf(room_id, state_key, content);
  return proof !== undefined && verify(proof);
}
