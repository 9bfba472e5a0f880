import type { RoomSnapshot, StoredEvent } from '@openguild/core';
import { InconsistentCommitError } from './errors.ts';
import type { RoomCommit } from './ports.ts';

/** What every adapter refuses before it looks at what it has stored. */
export function checkCommit({ room, effects, client_txn }: RoomCommit): void {
  const { stored, enters_history } = effects;
  const { event } = stored;
  refuseIf(effects.room_id !== room.room_id || event.room_id !== room.room_id, 'the event belongs to another room');
  refuseIf((room.kind === 'channel') !== (room.guild_id !== null), 'a channel, and only a channel, has a guild');
  refuseIf(stored.verdict === 'rejected' && (stored.soft_failed || enters_history.length > 0), 'a rejected event enters no history');
  refuseIf(stored.soft_failed && enters_history.includes(event.event_id), 'a soft-failed event enters no history');
  refuseIf(enters_history.length > 1 && new Set(enters_history).size !== enters_history.length, 'an event enters the history twice');
  refuseIf(client_txn !== undefined && !enters_history.includes(event.event_id), 'a client transaction makes an event of the history');
}

/** What never changes about a room. */
export function checkSameRoom(known: RoomSnapshot, room: RoomSnapshot): void {
  const same = known.room_version === room.room_version && known.kind === room.kind && known.guild_id === room.guild_id;
  refuseIf(!same, `version, kind and guild of ${room.room_id} never change`);
}

/** An event is replaced by itself: what follows from its past never changes, since other states are built on it. */
export function checkSameJudgement(known: StoredEvent, next: StoredEvent): void {
  refuseIf(judgement(known) !== judgement(next), `the judgement of ${next.event.event_id} by its past never changes`);
}

function judgement({ verdict, rank, depth, void_delta, state_base, state_delta }: StoredEvent): string {
  return JSON.stringify([verdict, rank, depth, void_delta, state_base, state_delta]);
}

export function refuseIf(wrong: boolean, why: string): void {
  if (wrong) throw new InconsistentCommitError(why);
}
