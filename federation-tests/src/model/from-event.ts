import { checkCopy, type RoomEvent, roomVersion, type SignatureCheck } from '@openguild/core';
import type { ModelEvent } from './event.ts';

/** An event as the model takes it. Bytes are read by core; only the proof of an admission is looked at here, by the verifier that is given. */
export function modelEvent(event: RoomEvent, version: string, verify: (check: SignatureCheck) => boolean): ModelEvent {
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
    proofRight: event.type === 'm.server.admission' && proofRight(event, version, verify),
  };
}

function proofRight(event: RoomEvent, versionId: string, verify: (check: SignatureCheck) => boolean): boolean {
  const version = roomVersion(versionId);
  const copy = version === undefined ? undefined : checkCopy(event.pdu, version);
  return copy?.ok === true && copy.value.proof !== undefined && verify(copy.value.proof);
}
