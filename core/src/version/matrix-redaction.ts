import type { KeptContent, RedactionTable } from './redaction-table.ts';

/** Versions 3 to 10, "Redactions": "the server must strip off any keys not in the following list". `unsigned` is not in it. */
export const KEPT_MEMBERS_V3: ReadonlySet<string> = new Set([
  'event_id',
  'type',
  'room_id',
  'sender',
  'state_key',
  'content',
  'hashes',
  'signatures',
  'depth',
  'prev_events',
  'prev_state',
  'auth_events',
  'origin',
  'origin_server_ts',
  'membership',
]);

/** Version 11, "Redactions": "The top-level `origin`, `membership`, and `prev_state` properties are no longer protected from redaction." */
export const KEPT_MEMBERS_V11: ReadonlySet<string> = new Set(
  [...KEPT_MEMBERS_V3].filter((name) => !['origin', 'membership', 'prev_state'].includes(name)),
);

const POWER_LEVELS = ['ban', 'events', 'events_default', 'kick', 'redact', 'state_default', 'users', 'users_default'];

/** Versions 3 to 5, "Redactions": "The content object must also be stripped of all keys, unless it is one of the following event types". */
export const REDACTION_V3: RedactionTable = new Map<string, KeptContent>([
  ['m.room.member', ['membership']],
  ['m.room.create', ['creator']],
  ['m.room.join_rules', ['join_rule']],
  ['m.room.power_levels', POWER_LEVELS],
  ['m.room.aliases', ['aliases']],
  ['m.room.history_visibility', ['history_visibility']],
]);

/** Version 6, "Redactions": "All significant meaning for `m.room.aliases` has been removed from the redaction algorithm." */
export const REDACTION_V6: RedactionTable = new Map([...REDACTION_V3].filter(([type]) => type !== 'm.room.aliases'));

/** Version 8, "Redactions": "`m.room.join_rules` events now keep `allow` in addition to other keys in `content` when being redacted." */
export const REDACTION_V8: RedactionTable = new Map<string, KeptContent>([...REDACTION_V6, ['m.room.join_rules', ['join_rule', 'allow']]]);

/**
 * Version 9, "Redactions": "`m.room.member` events now keep `join_authorised_via_users_server` in addition to other keys in `content` when being
 * redacted."
 */
export const REDACTION_V9: RedactionTable = new Map<string, KeptContent>([
  ...REDACTION_V8,
  ['m.room.member', ['membership', 'join_authorised_via_users_server']],
]);

/**
 * Version 11, "Redactions": "The `m.room.create` event now keeps the entire `content` property. The `m.room.redaction` event keeps the `redacts`
 * property under `content`. The `m.room.power_levels` event keeps the `invite` property under `content`." And of `m.room.member`: "Additionally,
 * it allows the `signed` key of the `third_party_invite` key."
 */
export const REDACTION_V11: RedactionTable = new Map<string, KeptContent>([
  ...REDACTION_V9,
  ['m.room.create', 'all'],
  ['m.room.redaction', ['redacts']],
  ['m.room.power_levels', [...POWER_LEVELS, 'invite']],
  ['m.room.member', ['membership', 'join_authorised_via_users_server', ['third_party_invite', 'signed']]],
]);
