/**
 * Rule IDs of PROTOCOL.md, section AUTH, under the names that the code uses.
 *
 * The names are, with `-` for `_`, the labels of the project's reference model, whose histories the tests replay.
 */
export const RULES = {
  /** The state by which an event is judged begins with a create event. */
  CREATE_FIRST: 'AUTH-1.1',
  /** A room has one create event, and nothing comes before it. */
  CREATE_ONCE: 'AUTH-1.2',
  /** An `owner_key` that a create event fixes signs it. */
  OWNER_KEY: 'AUTH-1.3',
  /** The origin's key is listed for the sender's server. */
  KEY_LISTED: 'AUTH-1.4',
  /** The bare server sends merges and statements of its keys, a person everything else. */
  BARE_SERVER: 'AUTH-1.5',
  /** Each kind of room takes its own event types. */
  TYPE: 'AUTH-1.6',
  /** A channel's create event names the guild by which it is judged. */
  CHANNEL_GUILD: 'AUTH-1.7',

  /** What cites a rejected event is rejected. */
  CITES_REJECTED: 'AUTH-2.1',
  /** What cites a rejected guild event is rejected. */
  CITES_REJECTED_GUILD: 'AUTH-2.2',
  /** Only a create event has no prev events. */
  PREV: 'AUTH-2.3',
  /** A channel event names 1 to 10 guild heads. */
  GUILD_HEADS: 'AUTH-2.4',
  /** Guild heads never go back behind those of prev events. */
  FRONTIER: 'AUTH-2.5',
  /** `auth_events` is the selection from the state before the event. */
  AUTH_SELECTION: 'AUTH-2.6',
  /** Soft: a channel event cites guild events that this server does not follow yet. */
  AHEAD: 'AUTH-2.7',

  CREATE_SHAPE: 'AUTH-3.2',
  MEMBER_SHAPE: 'AUTH-3.3',
  JOIN_RULES_SHAPE: 'AUTH-3.4',
  ADMIT_SHAPE: 'AUTH-3.5',
  KEYS_SHAPE: 'AUTH-3.6',
  AUTHORITY_SHAPE: 'AUTH-3.7',
  GRANT_SHAPE: 'AUTH-3.8',
  OVERWRITES_SHAPE: 'AUTH-3.9',
  LISTING_SHAPE: 'AUTH-3.10',
  LEVELS_SHAPE: 'AUTH-3.11',
  /** State keys of types that have one value, or name a role. */
  STATE_KEY_SHAPE: 'AUTH-3.12',

  BIT_ADMIT_SERVERS: 'AUTH-5.1',
  RANK_SERVER: 'AUTH-5.2',
  ADMIT_PROOF: 'AUTH-5.3',
  ADMIT_KEYS: 'AUTH-5.4',
  KEYS_ROOT: 'AUTH-5.5',
  KEYS_ORDER: 'AUTH-5.6',

  LEAVE: 'AUTH-6.1',
  MEMBER_OTHER: 'AUTH-6.2',
  JOIN_ROOT: 'AUTH-6.3',
  BANNED: 'AUTH-6.4',
  JOIN_STAY: 'AUTH-6.5',
  JOIN_INVITE: 'AUTH-6.6',
  NOT_JOINED: 'AUTH-6.7',
  KICK_ABSENT: 'AUTH-6.8',
  BIT_KICK: 'AUTH-6.9',
  BIT_BAN: 'AUTH-6.10',
  RANK_TARGET: 'AUTH-6.11',
  UNBAN_NAMES: 'AUTH-6.12',
  BIT_INVITE: 'AUTH-6.13',
  INVITE_TARGET: 'AUTH-6.14',

  BIT_MANAGE_ROLES: 'AUTH-7.1',
  AUTHORITY_EVERYONE: 'AUTH-7.2',
  RANK_ROLE: 'AUTH-7.3',
  BITS_LACKED: 'AUTH-7.4',
  GRANT_STAY: 'AUTH-7.5',
  GRANT_OWN: 'AUTH-7.6',
  PERSON_KEY: 'AUTH-7.7',
  ROLE_UNKNOWN: 'AUTH-7.8',
  CHANNEL_LISTED: 'AUTH-7.9',
  OVERWRITES_ONE_MEMBER: 'AUTH-7.10',
  BIT_MANAGE_CHANNELS: 'AUTH-7.11',
  BIT_MANAGE_GUILD: 'AUTH-7.12',
  OWNER: 'AUTH-7.13',

  BIT_VIEW_CHANNEL: 'AUTH-8.1',
  BIT_CHANNEL: 'AUTH-8.2',

  LEVEL: 'AUTH-9.1',
  STATE_KEY: 'AUTH-9.2',
  LEVELS_CREATOR: 'AUTH-9.3',
  LEVELS_ABOVE: 'AUTH-9.4',
  LEVELS_EQUAL: 'AUTH-9.5',
} as const;
