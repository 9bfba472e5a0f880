import {
  base58encode,
  buildEvent,
  type JsonObject,
  type JsonValue,
  NATIVE_VERSION,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
  signerFromSeed,
} from '@openguild/core';
import fc from 'fast-check';
import { anyText, anyTree, valueOf } from './arbitrary-json-text.ts';

export const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const ROOM = `!${base58encode(new Uint8Array(32).fill(99))}:a.example`;
const SIGNERS = [1, 2].map((n) => signerFromSeed(new Uint8Array(32).fill(n)));

const TYPES = [
  'm.guild.create',
  'm.channel.create',
  'm.room.create',
  'm.room.member',
  'm.room.join_rules',
  'm.room.power_levels',
  'm.guild.authority',
  'm.guild.member_roles',
  'm.guild.channel',
  'm.guild.successor',
  'm.channel.overwrites',
  'm.server.admission',
  'm.server.keys',
  'm.room.redaction',
  'm.room.message',
  'org.example.custom',
] as const;
/** Members that redaction keeps in some type, and others of nearly the same name. */
const MEMBERS = [
  'room_version',
  'root',
  'keys',
  'owner_key',
  'predecessor',
  'guild',
  'kind',
  'membership',
  'stay',
  'ban',
  'join_authorised_via',
  'join_rule',
  'users',
  'events',
  'users_default',
  'events_default',
  'state_default',
  'admit',
  'kick',
  'invite',
  'redact',
  'roles',
  'key',
  'deleted',
  'overwrites',
  'rank',
  'proof',
  'redacts',
  'body',
  'allow',
  'notifications',
  'creator',
  'reason',
  'name',
  'Membership',
  '__proto__',
] as const;

const eventIds = (minLength: number, maxLength: number): fc.Arbitrary<string[]> =>
  fc
    .uniqueArray(fc.nat({ max: 200 }), { minLength, maxLength })
    .map((numbers) => numbers.map((n) => `$${base58encode(new Uint8Array(32).fill(n))}`));

const anyContent: fc.Arbitrary<JsonObject> = fc
  .uniqueArray(
    fc.tuple(fc.oneof({ weight: 4, arbitrary: fc.constantFrom(...MEMBERS) }, { weight: 1, arbitrary: anyText }), anyTree.map(valueOf)),
    {
      selector: ([key]) => key,
      maxLength: 6,
    },
  )
  .map((pairs) => Object.fromEntries(pairs));

/** Signed events of all types that redaction knows, and of others, with any content: what is under the ID, whether or not the auth rules would take it. */
export const anyEvent: fc.Arbitrary<RoomEvent> = fc
  .record({
    type: fc.constantFrom(...TYPES),
    state_key: fc.constantFrom(undefined, '', '@alice:a.example', '\u{1f602}'),
    content: anyContent,
    origin_ts: fc.maxSafeNat(),
    prev_events: eventIds(1, 5),
    cites: eventIds(1, 5),
    in_channel: fc.boolean(),
    twice: fc.boolean(),
  })
  .map(({ type, state_key, content, origin_ts, prev_events, cites, in_channel, twice }) => {
    const creates = type.endsWith('.create');
    const channel = type === 'm.channel.create' || (!creates && in_channel);
    const fields = {
      type,
      sender: '@alice:a.example',
      origin_ts,
      // Without it there is no create event of the version (EV-7).
      content: creates ? { ...content, room_version: VERSION.id } : content,
      prev_events: creates ? [] : prev_events,
      ...(channel ? { guild_heads: cites } : { auth_events: creates ? [] : cites }),
      ...(creates ? { state_key: '' } : { room_id: ROOM, ...(state_key === undefined ? {} : { state_key }) }),
    };
    return buildEvent(fields, VERSION, twice ? SIGNERS : SIGNERS.slice(0, 1));
  });

/** The event with another member, for what must and must not be under the ID. */
export function altered({ pdu }: RoomEvent, members: Readonly<Record<string, JsonValue>>): JsonObject {
  return { ...pdu, ...members };
}
