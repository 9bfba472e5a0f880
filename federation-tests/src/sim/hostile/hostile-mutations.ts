import { base64encode, type JsonObject, type JsonValue } from '@openguild/core';
import type { Wish } from '../people/state-now.ts';
import type { HostileServer } from './hostile-server.ts';
import type { Random } from '../environment/random.ts';
import { valueAtLimit } from '../people/limits.ts';

/** Where things are thrown, and by what chance. */
interface Dump {
  readonly random: Random;
  readonly world: { readonly mainRoom: string; readonly shape: { readonly version: string } };
}

/** Things that are no events. */
export function garbage({ random, world }: Dump): JsonValue[] {
  const room_id = world.mainRoom;
  const junk: readonly JsonValue[] = [
    null,
    0,
    'event',
    [],
    {},
    { room_id },
    { room_id, type: 'm.room.message' },
    { room_id, type: 'm.room.member', content: { membership: 'ban' }, prev_events: ['$x'], signatures: {}, hashes: {}, sender: '@a:b' },
    { type: 'm.guild.create', content: {} },
    { type: 'm.channel.create', content: { guild: room_id, room_version: world.shape.version } },
    { room_id, ['__proto__']: { polluted: true }, constructor: 1 },
  ];
  return Array.from({ length: random.between(1, 10) }, () => random.pick(junk));
}

/** A copy with a fault of its own: the event ID stays, or does not. */
export function damaged(pdu: JsonObject, how: number): JsonObject {
  switch (how) {
    case 0:
      return { ...pdu, content: { ...(pdu['content'] as JsonObject), extra: 1 } };
    case 1:
      return { ...pdu, signatures: {} };
    case 2:
      return { ...pdu, unsigned: { age: 1 } };
    case 3:
      return { ...pdu, origin_ts: 1 };
    case 4:
      return {
        ...pdu,
        signatures: { 'x.example': { 'ed25519:x': base64encode(new Uint8Array(64)) }, ...(pdu['signatures'] as JsonObject) },
      };
    default:
      return pdu;
  }
}

const JUNK: readonly JsonValue[] = [
  null,
  -1,
  0,
  1,
  65_536,
  1e9,
  true,
  '',
  'x',
  'x'.repeat(300),
  '01',
  '-1',
  '18446744073709551616',
  [],
  {},
  ['everyone'],
  'ban',
  'knock',
];

/** A draft with something at fault in it: a field missing, or of another kind, or one too many; another state key; another type. */
export function mutated({ random, world }: Dump, draft: Wish['draft']): Wish['draft'] {
  switch (random.int(8)) {
    case 0:
      return { ...draft, state_key: random.pick(['', 'x', '@:s0.example', world.mainRoom, draft.sender, '$x', 'a role']) };
    case 1: {
      const { state_key: _, ...rest } = draft;
      return rest;
    }
    case 2:
      return {
        ...draft,
        type: random.pick([
          'm.room.message',
          'm.guild.nothing',
          'm.room.power_levels',
          'm.room.create',
          'm.guild.create',
          'm.channel.topic',
          'm.room.merge',
          'm.room.member',
        ]),
      };
    default:
      return { ...draft, content: changed(draft.content, random.fork(String(random.next()))) as JsonObject };
  }
}

function changed(value: JsonValue, random: HostileServer['random']): JsonValue {
  if (typeof value !== 'object' || value === null || random.chance(0.1)) return junk(random);
  if (Array.isArray(value)) {
    if (value.length === 0 || random.chance(0.3))
      return [...value, ...(value.length > 0 && random.chance(0.5) ? [value[0] as JsonValue] : [junk(random)])];
    const i = random.int(value.length);
    return value.map((one, n) => (n === i ? changed(one, random) : one));
  }
  const names = Object.keys(value);
  if (names.length === 0 || random.chance(0.15))
    return { ...value, [random.pick(['extra', 'stay', 'key', 'ban', 'root', 'deleted', 'owner_key', 'rank'])]: junk(random) };
  const name = random.pick(names);
  if (random.chance(0.05)) return renamed(value as JsonObject, name, random.pick(['x'.repeat(64), 'x'.repeat(65), 'a name', '']));
  if (random.chance(0.25)) return Object.fromEntries(Object.entries(value).filter(([each]) => each !== name));
  return { ...value, [name]: changed((value as JsonObject)[name] as JsonValue, random) };
}

function renamed(value: JsonObject, from: string, to: string): JsonObject {
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name === from ? to : name, each]));
}

function junk(random: Random): JsonValue {
  return random.chance(0.3) ? valueAtLimit(random) : random.pick(JUNK);
}
