/**
 * What redaction keeps of one type's `content`: everything, or the listed members. A member is kept whole; of a pair `[member, inner]` where the
 * member is an object, only `inner` within it.
 */
export type KeptContent = 'all' | readonly (string | readonly [member: string, inner: string])[];

/** For each event type what redaction keeps of its `content`; a type that is not listed keeps nothing (RED-2, MXB-14). */
export type RedactionTable = ReadonlyMap<string, KeptContent>;

/** Everything that an auth rule reads survives, and what says how rooms belong together; names, texts and looks do not. */
export const NATIVE_REDACTION: RedactionTable = new Map<string, readonly string[]>([
  ['m.guild.create', ['room_version', 'root', 'keys', 'owner_key', 'predecessor']],
  ['m.channel.create', ['room_version', 'guild', 'kind']],
  ['m.room.create', ['room_version', 'root', 'keys', 'owner_key', 'predecessor']],
  ['m.room.member', ['membership', 'root', 'stay', 'ban', 'join_authorised_via']],
  ['m.room.join_rules', ['join_rule']],
  [
    'm.room.power_levels',
    ['users', 'events', 'users_default', 'events_default', 'state_default', 'admit', 'ban', 'kick', 'invite', 'redact'],
  ],
  ['m.guild.authority', ['roles']],
  ['m.guild.member_roles', ['stay', 'roles', 'key']],
  ['m.guild.channel', ['kind', 'deleted']],
  ['m.guild.successor', ['guild']],
  ['m.channel.overwrites', ['overwrites']],
  ['m.server.admission', ['root', 'keys', 'rank', 'proof']],
  ['m.server.keys', ['keys']],
  ['m.room.redaction', ['redacts']],
]);
