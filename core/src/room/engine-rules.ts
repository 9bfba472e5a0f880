/** Rules of receipt (PROTOCOL.md, "Receiving an event"). A copy that breaks one is dropped; its ID stays wanted. */
export const ENGINE_RULES = {
  /** ENG-1: a room begins with a create event of a known kind. */
  CREATE_FIRST: 'ENG-1',
  /** ENG-2: the create event names the room version by which it is read. */
  VERSION: 'ENG-2',
  /** ENG-3: a channel's create event names the guild it is received in. */
  CHANNEL_GUILD: 'ENG-3',
  /** ENG-4: an event belongs to the room that its `room_id` names (a create event: that its own hash gives). */
  ROOM: 'ENG-4',
  /** ENG-5: every key in `signed_by` is admissible and its signature is right. */
  SIGNATURE: 'ENG-5',
  /** ENG-6: an event that is known is not judged again. */
  KNOWN: 'ENG-6',
  /** ENG-14: soft: a fifth unmerged branch of one origin. */
  BRANCHES: 'ENG-14',
} as const;
