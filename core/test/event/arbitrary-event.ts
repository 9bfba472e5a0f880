import fc from 'fast-check';
import { base58encode } from '../../src/crypto/base58.ts';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { NATIVE_VERSION, roomVersion, type RoomVersion } from '../../src/version/room-version.ts';
import { anyJson, anyText } from '../json/arbitrary-json.ts';

export const NATIVE = roomVersion(NATIVE_VERSION) as RoomVersion;
export const ROOM = `!${base58encode(new Uint8Array(32).fill(99))}:a.example`;

const ORIGIN = signerFromSeed(new Uint8Array(32).fill(1));
const PERSON = signerFromSeed(new Uint8Array(32).fill(2));

const eventIds = (minLength: number, maxLength: number): fc.Arbitrary<string[]> =>
  fc
    .uniqueArray(fc.nat({ max: 200 }), { minLength, maxLength })
    .map((numbers) => numbers.map((n) => `$${base58encode(new Uint8Array(32).fill(n))}`));

const anyContent: fc.Arbitrary<JsonObject> = fc
  .uniqueArray(fc.tuple(fc.oneof(anyText, fc.constantFrom('membership', 'keys', 'roles', 'body')), anyJson), {
    selector: ([key]) => key,
    maxLength: 5,
  })
  .map((entries) => Object.fromEntries(entries));

/** Signed events of many types, in channels and elsewhere. */
export const anyEvent: fc.Arbitrary<RoomEvent> = fc
  .record({
    type: fc.constantFrom('m.room.message', 'm.room.member', 'm.guild.authority', 'org.example.custom'),
    state_key: fc.constantFrom(undefined, '', '@alice:a.example'),
    content: anyContent,
    origin_ts: fc.maxSafeNat(),
    prev_events: eventIds(1, 20),
    auth_events: eventIds(0, 10),
    guild_heads: fc.option(eventIds(1, 10), { nil: undefined }),
    twice: fc.boolean(),
  })
  .map(({ state_key, guild_heads, auth_events, twice, ...rest }) => {
    const cites = guild_heads === undefined ? { auth_events } : { guild_heads };
    const fields = { ...rest, ...cites, sender: '@alice:a.example', room_id: ROOM, ...(state_key === undefined ? {} : { state_key }) };
    return buildEvent(fields, NATIVE, twice ? [ORIGIN, PERSON] : [ORIGIN]);
  });
