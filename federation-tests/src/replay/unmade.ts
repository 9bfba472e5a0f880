import type { RoomEvent } from '@openguild/core';

/** What rules are asked about where there is no event: everything empty, to be filled with what they read. */
export const UNMADE: RoomEvent = {
  event_id: '',
  room_id: '',
  type: '',
  sender: '',
  origin_ts: 0,
  content: {},
  state_key: undefined,
  prev_events: [],
  auth_events: [],
  guild_heads: [],
  signed_by: [],
  pdu: {},
  redacted: false,
};
