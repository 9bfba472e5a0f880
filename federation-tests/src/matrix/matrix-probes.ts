import {
  authorizeByAuthEvents,
  authorizeMatrix,
  type MatrixAuthContext,
  type MatrixAuthFlags,
  type RoomEvent,
  roomVersion,
  type SignatureCheck,
  type StoredEvent,
} from '@openguild/core';
import { entryOf, type MatrixState } from './model/event.ts';

/** What is known where events are asked about that nobody sends. */
export interface Asked {
  readonly flags: MatrixAuthFlags;
  readonly verify: (check: SignatureCheck) => boolean;
  readonly stored: (eventId: string) => StoredEvent | undefined;
}

/** MX-0.1: the rule by which the engine would reject an event of a room, given the state before it; null: it would accept it. No room takes part. */
export function wouldReject(event: RoomEvent, before: MatrixState, { flags, verify, stored }: Asked): string | null {
  const create = flags.roomNamedBy === 'room-id' ? stored(`$${event.room_id.slice(1)}`) : undefined;
  const context: MatrixAuthContext = {
    create:
      create?.verdict === 'accepted' && create.event.type === 'm.room.create' && event.prev_events.length > 0 ? create.event : undefined,
    isAccepted: false,
    isKnownVersion: (version) => roomVersion(version) !== undefined,
    isSignedBy: () => true,
    isValid: verify,
  };
  const cited = event.auth_events.map((id) => {
    const { event: one, verdict } = stored(id) as StoredEvent;
    return { event: one, rejected: verdict === 'rejected' };
  });
  const at = (type: string, key: string): RoomEvent | undefined => stored(before.get(entryOf(type, key)) ?? '')?.event;
  const fault = authorizeByAuthEvents(event, cited, flags, context) ?? authorizeMatrix(event, at, flags, context);
  return fault?.rule ?? null;
}
