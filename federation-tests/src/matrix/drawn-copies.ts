import type { JsonObject, JsonValue } from '@openguild/core';
import type { Random } from '../sim/environment/random.ts';
import { canonical, contentHash } from './model/copies.ts';
import { signatureOf, STAND_IN_KEY } from './stand-in-keys.ts';

const USERS = ['@u0:a.example', '@u1:a.example', '@u0:b.example', '@:c.example:8448', '@U !:[::1]:1'] as const;
const TYPES = [
  ...['m.room.create', 'm.room.member', 'm.room.member', 'm.room.member', 'm.room.join_rules', 'm.room.power_levels'],
  ...['m.room.aliases', 'm.room.history_visibility', 'm.room.redaction', 'm.room.third_party_invite', 'm.room.message', 'x'],
] as const;
/** Whatever redaction keeps of some type in some version, and what looks like it. */
const MEMBERS = [
  ...['membership', 'join_authorised_via_users_server', 'third_party_invite', 'creator', 'room_version', 'join_rule', 'allow', 'aliases'],
  ...['ban', 'events', 'events_default', 'invite', 'kick', 'notifications', 'redact', 'state_default', 'users', 'users_default'],
  ...['history_visibility', 'redacts', 'reason', 'body'],
] as const;
/** What belongs to a type and redaction keeps of it in some version. */
const OWN: Readonly<Record<string, readonly string[]>> = {
  'm.room.member': ['membership', 'join_authorised_via_users_server', 'third_party_invite'],
  'm.room.create': ['creator', 'room_version'],
  'm.room.join_rules': ['join_rule', 'allow'],
  'm.room.power_levels': ['invite', 'users', 'notifications'],
  'm.room.aliases': ['aliases'],
  'm.room.history_visibility': ['history_visibility'],
  'm.room.redaction': ['redacts', 'reason'],
};
/** Members of events of old, and such as nobody knows. Their order by code points is not that by UTF-16 units. */
const BESIDE = ['origin', 'membership', 'prev_state', 'event_id', 'redacts', 'age_ts', 'outlier', '\uFF5E', '\u{1F600}', 'é'] as const;
const ODD_NUMBERS: readonly number[] = [0.5, -0, 1e3, 2 ** 53 - 1, 2 ** 53, -(2 ** 53), 1.25e-5, 0.0001, 1e-7, 123_456.75, 1e21];
const ODD_IDS: readonly JsonValue[] = ['$x', '$', 'x', '', 7, `$${'x'.repeat(254)}`, `$${'x'.repeat(255)}`, `$${'é'.repeat(128)}`];

/**
 * A copy of an event of a Matrix version, as bytes go: of any type, with contents of all kinds, often with something wrong. Nobody asks what it does in a room.
 */
export function drawMatrixCopy(random: Random, version: number): JsonObject {
  const type = random.pick(TYPES);
  const sender = random.pick(USERS);
  const unnamed = version >= 12 && type === 'm.room.create' && random.chance(0.8);
  const bare: JsonObject = {
    type,
    sender,
    origin_server_ts: random.pick([0, 1_735_689_600_000, 1_735_689_600_000, -1]),
    depth: random.pick([0, 1, 7, 2 ** 53 - 1]),
    content: contentOf(random, type),
    prev_events: ids(random, 20),
    auth_events: ids(random, 10),
    ...(unnamed ? {} : { room_id: '!room:a.example' }),
    ...(random.chance(0.6) ? { state_key: random.pick(['', sender, 'é'.repeat(127)]) } : {}),
    ...Object.fromEntries(
      random
        .shuffled(BESIDE)
        .slice(0, random.pick([0, 0, 1, 3]))
        .map((name) => [name, scalar(random)]),
    ),
    ...(random.chance(0.2) ? { unsigned: { age: random.pick([1, 0.5]) } } : {}),
  };
  const odd = random.chance(0.4) ? spoilt(random, bare) : bare;
  const pdu = withSignatures(random, withHash(random, odd));
  return random.chance(0.25) ? altered(random, pdu) : pdu;
}

function ids(random: Random, most: number): JsonValue[] {
  const count = random.pick([0, 1, 2, most]);
  const list = Array.from({ length: count }, (_, i) => `$${'e'.repeat(42)}${i % 10}`);
  return random.chance(0.1) ? [...list, ...list.slice(0, 1)] : list;
}

function contentOf(random: Random, type: string): JsonObject {
  const names = random.shuffled(MEMBERS).slice(0, random.pick([0, 2, 4, 8, MEMBERS.length]));
  const content: Record<string, JsonValue> = Object.fromEntries(names.map((name) => [name, valueOf(random, name)]));
  for (const name of OWN[type] ?? []) if (random.chance(0.6)) content[name] = valueOf(random, name);
  return content;
}

function valueOf(random: Random, name: string): JsonValue {
  switch (name) {
    case 'membership':
      return random.pick(['join', 'join', 'invite', 'leave', 7]);
    case 'join_authorised_via_users_server':
      return random.pick([...USERS, 'nobody', 7]);
    case 'third_party_invite':
      return random.pick<JsonValue>([{ signed: { mxid: USERS[0], token: 't' }, display_name: 'x' }, { display_name: 'x' }, {}, 7, null]);
    default:
      return scalar(random);
  }
}

function scalar(random: Random): JsonValue {
  return random.pick<JsonValue>([
    7,
    'x',
    '\u{1F600}\uFF5E',
    '\u0001"\\/\u2028',
    true,
    null,
    [1, 'x'],
    { '\uFF5E': 1, '\u{1F600}': 2, a: {} },
  ]);
}

/** Something under its hash that may not be so. */
function spoilt(random: Random, bare: JsonObject): JsonObject {
  const content = bare['content'] as JsonObject;
  const put = (name: string, value: JsonValue): JsonObject => ({ ...bare, [name]: value });
  const nested = (levels: number): JsonValue => {
    let value: JsonValue = 0;
    for (let i = 0; i < levels; i++) value = i % 2 === 0 ? [value] : { a: value };
    return value;
  };
  const faults: readonly (() => JsonObject)[] = [
    () => put('content', { ...content, [random.pick(MEMBERS)]: random.pick(ODD_NUMBERS) }),
    () => put('content', { ...content, x: { y: [random.pick(ODD_NUMBERS)] } }),
    () => put(random.pick(BESIDE), random.pick(ODD_NUMBERS)),
    () => put('content', { ...content, deep: nested(random.pick([509, 510, 511, 512])) }),
    () => put(random.pick(['prev_events', 'auth_events']), [random.pick(ODD_IDS)]),
    () =>
      put(
        'prev_events',
        Array.from({ length: random.pick([20, 21]) }, (_, i) => `$${i}`),
      ),
    () =>
      put(
        'auth_events',
        Array.from({ length: random.pick([10, 11]) }, (_, i) => `$${i}`),
      ),
    () => put(random.pick(['type', 'state_key']), random.pick<JsonValue>(['', 'é'.repeat(127), 'é'.repeat(128), 'x\u0000', 7, null])),
    () =>
      put(
        'sender',
        random.pick<JsonValue>(['u:a.example', '@u', '@u:', '@u:A_b', '@\u0000:a.example', `@${'u'.repeat(244)}:a.example`, 7]),
      ),
    () => put('room_id', random.pick<JsonValue>(['!', 'room:a.example', `!${'é'.repeat(127)}`, `!${'é'.repeat(128)}`, 7])),
    () => put(random.pick(['origin_server_ts', 'depth']), random.pick<JsonValue>([-1, 0.5, -0, 2 ** 53, '7', null])),
    () => {
      const {
        [random.pick(['type', 'sender', 'room_id', 'origin_server_ts', 'depth', 'content', 'prev_events', 'auth_events'])]: _,
        ...rest
      } = bare;
      return rest;
    },
    () => put('content', random.pick<JsonValue>([null, [], 'x'])),
  ];
  return random.pick(faults)();
}

function withHash(random: Random, bare: JsonObject): JsonObject {
  const hash = contentHash(bare);
  const sha256 = random.pick<JsonValue>([
    ...Array<JsonValue>(6).fill(hash.toString('base64').replace(/=$/, '')),
    hash.toString('base64'),
    hash.toString('base64url'),
  ]);
  const wrong = random.pick<JsonValue>([
    {},
    { sha256: 7 },
    { sha256: '%' },
    { sha256: 'AAAAA' },
    { sha256: 'AAAA' },
    { sha512: sha256 },
    [],
  ]);
  return { ...bare, hashes: random.chance(0.05) ? wrong : { sha256, ...(random.chance(0.1) ? { md5: 'x' } : {}) } };
}

/** By whoever must, may and need not sign; they are looked for by name alone. */
function withSignatures(random: Random, pdu: JsonObject): JsonObject {
  const of = (server: string): JsonObject =>
    Object.fromEntries(
      Array.from({ length: random.pick([1, 1, 1, 2, 8]) }, (_, i) => [
        random.pick([i === 0 ? STAND_IN_KEY : `ed25519:${i}`, 'ed25519:', 'rsa:1']),
        random.pick<JsonValue>([
          ...Array<JsonValue>(4).fill(Buffer.from(signatureOf(server, new Uint8Array([i]))).toString('base64')),
          'AAAA',
          7,
        ]),
      ]),
    );
  const servers = random.shuffled(['a.example', 'b.example', 'c.example:8448', '[::1]:1']).slice(0, random.pick([0, 1, 4, 4]));
  const signatures = Object.fromEntries(servers.map((server) => [server, of(server)]));
  return { ...pdu, signatures: random.chance(0.05) ? random.pick<JsonValue>([7, [], { ...signatures, 'a.example': 7 }]) : signatures };
}

/** Changed after it was hashed, or as large as an event may be. */
function altered(random: Random, pdu: JsonObject): JsonObject {
  const content = pdu['content'];
  if (typeof content !== 'object' || content === null || Array.isArray(content)) return pdu;
  const { [random.pick(MEMBERS)]: _, ...less } = content as JsonObject;
  const changes: readonly (() => JsonObject)[] = [
    () => ({ ...pdu, content: { ...(content as JsonObject), [random.pick(MEMBERS)]: scalar(random) } }),
    () => ({ ...pdu, content: less }),
    () => ({ ...pdu, [random.pick(BESIDE)]: scalar(random) }),
    () => ({ ...pdu, content: { ...(content as JsonObject), third_party_invite: {} } }),
    () => ({ ...pdu, unsigned: scalar(random) }),
    () => (random.chance(0.3) ? filled(random, pdu) : pdu),
  ];
  return random.pick(changes)();
}

function filled(random: Random, pdu: JsonObject): JsonObject {
  const { unsigned: _, ...counted }: JsonObject = { ...pdu, filling: '' };
  const left = 65_536 - Buffer.byteLength(canonical(counted));
  const large: JsonObject = { ...pdu, filling: 'x'.repeat(Math.max(0, left + random.pick([-1, 0, 1]))) };
  return random.chance(0.5) ? large : { ...large, hashes: { sha256: contentHash(large).toString('base64').replace(/=$/, '') } };
}
