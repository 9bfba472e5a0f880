/**
 * Makes `spec/vectors/matrix/pdus.json`:
 *
 *     node core/test/vectors/make-matrix-vectors.ts > spec/vectors/matrix/pdus.json
 */
import { createPublicKey } from 'node:crypto';
import type { Pdu } from './plain-event.ts';
import { plainPduHash, plainPduId, plainPduSize, plainRedactedPdu, plainServer, plainSignedPdu } from './plain-pdu.ts';

const A = plainServer('a.example', 1);
const B = plainServer('b.example', 2);
const C = plainServer('c.example', 3);
const IDS = { prev: `$${'p'.repeat(43)}`, auth: `$${'q'.repeat(43)}`, other: `$${'r'.repeat(43)}` };
const ROOM = '!room:a.example';
const ROOM_12 = `!${'c'.repeat(43)}`;
const MAX_BYTES = 65_536;

const vectors: object[] = [];

interface Options {
  readonly version?: number;
  /** Servers whose signature must be there, in order. */
  readonly servers?: readonly string[];
  readonly redacted?: boolean;
  /** Of these the signature does not fit. */
  readonly wrong?: readonly string[];
  readonly fill?: { readonly member: string; readonly text: string; readonly times: number };
}

/** A copy that stands. `expect.servers` says of each server that must have signed whether it has. */
function good(rule: string, why: string, pdu: Pdu, options: Options = {}): void {
  const { version = 11, servers = ['a.example'], redacted = false, wrong = [], fill } = options;
  const whole = filled(pdu, fill);
  const id = plainPduId(whole, version);
  const signatures = (pdu['signatures'] ?? {}) as Record<string, object>;
  const expect = {
    event_id: id,
    room_id: pdu['room_id'] ?? `!${id.slice(1)}`,
    redacted,
    servers: Object.fromEntries(servers.map((name) => [name, Object.hasOwn(signatures, name) && !wrong.includes(name)])),
    ...(redacted ? { content: plainRedactedPdu(whole, version)['content'] } : {}),
  };
  vectors.push({ why, rule, version: String(version), ...(fill === undefined ? {} : { fill }), input: pdu, expect });
}

/** A copy that is dropped. */
function bad(rule: string, why: string, input: unknown, options: Options = {}): void {
  const { version = 11, fill } = options;
  vectors.push({ why, rule, version: String(version), ...(fill === undefined ? {} : { fill }), input, expect: null });
}

function filled(pdu: Pdu, fill: Options['fill']): Pdu {
  if (fill === undefined) return pdu;
  return { ...pdu, content: { ...(pdu['content'] as Pdu), [fill.member]: fill.text.repeat(fill.times) } };
}

function message(changes: Pdu = {}): Pdu {
  return {
    type: 'm.room.message',
    room_id: ROOM,
    sender: '@alice:a.example',
    origin_server_ts: 1_733_359_200_123,
    depth: 7,
    content: { body: 'Hello', msgtype: 'm.text' },
    prev_events: [IDS.prev],
    auth_events: [IDS.auth],
    ...changes,
  };
}

function member(content: Pdu, changes: Pdu = {}): Pdu {
  return message({ type: 'm.room.member', state_key: '@alice:a.example', content, ...changes });
}

function signed(changes: Pdu = {}, version = 11): Pdu {
  return plainSignedPdu(message(changes), version, [A]);
}

function without(pdu: Pdu, name: string): Pdu {
  return Object.fromEntries(Object.entries(pdu).filter(([key]) => key !== name));
}

function shapes(): void {
  for (const [why, value] of [
    ['null', null],
    ['an array', []],
    ['a string', 'event'],
  ] as const) {
    bad('MXB-5', `${why} instead of an event`, value);
    bad('MXB-5', `content is ${why}`, { ...signed(), content: value });
  }
  bad('MXB-5', 'no content', without(signed(), 'content'));
  good('MXB-20', 'members that nobody knows stay', signed({ 'org.example.extra': { a: [1] }, origin: 'a.example' }));
  const odd = { value: { polluted: true }, enumerable: true };
  good(
    'MXB-20',
    'a member and a content with "__proto__"',
    signed(Object.defineProperty({ content: JSON.parse('{"__proto__":{"a":1}}') as Pdu }, '__proto__', odd)),
  );
  good('MXB-20', '`unsigned` is left out, whatever is in it', { ...signed(), unsigned: { age: 0.5, x: -0.25 } });
  good('MXB-20', 'a signature of a server that need not have signed', plainSignedPdu(message(), 11, [A, C]));
  bad('MXB-6', 'no type', without(signed(), 'type'));
  bad('MXB-6', 'the type is a number', signed({ type: 1 }));
  bad('MXB-6', 'a type of 256 bytes in 128 characters', signed({ type: '\u00e9'.repeat(128) }));
  good('MXB-6', 'a type of 255 bytes', signed({ type: `x${'\u00e9'.repeat(127)}` }));
  good('MXB-6', 'a type with a control character', signed({ type: 'm.x\u0000' }));
  bad('MXB-6', 'the state key is null', signed({ state_key: null }));
  bad('MXB-6', 'a state key of 256 bytes', signed({ state_key: 'x'.repeat(256) }));
  good('MXB-6', 'a state key of 255 bytes', signed({ state_key: 'x'.repeat(255) }));
  bad('MXB-6', 'no sender', without(signed(), 'sender'));
  bad('MXB-6', 'the sender has no server', signed({ sender: '@alice' }));
  bad('MXB-6', "the sender's server is no server name", signed({ sender: '@alice:a_example' }));
  bad('MXB-6', 'a sender of 256 bytes', signed({ sender: `@${'a'.repeat(245)}:a.example` }));
  good('MXB-6', 'a historical user ID: upper case, a space, beyond ASCII', signed({ sender: '@Al ice\u00e9:a.example' }));
  good('MXB-6', 'a historical user ID: an empty localpart', signed({ sender: '@:a.example' }));
  bad('MXB-7', 'no room_id', without(signed(), 'room_id'));
  bad('MXB-7', 'room_id is null', signed({ room_id: null }));
  bad('MXB-7', 'room_id has another sigil', signed({ room_id: '#room:a.example' }));
  bad('MXB-7', 'a room_id of 256 bytes', signed({ room_id: `!${'x'.repeat(245)}:a.example` }));
  bad(
    'MXB-7',
    'a create event without room_id, where rooms are given names',
    without(signed({ type: 'm.room.create', state_key: '' }), 'room_id'),
  );
  bad('MXB-7', 'version 12: a message without room_id', without(signed({}, 12), 'room_id'), { version: 12 });
}

function lists(): void {
  for (const name of ['prev_events', 'auth_events']) {
    const most = name === 'prev_events' ? 20 : 10;
    bad('MXB-8', `no ${name}`, without(signed(), name));
    bad('MXB-8', `${name} is an object`, signed({ [name]: {} }));
    bad('MXB-8', `${name} holds pairs, as in versions 1 and 2`, signed({ [name]: [[IDS.prev, { sha256: '' }]] }));
    bad('MXB-8', `${name} holds something else than an event ID`, signed({ [name]: ['x'] }));
    bad('MXB-8', `${most + 1} ${name}`, signed({ [name]: Array.from({ length: most + 1 }, (_, i) => `$${String(i)}`) }));
    good('MXB-8', `${most} ${name}`, signed({ [name]: Array.from({ length: most }, (_, i) => `$${String(i)}`) }));
    good('MXB-8', `no ID in ${name}: left to the auth rules`, signed({ [name]: [] }));
    good('MXB-8', `an ID twice in ${name}, out of order: left to the auth rules`, signed({ [name]: [IDS.other, IDS.prev, IDS.other] }));
  }
  for (const [why, value] of [
    ['a string', '1'],
    ['null', null],
  ] as const) {
    bad('MXB-9', `origin_server_ts is ${why}`, signed({ origin_server_ts: value }));
    bad('MXB-9', `depth is ${why}`, signed({ depth: value }));
  }
  bad('MXB-9', 'no depth', without(signed(), 'depth'));
  bad('MXB-9', 'no origin_server_ts', without(signed(), 'origin_server_ts'));
  bad('MXB-9', 'the depth is negative', signed({ depth: -1 }));
  good('MXB-9', 'the depth is 2^53-1', signed({ depth: Number.MAX_SAFE_INTEGER }));
  good('MXB-9', 'origin_server_ts is negative', signed({ origin_server_ts: -1 }));
}

function hashes(): void {
  bad('MXB-10', 'no hashes', without(signed(), 'hashes'));
  for (const [why, value] of [
    ['an array', []],
    ['without sha256', { md5: 'AA' }],
    ['with a number', { sha256: 1 }],
    ['with no base64', { sha256: 'not base64!' }],
  ] as const)
    bad('MXB-10', `hashes ${why}`, { ...signed(), hashes: value });
  const padded = { hashes: { sha256: `${plainPduHash(message())}=`, other: 'x' } };
  good('MXB-10', 'the content hash with padding, and another hash beside it', asHashed({ ...message(), ...padded }));
  good('MXB-10', 'the content hash in the URL alphabet', findUrlSafe());
  for (const [why, value] of [
    ['missing', undefined],
    ['an array', []],
    ['with a string for a server', { 'a.example': 'x' }],
  ] as const)
    bad('MXB-11', `signatures ${why}`, value === undefined ? without(signed(), 'signatures') : { ...signed(), signatures: value });
  good('MXB-13', 'a content that does not fit its hash', { ...signed(), content: { body: 'Bye' } }, { redacted: true });
  good('MXB-13', 'a redacted copy', plainRedactedPdu(signed(), 11), { redacted: true });
  good(
    'MXB-13',
    'a member that is not redacted does not fit either: another event, by its ID',
    { ...signed(), depth: 8 },
    {
      redacted: true,
      wrong: ['a.example'],
    },
  );
  good('MXB-13', 'a hash of another length fits no content', asHashed({ ...message(), hashes: { sha256: 'AAAA' } }), { redacted: true });
}

/** Signed with the hashes that it has. */
function asHashed(pdu: Pdu): Pdu {
  return plainSignedPdu(pdu, 11, [A], pdu['hashes'] as Pdu);
}

/** A message whose hash holds both characters in which the alphabets differ. */
function findUrlSafe(): Pdu {
  for (let i = 0; ; i++) {
    const bare = message({ content: { body: String(i) } });
    const text = plainPduHash(bare);
    if (!text.includes('+') || !text.includes('/')) continue;
    return asHashed({ ...bare, hashes: { sha256: text.replaceAll('+', '-').replaceAll('/', '_') } });
  }
}

function sizes(): void {
  const empty = message({ content: { body: 'Hello', msgtype: 'm.text', fill: '' } });
  for (const [why, spare] of [
    ['65,536 bytes, signatures included', 0],
    ['65,537 bytes, signatures included', 1],
  ] as const) {
    const times = MAX_BYTES - plainPduSize(plainSignedPdu(empty, 11, [A])) + spare;
    const whole = message({ content: { ...(empty['content'] as Pdu), fill: 'x'.repeat(times) } });
    const pdu = plainSignedPdu(whole, 11, [A]);
    const options = { fill: { member: 'fill', text: 'x', times } };
    const short = { ...pdu, content: empty['content'] };
    if (spare === 0) good('MXB-12', why, short, options);
    else bad('MXB-12', why, short, options);
  }
}

function versions(): void {
  const types: readonly (readonly [string, Pdu])[] = [
    ['m.room.create', { creator: '@alice:a.example', room_version: '11', 'm.federate': true }],
    [
      'm.room.member',
      {
        membership: 'join',
        displayname: 'A',
        join_authorised_via_users_server: '@bob:a.example',
        third_party_invite: { signed: { token: 't' }, display_name: 'x' },
      },
    ],
    ['m.room.join_rules', { join_rule: 'restricted', allow: [{ type: 'm.room_membership', room_id: '!x:a.example' }], other: 1 }],
    ['m.room.power_levels', { users: { '@alice:a.example': 100 }, ban: 50, invite: 0, notifications: { room: 50 }, other: 1 }],
    ['m.room.aliases', { aliases: ['#a:a.example'] }],
    ['m.room.history_visibility', { history_visibility: 'shared', other: 1 }],
    ['m.room.redaction', { redacts: IDS.other, reason: 'spam' }],
    ['m.room.topic', { topic: 'gone' }],
  ];
  for (let version = 3; version <= 12; version++) {
    const room = version === 12 ? ROOM_12 : ROOM;
    for (const [type, content] of types) {
      const bare = message({
        type,
        content,
        state_key: '',
        room_id: room,
        origin: 'a.example',
        membership: 'join',
        prev_state: [],
        redacts: IDS.other,
      });
      const pdu = plainSignedPdu(bare, version, [A]);
      good('MXB-14', `version ${version}: what redaction keeps of ${type}`, plainRedactedPdu(pdu, version), { version, redacted: true });
    }
    good('MXB-15', `version ${version}: the ID of a message`, plainSignedPdu(message({ room_id: room }), version, [A]), { version });
  }
  const create = message({
    type: 'm.room.create',
    state_key: '',
    content: { room_version: '12' },
    prev_events: [],
    auth_events: [],
    depth: 1,
  });
  good('MXB-16', 'version 12: the create event names the room', plainSignedPdu(without(create, 'room_id'), 12, [A]), { version: 12 });
  good('MXB-16', 'version 12: a create event that names a room itself: left to the auth rules', plainSignedPdu(create, 12, [A]), {
    version: 12,
  });
  good('MXB-16', 'version 11: the create event carries the ID it was given', plainSignedPdu(create, 11, [A]));
}

function signers(): void {
  const third = {
    membership: 'invite',
    third_party_invite: { display_name: 'x', signed: { mxid: '@bob:b.example', token: 't', signatures: {} } },
  };
  const via = { membership: 'join', join_authorised_via_users_server: '@bob:b.example' };
  good('MXB-17', 'no signature: the check says which is missing', { ...signed(), signatures: {} });
  good('MXB-17', 'a signature of another server alone', plainSignedPdu(message(), 11, [B]));
  good('MXB-17', 'signed by a port', plainSignedPdu(message({ sender: '@alice:a.example:8448' }), 11, [{ ...A, name: 'a.example:8448' }]), {
    servers: ['a.example:8448'],
  });
  good(
    'MXB-17',
    'an invitation that follows a third-party one: nobody in particular',
    plainSignedPdu(member(third, { state_key: '@bob:b.example' }), 11, [B]),
    {
      servers: [],
    },
  );
  const invite = plainSignedPdu(member(third, { state_key: '@bob:b.example' }), 10, [B]);
  good(
    'MXB-17',
    'version 10: what redaction takes away excuses no signature',
    { ...invite, content: { ...third, forged: true } },
    {
      version: 10,
      redacted: true,
    },
  );
  good(
    'MXB-17',
    'a join that is no invitation, with a third-party invitation in it',
    plainSignedPdu(member({ ...third, membership: 'join' }), 11, [A]),
  );
  good('MXB-17', 'a restricted join: both servers', plainSignedPdu(member(via), 11, [A, B]), { servers: ['a.example', 'b.example'] });
  good('MXB-17', 'a restricted join that its authoriser did not sign', plainSignedPdu(member(via), 11, [A]), {
    servers: ['a.example', 'b.example'],
  });
  good(
    'MXB-17',
    'a restricted join within one server',
    plainSignedPdu(member({ ...via, join_authorised_via_users_server: '@bob:a.example' }), 11, [A]),
  );
  good('MXB-17', 'version 7 knows no restricted joins', plainSignedPdu(member(via), 7, [A]), { version: 7 });
  good('MXB-17', 'a leave that names an authoriser', plainSignedPdu(member({ ...via, membership: 'leave' }), 11, [A]));
  good(
    'MXB-17',
    'an authoriser that is no user: left to the auth rules',
    plainSignedPdu(member({ ...via, join_authorised_via_users_server: 'bob' }), 11, [A]),
  );
}

function numbers(): void {
  const deep = (levels: number): unknown => (levels === 0 ? 0 : [deep(levels - 1)]);
  good('MXB-4', '512 levels: the event, its content, and 510 arrays', signed({ content: { deep: deep(510) } }));
  bad('MXB-4', '513 levels', signed({ content: { deep: deep(511) } }));
  for (const [why, value] of [
    ['a fraction', 0.5],
    ['an integer beyond 2^53-1', 2 ** 53],
  ] as const)
    bad('MXB-2', `${why} in the content`, { ...signed(), content: { body: value } }, { version: 6 });
  bad('MXB-2', 'a fraction in a member that redaction drops', { ...signed(), extra: 0.5 });
  good('MXB-3', 'version 5: a fraction in the content', signed({ content: { body: 50.57 } }, 5), { version: 5 });
  bad('MXB-3', 'version 5: an integer beyond 2^53-1 in the content', signed({ content: { body: 2 ** 53 } }, 5), { version: 5 });
}

shapes();
lists();
hashes();
sizes();
versions();
signers();
numbers();
const keys = Object.fromEntries(
  [A, B, C].map((one) => [
    one.name,
    {
      [one.keyId]: Buffer.from(createPublicKey(one.secret).export({ format: 'jwk' }).x as string, 'base64url')
        .toString('base64')
        .replaceAll('=', ''),
    },
  ]),
);
const lines = [{ why: 'the keys of the servers that sign below', rule: 'MXB-17', keys }, ...vectors].map((vector) =>
  JSON.stringify(vector),
);
process.stdout.write(`[\n${lines.join(',\n')}\n]\n`);
