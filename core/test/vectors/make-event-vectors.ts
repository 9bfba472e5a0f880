/**
 * Makes `spec/vectors/events.json` without the code under test:
 *
 *     node core/test/vectors/make-event-vectors.ts > spec/vectors/events.json
 */
import bs58 from 'bs58';
import { base64, type Pdu, plainId, plainKey, plainRedacted, plainSigned, plainSignature, plainSize, without } from './plain-event.ts';

const VERSION = 'org.openguild.1';
const A = plainKey(1);
const A2 = plainKey(2);
const B = plainKey(3);
const PERSON = plainKey(4);
const TIME = 1_733_359_200_123;

const ids = Array.from({ length: 40 }, (_, i) => `$${bs58.encode(Buffer.alloc(32, i + 1))}`).sort((a, b) =>
  Buffer.compare(Buffer.from(a), Buffer.from(b)),
);
const ROOM = `!${bs58.encode(Buffer.alloc(32, 99))}:a.example`;

interface Expected {
  /** True: only the redacted form is kept, because of `rule`. */
  readonly redacted?: boolean;
  readonly signatures?: 'valid' | 'invalid';
  /** The stored copy, where it differs from the input in more than redaction. */
  readonly stored?: Pdu;
}

const vectors: object[] = [];

function good(rule: string, why: string, input: Pdu, expected: Expected = {}, more: object = {}): void {
  const event_id = plainId(input);
  const room_id = input['room_id'] ?? `!${event_id.slice(1)}:${input['origin_server'] as string}`;
  vectors.push({ why, input, ...more, expect: { event_id, room_id, redacted: false, signatures: 'valid', ...expected }, rule });
}

function bad(rule: string, why: string, input: unknown, more: object = {}): void {
  vectors.push({ why, input, ...more, expect: null, rule });
}

function author(user: string): Pdu {
  return { sender: user, origin_server: user.slice(user.indexOf(':') + 1), origin_ts: TIME };
}

const barePlainMessage: Pdu = {
  ...author('@alice:a.example'),
  type: 'm.room.message',
  room_id: ROOM,
  content: { body: 'Hello', nested: { deep: [1, null, true] } },
  prev_events: ids.slice(0, 2),
  auth_events: ids.slice(2, 5),
};
const bareMessage: Pdu = { ...without(barePlainMessage, 'auth_events'), guild_heads: ids.slice(5, 6) };
const bareCreate: Pdu = {
  ...author('@alice:a.example'),
  type: 'm.guild.create',
  state_key: '',
  content: { room_version: VERSION, root: A2.id, keys: [A2.id, A.id], name: 'not kept' },
  prev_events: [],
  auth_events: [],
};
const bareChannel: Pdu = {
  ...author('@alice:a.example'),
  type: 'm.channel.create',
  state_key: '',
  content: { room_version: VERSION, guild: ROOM, kind: 'text' },
  prev_events: [],
  guild_heads: ids.slice(0, 1),
};
const bareJoin: Pdu = {
  ...author('@bob:b.example:8448'),
  type: 'm.room.member',
  room_id: ROOM,
  state_key: '@bob:b.example:8448',
  content: { membership: 'join', root: B.id, join_authorised_via: '@alice:a.example', displayname: 'Bob' },
  prev_events: ids.slice(0, 1),
  auth_events: [],
};
const byA = [['a.example', A]] as const;
const signed = (bare: Pdu): Pdu => plainSigned(bare, byA);
const message = signed(bareMessage);
const create = signed(bareCreate);
const change = (name: string, value: unknown): Pdu => signed({ ...bareMessage, [name]: value });

function whole(): void {
  good('EV-2', 'a message in a channel', message);
  good('EV-2', 'a message in a plain room', signed(barePlainMessage));
  good('EV-7', "a guild's create event: the room ID follows from it", create);
  good('EV-7', "a channel's create event", signed(bareChannel));
  good(
    'EV-11',
    'a join that another server signs too',
    plainSigned(bareJoin, [
      ['b.example:8448', B],
      ['a.example', A],
    ]),
  );
  good(
    'EV-11',
    "signed with a person's own key too",
    plainSigned(bareMessage, [
      ['a.example', A],
      ['@alice:a.example', PERSON],
    ]),
  );
  good('EV-5', 'a merge, sent by the bare server', signed({ ...bareMessage, ...author('@:a.example'), type: 'm.room.merge', content: {} }));
  good('EV-21', '`unsigned` is dropped, whatever is in it', { ...message, unsigned: [{ age: 1 }] }, { stored: message });
  const extra = {
    'a.example': { ...(message['signatures'] as Record<string, object>)['a.example'], [B.id]: 'nonsense' },
    'no name': { [B.id]: 1 },
  };
  good('EV-21', 'signatures by keys that `signed_by` does not name are dropped', { ...message, signatures: extra }, { stored: message });
}

function members(): void {
  for (const [why, value] of [
    ['null', null],
    ['an array', [message]],
    ['a string', 'event'],
    ['a number', 1],
  ] as const)
    bad('EV-2', `${why} instead of an event`, value);
  for (const name of Object.keys(message))
    if (name !== 'room_id' && name !== 'guild_heads') bad('EV-2', `${name} is missing`, without(message, name));
  for (const name of ['depth', 'event_id', 'redacts', 'Type', ''])
    bad('EV-2', `a member ${JSON.stringify(name)}`, { ...message, [name]: 1 });
  bad('EV-2', 'a member "__proto__"', Object.defineProperty({ ...message }, '__proto__', { value: {}, enumerable: true }));
  for (const [why, value] of [
    ['null', null],
    ['an array', []],
    ['a string', ''],
  ] as const)
    bad('EV-2', `content is ${why}`, { ...message, content: value });
  bad('EV-3', 'the type is empty', change('type', ''));
  bad('EV-3', 'the type is a number', change('type', 1));
  bad('EV-3', 'the type holds NUL', change('type', 'm.x\u0000'));
  bad('EV-3', 'the type holds U+0085', change('type', 'm.x\u0085'));
  bad('EV-3', 'a type of 256 bytes in 128 characters', change('type', '\u00e9'.repeat(128)));
  good('EV-3', 'a type of 255 bytes', change('type', `x${'\u00e9'.repeat(127)}`));
  bad('EV-4', 'the state key is null', change('state_key', null));
  bad('EV-4', 'the state key is an object', change('state_key', {}));
  bad('EV-4', 'the state key holds a line feed', change('state_key', 'a\nb'));
  bad('EV-4', 'a state key of 256 bytes in 64 characters', change('state_key', '\u{1f602}'.repeat(64)));
  good('EV-4', 'a state key of 255 bytes', change('state_key', `abc${'\u{1f602}'.repeat(63)}`));
  good('EV-4', 'an empty state key', change('state_key', ''));
  bad('EV-5', 'the sender is no user ID', change('sender', 'alice'));
  bad('EV-5', 'the sender is in upper case', change('sender', '@Alice:a.example'));
  bad('EV-5', 'the sender is a list', change('sender', ['@alice:a.example']));
  bad('EV-5', "origin_server is not the sender's", change('origin_server', 'b.example'));
  bad('EV-5', 'origin_server lacks the port', signed({ ...bareMessage, sender: '@alice:a.example:1', origin_server: 'a.example' }));
  bad('EV-6', 'origin_ts is negative', change('origin_ts', -1));
  bad('EV-6', 'origin_ts is a string', change('origin_ts', '1'));
  bad('EV-6', 'origin_ts is null', change('origin_ts', null));
  good('EV-6', 'origin_ts is 0', change('origin_ts', 0));
  good('EV-6', 'origin_ts is 2^53-1', change('origin_ts', Number.MAX_SAFE_INTEGER));
}

function rooms(): void {
  bad('EV-7', 'no room_id in a message', without(message, 'room_id'));
  bad('EV-7', 'room_id is no room ID', change('room_id', '!room:a.example'));
  bad('EV-7', 'room_id is null', change('room_id', null));
  bad('EV-7', 'a room_id in a create event', signed({ ...bareCreate, room_id: ROOM }));
  bad('EV-7', 'a create event without state key', signed(without(bareCreate, 'state_key')));
  bad('EV-7', 'a create event with a state key', signed({ ...bareCreate, state_key: 'x' }));
  bad('EV-7', 'a create event that names no version', signed({ ...bareCreate, content: { root: A.id, keys: [A.id] } }));
  bad('EV-7', 'a create event of another version', signed({ ...bareCreate, content: { room_version: '12', root: A.id, keys: [A.id] } }));
  const far = `${Array(3).fill('a'.repeat(63)).join('.')}.${'b'.repeat(38)}`;
  bad(
    'EV-7',
    'a create event by a server whose room IDs would be too long',
    plainSigned({ ...bareCreate, ...author(`@a:${far}`) }, [[far, A]]),
  );
  bad('EV-1', 'an unknown version: nothing can be judged', create, { version: 'org.openguild.unknown' });
  bad('EV-1', 'no version named "__proto__"', create, { version: '__proto__' });
}

function cites(): void {
  bad('EV-8', 'no prev event', change('prev_events', []));
  bad('EV-8', '21 prev events', change('prev_events', ids.slice(0, 21)));
  good('EV-8', '20 prev events', change('prev_events', ids.slice(0, 20)));
  bad('EV-8', 'a prev event twice', change('prev_events', [ids[0], ids[0]]));
  bad('EV-8', 'prev events out of order', change('prev_events', [ids[1], ids[0]]));
  bad('EV-8', 'prev events in an object', change('prev_events', { 0: ids[0] }));
  bad('EV-8', 'a prev event that is no event ID', change('prev_events', ['$abc']));
  bad('EV-8', 'a prev event that is a number', change('prev_events', [1]));
  bad('EV-8', 'a create event with a prev event', signed({ ...bareCreate, prev_events: ids.slice(0, 1) }));
  bad('EV-9', 'auth_events and guild_heads', change('auth_events', ids.slice(0, 1)));
  bad('EV-9', 'neither auth_events nor guild_heads', signed(without(bareMessage, 'guild_heads')));
  bad('EV-9', "a channel's create event with auth_events", signed({ ...without(bareChannel, 'guild_heads'), auth_events: [] }));
  bad('EV-9', "a guild's create event with guild_heads", signed({ ...without(bareCreate, 'auth_events'), guild_heads: ids.slice(0, 1) }));
  bad('EV-9', 'a create event with an auth event', signed({ ...bareCreate, auth_events: ids.slice(0, 1) }));
  bad('EV-9', '11 auth events', signed({ ...barePlainMessage, auth_events: ids.slice(0, 11) }));
  good('EV-9', '10 auth events', signed({ ...barePlainMessage, auth_events: ids.slice(0, 10) }));
  good('EV-9', 'no auth events', signed({ ...barePlainMessage, auth_events: [] }));
  bad('EV-9', 'auth events out of order', signed({ ...barePlainMessage, auth_events: [ids[3], ids[1]] }));
  bad('EV-9', 'auth_events is null', signed({ ...barePlainMessage, auth_events: null }));
  bad('EV-10', 'no guild head', change('guild_heads', []));
  bad('EV-10', '11 guild heads', change('guild_heads', ids.slice(0, 11)));
  good('EV-10', '10 guild heads', change('guild_heads', ids.slice(0, 10)));
  bad('EV-10', 'a guild head twice', change('guild_heads', [ids[0], ids[0]]));
}

function signers(): void {
  const many = Array.from({ length: 9 }, (_, i) => ['a.example', plainKey(10 + i)] as const);
  good('EV-11', '8 signatures', plainSigned(bareMessage, many.slice(0, 8)));
  bad('EV-11', '9 signatures', plainSigned(bareMessage, many));
  bad('EV-11', 'nobody signs', plainSigned(bareMessage, []));
  bad('EV-11', 'a key twice', signed({ ...bareMessage, signed_by: [A.id, A.id] }));
  bad('EV-11', 'signed_by is a string', signed({ ...bareMessage, signed_by: A.id }));
  bad('EV-11', 'a key of an unknown algorithm', signed({ ...bareMessage, signed_by: [A.id.replace('ed25519', 'ed448')] }));
  bad('EV-11', 'a key of 31 bytes', signed({ ...bareMessage, signed_by: [`ed25519:${bs58.encode(Buffer.alloc(31, 1))}`] }));
  const hash = (message['hashes'] as Pdu)['blake3'];
  bad('EV-12', 'a second hash', { ...message, hashes: { blake3: hash, sha256: hash } });
  bad('EV-12', 'another hash', { ...message, hashes: { sha256: hash } });
  bad('EV-12', 'no hash', { ...message, hashes: {} });
  bad('EV-12', 'hashes is a string', { ...message, hashes: hash });
  bad('EV-12', 'a hash in hexadecimal', { ...message, hashes: { blake3: '00'.repeat(32) } });
}

function nested(levels: number): unknown {
  return levels === 0 ? 1 : [nested(levels - 1)];
}

function contents(): void {
  good('EV-13', '64 levels', change('content', { body: nested(62) }));
  good('EV-13', '65 levels, the deepest in what redaction removes', change('content', { body: nested(63) }), { redacted: true });
  bad(
    'EV-13',
    '65 levels, the deepest in what redaction keeps',
    signed({ ...bareMessage, type: 'm.guild.authority', content: { roles: nested(63) } }),
  );
  const filled = (type: string, key: string, times: number): Pdu => signed({ ...bareMessage, type, content: { [key]: 'x'.repeat(times) } });
  const sized = (why: string, type: string, key: string, bytes: number, expected: Expected | null): void => {
    const times = bytes - plainSize(filled(type, key, 0));
    const event = filled(type, key, times);
    const hollow = { ...event, content: { [key]: '' } };
    const more = { fill: { member: key, text: 'x', times } };
    if (expected === null) bad('EV-14', why, hollow, more);
    else good('EV-14', why, hollow, { event_id: plainId(event), ...expected } as Expected, more);
  };
  sized('65,536 bytes', 'm.room.message', 'body', 65_536, {});
  sized('65,537 bytes, in what redaction removes', 'm.room.message', 'body', 65_537, { redacted: true });
  sized('a megabyte, in what redaction removes', 'm.room.message', 'body', 1_000_000, { redacted: true });
  sized('65,537 bytes, in what redaction keeps', 'm.guild.authority', 'roles', 65_537, null);
  good('EV-15', 'altered content', { ...message, content: { body: 'Bye' } }, { redacted: true });
  good('EV-15', 'content that is added', { ...message, content: { ...(message['content'] as object), more: 1 } }, { redacted: true });
  good('EV-15', 'a redacted copy', plainRedacted(message), { redacted: true });
  const join = plainSigned(bareJoin, [
    ['b.example:8448', B],
    ['a.example', A],
  ]);
  good('RED-3', 'a redacted join keeps its ID, its signatures and what the rules read', plainRedacted(join), {
    redacted: true,
    stored: plainRedacted(join),
  });
  good('EV-15', 'a redacted create event: the room ID stays', plainRedacted(create), { redacted: true });
  good(
    'EV-15',
    'an altered hash is another event',
    { ...message, hashes: { blake3: bs58.encode(Buffer.alloc(32, 7)) } },
    { redacted: true, signatures: 'invalid' },
  );
  good(
    'EV-16',
    'redactable content is not under the event ID, `hashes` is: one other letter and all is other',
    change('content', { body: 'Hallo' }),
  );
  good(
    'EV-16',
    'an altered time stamp makes another ID, which nobody signed',
    { ...message, origin_ts: TIME + 1 },
    { redacted: true, signatures: 'invalid' },
  );
  good(
    'RED-1',
    'a redacted copy with `unsigned`',
    { ...plainRedacted(create), unsigned: { age: 1 } },
    { redacted: true, stored: plainRedacted(create) },
  );
  good(
    'EV-20',
    'several faults at once, all in what redaction removes',
    { ...message, content: { body: nested(70), more: 'x' } },
    { redacted: true },
  );
  good(
    'EV-20',
    'altered content of a join: what the rules read stays',
    { ...join, content: { ...(join['content'] as object), displayname: 'Rob' } },
    { redacted: true },
  );
}

function signatures(): void {
  const given = (message['signatures'] as Record<string, Record<string, string>>)['a.example'] as Record<string, string>;
  const text = given[A.id] as string;
  const by = (table: unknown): Pdu => ({ ...message, signatures: table });
  bad('EV-17', 'signatures is an array', by([]));
  bad('EV-17', 'signatures is null', by(null));
  bad('EV-17', "a server's signatures are a string", by({ 'a.example': text }));
  bad('EV-17', "a server's signatures are an array, beside good ones", by({ 'a.example': given, 'b.example': [] }));
  bad('EV-18', 'no signature', by({}));
  bad('EV-18', 'only a signature by another key', by({ 'a.example': { [B.id]: text } }));
  bad('EV-18', 'the same signature under two names', by({ 'a.example': given, 'b.example': given }));
  bad('EV-18', "the origin server's signature under another name", by({ 'b.example': given }));
  const second = plainSigned(bareMessage, [
    ['a.example', A],
    ['@alice:a.example', PERSON],
  ]);
  const table = second['signatures'] as Record<string, object>;
  bad('EV-18', 'one of two signatures is missing', { ...second, signatures: without(table, '@alice:a.example') });
  bad('EV-18', 'the second signature stands under what is no name', {
    ...second,
    signatures: { 'a.example': table['a.example'], 'no name': table['@alice:a.example'] },
  });
  bad('EV-19', 'a signature with padding', by({ 'a.example': { [A.id]: `${text}==` } }));
  bad('EV-19', 'a signature of 63 bytes', by({ 'a.example': { [A.id]: base64(Buffer.from(text, 'base64').subarray(1)) } }));
  bad('EV-19', 'a signature in the URL alphabet', by({ 'a.example': { [A.id]: `-_${text.slice(2)}` } }));
  bad(
    'EV-19',
    'a signature whose last character holds left-over bits',
    by({ 'a.example': { [A.id]: text.slice(0, -1) + (/[AQgw]/.test(text.at(-1) as string) ? 'B' : 'A') } }),
  );
  bad('EV-19', 'a signature with a line feed', by({ 'a.example': { [A.id]: `${text}\n` } }));
  bad('EV-19', 'a signature that is null', by({ 'a.example': { [A.id]: null } }));
  good('SIG-5', 'a signature by another key, put under this one', by({ 'a.example': { [A.id]: plainSignature(message, B) } }), {
    signatures: 'invalid',
  });
  const high = Buffer.from(text, 'base64');
  high[63] = (high[63] as number) | 0x80;
  good('SIG-3', 'a signature with S too great', by({ 'a.example': { [A.id]: base64(high) } }), { signatures: 'invalid' });
  const zero = `ed25519:${bs58.encode(Buffer.alloc(32))}`;
  const small: Pdu = {
    ...signed({ ...bareMessage, signed_by: [zero] }),
    signatures: { 'a.example': { [zero]: base64(Buffer.alloc(64)) } },
  };
  good('KEY-4', 'signed by a key of small order (y = 0)', small, { signatures: 'invalid' });
}

whole();
members();
rooms();
cites();
signers();
contents();
signatures();
process.stdout.write(`${JSON.stringify(vectors, null, 1)}\n`);
