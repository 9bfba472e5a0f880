import { hash as digest } from 'node:crypto';
import {
  base58encode,
  base64encode,
  type JsonObject,
  type JsonValue,
  publicKeyOf,
  roomVersion,
  type Signer,
  utf8Compare,
} from '@openguild/core';
import { canonical, redacted } from '../../model/copies.ts';
import { littleEndian, ORDER } from '../../model/signatures.ts';
import type { Random } from '../environment/random.ts';

/** A whole copy that is right, and with which keys it is signed. */
export interface Sound {
  readonly pdu: JsonObject;
  readonly signers: readonly Signer[];
  readonly versionId: string;
  /** The guild, or the plain room. */
  readonly mainRoom: string;
  readonly random: Random;
  /** Further keys. */
  readonly more: readonly Signer[];
  /** The secret of the first signer, if the run has real keys. */
  readonly seed: Uint8Array | undefined;
}

type Fault = (sound: Sound) => JsonObject;

/** Changes what the event hash covers: hashed and signed anew, so that nothing else is wrong with it. */
const sealed =
  (change: (pdu: JsonObject, random: Random, sound: Sound) => JsonObject): Fault =>
  (sound) => {
    const { pdu, signers, versionId, random } = sound;
    const changed = change(pdu, random, sound);
    const version = roomVersion(versionId);
    if (version === undefined) throw new Error(`unknown room version ${versionId}`);
    const hash = (value: JsonObject): Uint8Array => version.hash(new TextEncoder().encode(canonical(value)));
    const { signatures: _old, unsigned, hashes: given, ...body } = changed;
    const hashes = { ...(given as JsonObject), blake3: base58encode(hash(body)) };
    const message = Buffer.concat([Buffer.from('openguild.event\n'), hash(redacted({ ...body, hashes }))]);
    const byKey = Object.fromEntries(signers.map((signer) => [signer.key_id, base64encode(signer.sign(new Uint8Array(message)))]));
    return { ...body, hashes, signatures: { [String(pdu['origin_server'])]: byKey }, ...(unsigned === undefined ? {} : { unsigned }) };
  };

/** Changes what the event hash does not cover. */
const loose =
  (change: (pdu: JsonObject, random: Random) => JsonObject): Fault =>
  ({ pdu, random }) =>
    change(pdu, random);

/** The signature by the first key, changed. */
const signature = (change: (text: string, sound: Sound) => string | null): Fault => {
  return (sound) => {
    const { pdu } = sound;
    const table = pdu['signatures'] as Record<string, Record<string, string>>;
    const [name] = Object.keys(table) as [string];
    const [key] = Object.keys(table[name] ?? {}) as [string];
    const text = change(table[name]?.[key] ?? '', sound);
    return text === null ? pdu : { ...pdu, signatures: { ...table, [name]: { ...table[name], [key]: text } } };
  };
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const ID = '$11111111111111111111111111111111';

/** What is wrong with a copy, by the rule that it breaks alone: what chance seldom hits. */
export const FAULTS: readonly (readonly [rule: string, fault: Fault])[] = [
  ['EV-2', sealed((pdu) => ({ ...pdu, extra: 1 }))],
  // Left out, it would be the right copy.
  ['EV-2', loose((pdu) => ({ ...pdu, extra: 1 }))],
  ['EV-3', sealed((pdu, random) => ({ ...pdu, type: random.pick(['', ...TEXTS]) }))],
  ['EV-4', sealed((pdu, random) => ({ ...pdu, state_key: random.pick(['', ...TEXTS]) }))],
  ['EV-5', sealed((pdu, random) => ({ ...pdu, origin_server: random.pick(['other.example', `x${String(pdu['origin_server'])}`, 1]) }))],
  ['EV-5', sealed((pdu, random) => ({ ...pdu, sender: random.pick(senders(String(pdu['origin_server']))) }))],
  ['EV-6', sealed((pdu, random) => ({ ...pdu, origin_ts: random.pick([-1, 0, 2 ** 53 - 1, 2 ** 53, 1.5, '1']) }))],
  [
    'EV-7',
    sealed((pdu, random, { versionId }) => ({
      ...creating(pdu),
      content: random.pick([{}, { room_version: '1' }, { room_version: versionId }]),
    })),
  ],
  ['EV-7', sealed((pdu, random) => placed(pdu, random.pick([undefined, 'x', `!${ID.slice(1)}:x.example`, ID])))],
  ['EV-7', sealed((pdu, _random, sound) => creatingNamed(pdu, sound))],
  ['EV-8', sealed((pdu) => ({ ...pdu, prev_events: [...(pdu['prev_events'] as string[]), ...(pdu['prev_events'] as string[])] }))],
  ['EV-8', sealed((pdu) => ({ ...pdu, prev_events: [...(pdu['prev_events'] as string[]), ID] }))],
  ['EV-8', sealed((pdu, random) => ({ ...pdu, prev_events: idList(random, 20) }))],
  ['EV-9', sealed((pdu, random) => (pdu['auth_events'] === undefined ? pdu : { ...pdu, auth_events: idList(random, 10) }))],
  ['EV-9', sealed((pdu, random) => ({ ...pdu, [random.pick(['guild_heads', 'auth_events'])]: idList(random, 1) }))],
  ['EV-10', sealed((pdu, random) => (pdu['guild_heads'] === undefined ? pdu : { ...pdu, guild_heads: idList(random, 10) }))],
  ['EV-9', sealed((pdu) => (pdu['auth_events'] === undefined ? { ...pdu, auth_events: [] } : { ...pdu, auth_events: [ID, ID] }))],
  ['EV-10', sealed((pdu) => (pdu['guild_heads'] === undefined ? pdu : { ...pdu, guild_heads: twice(pdu['guild_heads'] as string[]) }))],
  ['EV-11', sealed((pdu) => ({ ...pdu, signed_by: twice(pdu['signed_by'] as string[]) }))],
  ['EV-11', (sound) => signedBy(sound, sound.random.pick([2, 8, 9]), 'right')],
  ['EV-11', sealed((pdu, random) => ({ ...pdu, signed_by: random.pick([[], ['x'], [`ed25519:${ID.slice(2)}`], 'x']) }))],
  ['EV-12', sealed((pdu, random) => ({ ...pdu, hashes: random.pick([{ sha256: 'x' }, { sha256: ID.slice(1) }]) }))],
  [
    'EV-12',
    loose((pdu, random) => ({ ...pdu, hashes: { blake3: random.pick(['', ID.slice(2), `${ID.slice(1)}1`, `${'z'.repeat(44)}`]) } })),
  ],
  ['EV-13', sealed((pdu, random) => withContent(pdu, { nested: nested(random.pick([61, 62, 63, 70])) }))],
  // Its redacted form holds it as well.
  [
    'EV-13',
    sealed((pdu, random) => ({ ...pdu, ...STATE, type: 'm.room.power_levels', content: { users: nested(random.pick([62, 63])) } })),
  ],
  ['EV-14', sealed((pdu) => withContent(pdu, { body: 'x'.repeat(66_000) }))],
  ['EV-14', sealed((pdu, random) => filled(pdu, random.between(-1, 1)))],
  ['EV-14', sealed((pdu, random) => filled({ ...pdu, ...STATE, type: 'm.room.join_rules' }, random.between(-1, 1), 'join_rule'))],
  // Nothing is wrong with how these are written.
  ['CJ-17', sealed((pdu, random) => withContent(pdu, random.pick(ODD)))],
  // The content is not what was hashed, and some of it stays.
  [
    'RED-2',
    (sound) =>
      withContent(sealed((pdu, random) => ({ ...pdu, ...STATE, type: random.pick(TYPES), content: EVERYTHING }))(sound), { lie: 1 }),
  ],
  [
    'RED-2',
    (sound) =>
      withContent(sealed((pdu) => ({ ...pdu, ...STATE, type: 'm.room.join_rules', content: { join_rule: 'public' } }))(sound), { lie: 1 }),
  ],
  ['EV-15', loose((pdu) => withContent(pdu, { lie: 1 }))],
  ['EV-17', loose((pdu) => ({ ...pdu, signatures: { ...(pdu['signatures'] as JsonObject), 'x.example': 5 } }))],
  ['EV-18', (sound) => signedBy(sound, 2, sound.random.pick(['a user', 'nobody', 'none', 'forged', 'twice']))],
  ['EV-18', loose((pdu) => ({ ...pdu, signatures: { ...(pdu['signatures'] as JsonObject), ...underAnother(pdu) } }))],
  ['EV-21', loose((pdu) => ({ ...pdu, unsigned: { padding: 'x'.repeat(1_000) } }))],
  ['EV-21', loose((pdu) => ({ ...pdu, signatures: besides(pdu) }))],
  [
    'EV-21',
    loose((pdu) => ({ ...pdu, signatures: { ...(pdu['signatures'] as JsonObject), 'x.example': { 'ed25519:x': 'x'.repeat(86) } } })),
  ],
  ['SIG-2', signature((text) => `${text}==`)],
  // 64 bytes leave four bits of the last character without meaning.
  ['SIG-2', signature((text) => text.slice(0, -1) + (ALPHABET[ALPHABET.indexOf(text.slice(-1)) + 1] ?? 'B'))],
  ['SIG-3', signature((text) => withS(text, (s) => s + ORDER))],
  ['SIG-4', signature((_text, sound) => identityR(sound))],
  ['SIG-5', signature((_text, { random }) => base64encode(random.bytes(64)))],
];

/** In another room, or in none. */
function placed({ room_id: _room, ...rest }: JsonObject, roomId: string | undefined): JsonObject {
  return roomId === undefined ? rest : { ...rest, room_id: roomId };
}

/** As long as a type or a state key may be, longer, and with what it may not hold. */
const TEXTS: readonly string[] = [
  ...['x'.repeat(255), 'x'.repeat(256), 'ä'.repeat(128), `${'ä'.repeat(127)}x`, '€'.repeat(85), '€'.repeat(86)],
  ...['a\nb', 'a\u0000b', 'a\u007fb', 'a\u0080b', 'a\u009fb', 'a\u00a0b', ' '],
];
const STATE: JsonObject = { state_key: '' };
const TYPES: readonly string[] = [
  ...['m.room.message', 'm.room.member', 'm.room.join_rules', 'm.room.power_levels', 'm.room.redaction', 'm.guild.authority'],
  ...[
    'm.guild.member_roles',
    'm.guild.channel',
    'm.guild.successor',
    'm.channel.overwrites',
    'm.server.admission',
    'm.server.keys',
    'm.guild.meta',
  ],
];
/** Each member that redaction keeps of some type, and some that it keeps of none. */
const EVERYTHING: JsonObject = Object.fromEntries(
  [
    ...['room_version', 'root', 'keys', 'owner_key', 'predecessor', 'guild', 'kind', 'membership', 'stay', 'ban', 'join_authorised_via'],
    ...['join_rule', 'users', 'events', 'users_default', 'events_default', 'state_default', 'admit', 'kick', 'invite', 'redact', 'roles'],
    ...['key', 'deleted', 'overwrites', 'rank', 'proof', 'redacts', 'name', 'displayname', 'reason', 'topic', 'body'],
  ].map((name) => [name, { inner: 1 }]),
);
/** Names in an order that depends on who orders them, and texts that are escaped in one way only. */
const ODD: readonly JsonObject[] = [
  { '\ufb33': 1, '\u{1f602}': 2, a: { '\u{10000}': 1, '\uffff': 2 } },
  { body: '\u0000\u0008\u0009\u000a\u000b\u000c\u000d\u001f"\\/\u007f\u2028\ufeff\u{1f602}' },
  { 1: 1, 10: 2, 2: 3, '': 4, A: 5, a: 6, '"': 7 },
  { n: [0, -1, 2 ** 53 - 1, -(2 ** 53 - 1), true, false, null, [], {}] },
];

function senders(server: string): string[] {
  const long = (length: number): string => `@${'x'.repeat(length - server.length - 2)}:${server}`;
  return [`@Upper:${server}`, `@a b:${server}`, `x:${server}`, `@a!:${server}`, `@:${server}`, `@a._=/+-9:${server}`, long(255), long(256)];
}

/** As many IDs as there may be at most, or one more, or the last two in the wrong order. */
function idList(random: Random, most: number): string[] {
  const ids = Array.from({ length: most + random.int(2) }, () => `$${base58encode(random.bytes(32))}`).sort(utf8Compare);
  // Of 31 bytes, or 33.
  if (random.chance(0.2)) return [`$${'1'.repeat(random.pick([31, 33]))}`, ...ids.slice(2)];
  return random.chance(0.3) ? ids.reverse() : ids;
}

function withContent(pdu: JsonObject, more: JsonObject): JsonObject {
  return { ...pdu, content: { ...(pdu['content'] as JsonObject), ...more } };
}

/** With a content that makes it as large as an event may be, and so many bytes more. */
function filled(pdu: JsonObject, more: number, member = 'body'): JsonObject {
  const { signatures: _s, unsigned: _u, ...body } = pdu;
  const hashes = { blake3: base58encode(new Uint8Array(32).fill(255)) };
  const size = new TextEncoder().encode(canonical({ ...body, hashes, content: { [member]: '' } })).length;
  return { ...pdu, content: { [member]: 'x'.repeat(65_536 + more - size) } };
}

/** Signed by further keys, the last of which is right or not. */
function signedBy(sound: Sound, count: number, last: 'right' | 'a user' | 'nobody' | 'none' | 'forged' | 'twice'): JsonObject {
  const { pdu, random, signers, more } = sound;
  const server = String(pdu['origin_server']);
  const others = more.slice(0, count - 1);
  const made = sealed((one) => ({ ...one, signed_by: [...signers.slice(0, 1), ...others].map(({ key_id }) => key_id) }))({
    ...sound,
    signers: [...signers.slice(0, 1), ...others],
  });
  const { [server]: table = {} } = made['signatures'] as Record<string, JsonObject>;
  const key = others.at(-1)?.key_id ?? '';
  const { [key]: text = '', ...rest } = table;
  const under = (name: string, value: JsonValue = text): JsonObject => ({
    ...made,
    signatures: name === server ? { [server]: { ...rest, [key]: value } } : { [server]: rest, [name]: { [key]: value } },
  });
  switch (last) {
    case 'a user':
      return under(random.pick([`@a:${server}`, 'other.example', `@:${server}`]));
    case 'nobody':
      return under(random.pick(['', 'No Server', '@', '!x']));
    case 'none':
      return { ...made, signatures: { [server]: rest } };
    case 'forged':
      return under(server, base64encode(random.bytes(64)));
    case 'twice':
      return { ...made, signatures: { [server]: table, 'other.example': { [key]: text } } };
    default:
      return made;
  }
}

/** A create event in the middle of a room. */
function creating(pdu: JsonObject): JsonObject {
  const rest = Object.fromEntries(Object.entries(pdu).filter(([name]) => name !== 'guild_heads'));
  return { ...rest, type: 'm.guild.create', state_key: '', prev_events: [], auth_events: [] };
}

/** A channel's create event with a state key: its room would begin with it. */
function creatingNamed(pdu: JsonObject, { mainRoom, versionId }: Sound): JsonObject {
  const { room_id: _room, auth_events: _auth, prev_events, guild_heads = (prev_events as string[]).slice(0, 10), ...rest } = pdu;
  const content = { guild: mainRoom, kind: 'text', room_version: versionId };
  return { ...rest, guild_heads, type: 'm.channel.create', state_key: 'x', prev_events: [], content };
}

function twice(list: readonly string[]): string[] {
  return [...list, ...list];
}

function nested(depth: number): JsonValue {
  let value: JsonValue = 'x';
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function underAnother(pdu: JsonObject): JsonObject {
  const [table] = Object.values(pdu['signatures'] as Record<string, JsonObject>);
  return { 'x.example': table ?? {} };
}

/** A signature that nobody needs, under the name of one that is needed. */
function besides(pdu: JsonObject): JsonObject {
  const tables = pdu['signatures'] as Record<string, JsonObject>;
  const origin = String(pdu['origin_server']);
  return { ...tables, [origin]: { ...tables[origin], 'ed25519:x': 'x'.repeat(86) } };
}

function withS(text: string, change: (s: bigint) => bigint): string {
  const bytes = Buffer.from(text, 'base64');
  return base64encode(new Uint8Array(Buffer.concat([bytes.subarray(0, 32), bytesOf(change(littleEndian(bytes.subarray(32))))])));
}

/** Whoever knows the secret can make the equation hold for R = the identity: S = h * a. Null: there is no secret, the keys are stand-ins. */
function identityR({ pdu, signers, seed, versionId }: Sound): string | null {
  const version = roomVersion(versionId);
  const [signer] = signers;
  if (seed === undefined || signer === undefined || version === undefined) return null;
  const half = digest('sha512', seed, 'buffer').subarray(0, 32);
  half[0] = (half[0] as number) & 248;
  half[31] = ((half[31] as number) & 63) | 64;
  const { signatures: _s, unsigned: _u, ...body } = pdu;
  const eventHash = version.hash(new TextEncoder().encode(canonical(redacted(body))));
  const r = new Uint8Array(32);
  r[0] = 1;
  const key = publicKeyOf(signer.key_id) as Uint8Array;
  const h = littleEndian(digest('sha512', Buffer.concat([r, key, Buffer.from('openguild.event\n'), eventHash]), 'buffer')) % ORDER;
  return base64encode(new Uint8Array(Buffer.concat([r, bytesOf((h * littleEndian(half)) % ORDER)])));
}

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}
