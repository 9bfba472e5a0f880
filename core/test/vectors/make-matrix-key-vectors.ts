/**
 * Makes `spec/vectors/matrix/server-keys.json` without the code under test: key documents of Matrix servers, and what their keys make of a signature.
 *
 *     node core/test/vectors/make-matrix-key-vectors.ts > spec/vectors/matrix/server-keys.json
 */
import { sign } from 'node:crypto';
import bs58 from 'bs58';
import { base64, plainKey } from './plain-event.ts';

const DAY = 86_400_000;
const NOW = 1_700_000_000_000;
const MESSAGE = '{"type":"m.room.message"}';
const SERVER = 'a.example';

type Plain = Readonly<Record<string, unknown>>;

const present = plainKey(60);
const old = plainKey(61);
const stranger = plainKey(62);
const rawOf = ({ id }: { readonly id: string }): string => base64(bs58.decode(id.slice('ed25519:'.length)));

/** Appendix "Canonical JSON": these documents have ASCII names, for which the order of code points is that of `sort`. */
function canonical(value: unknown): string {
  if (value === null || typeof value !== 'object') return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(canonical).join(',')}]`;
  const members = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
  return `{${members.map(([name, one]) => `${JSON.stringify(name)}:${canonical(one)}`).join(',')}}`;
}

/** A key document signed by the key `by` under `as`; `after` changes it once it is signed. */
function document(change: Plain = {}, by = present, as = 'ed25519:new', after: Plain = {}): Plain {
  const said: Plain = {
    server_name: SERVER,
    valid_until_ts: NOW + DAY,
    verify_keys: { 'ed25519:new': { key: rawOf(present) } },
    old_verify_keys: { 'ed25519:old': { key: rawOf(old), expired_ts: NOW - 30 * DAY } },
    ...change,
  };
  const signature = base64(sign(null, Buffer.from(canonical(said)), by.secret));
  return { ...said, signatures: { [said['server_name'] as string]: { [as]: signature } }, ...after };
}

const vectors: object[] = [];

interface Signed {
  readonly key?: 'new' | 'old';
  readonly by?: typeof present;
  readonly at?: number;
  readonly server?: string;
  readonly version?: string;
  readonly fetched?: number;
}

function add(
  rule: string,
  why: string,
  documents: readonly (readonly [Plain, boolean])[],
  signed: Signed,
  expect: 'valid' | 'invalid',
): void {
  const { key = 'new', at = NOW, version = '11', fetched = NOW } = signed;
  const secret = (signed.by ?? (key === 'new' ? present : old)).secret;
  vectors.push({
    ...{ why, rule, version, documents: documents.map(([one]) => ({ server_keys: one, fetched_ts: fetched })) },
    signed: {
      ...{ server: signed.server ?? SERVER, key_id: `ed25519:${key}`, origin_server_ts: at, message: MESSAGE },
      signature: base64(sign(null, Buffer.from(MESSAGE), secret)),
    },
    expect: { documents: documents.map(([, counts]) => counts), signature: expect },
  });
}

const whole = [[document(), true]] as const;
add('MXB-19', 'a key in use', whole, {}, 'valid');
add('MXB-19', 'until valid_until_ts', whole, { at: NOW + DAY }, 'valid');
add('MXB-19', 'a millisecond later', whole, { at: NOW + DAY + 1 }, 'invalid');
add('MXB-19', 'until version 4 keys serve for ever', whole, { at: NOW + DAY + 1, version: '4' }, 'valid');
add('MXB-19', 'from version 5 they do not', whole, { at: NOW + DAY + 1, version: '5' }, 'invalid');
const long = [[document({ valid_until_ts: NOW + 365 * DAY }), true]] as const;
add('MXB-19', 'seven days after it was fetched', long, { at: NOW + 7 * DAY }, 'valid');
add('MXB-19', 'a millisecond more, whatever valid_until_ts says', long, { at: NOW + 7 * DAY + 1 }, 'invalid');
add('MXB-19', 'fetched again a day later', long, { at: NOW + 7 * DAY + 1, fetched: NOW + DAY }, 'valid');
add('MXB-19', 'an old key, of its time', whole, { key: 'old', at: NOW - 30 * DAY }, 'valid');
add('MXB-19', 'an old key, after it expired', whole, { key: 'old', at: NOW - 30 * DAY + 1 }, 'invalid');
add('MXB-19', 'an old key in version 3', whole, { key: 'old', version: '3' }, 'valid');
add('MXB-19', 'the key of another server', whole, { server: 'b.example' }, 'invalid');
add('MXB-19', 'another key under this ID', whole, { by: stranger }, 'invalid');
add('MXB-19', 'no document', [], {}, 'invalid');
const rotated = document(
  {
    verify_keys: { 'ed25519:next': { key: rawOf(stranger) } },
    old_verify_keys: { 'ed25519:new': { key: rawOf(present), expired_ts: NOW + 1 } },
  },
  stranger,
  'ed25519:next',
);
add(
  'MXB-19',
  'two documents: the one that lets the key serve longer counts',
  [
    [document(), true],
    [rotated, true],
  ],
  { at: NOW + DAY },
  'valid',
);
add(
  'MXB-21',
  'several keys, of which one has signed',
  [[document({ verify_keys: { 'ed25519:new': { key: rawOf(present) }, 'ed25519:b': { key: rawOf(stranger) } } }), true]],
  {},
  'valid',
);
add(
  'MXB-21',
  'members and algorithms that nobody knows',
  [[document({ motd: 'hello', verify_keys: { 'ed25519:new': { key: rawOf(present) }, 'rsa:1': { key: 'AAAA' } } }), true]],
  {},
  'valid',
);
add(
  'MXB-21',
  'an entry that is no key is passed over',
  [[document({ verify_keys: { 'ed25519:new': { key: rawOf(present) }, 'ed25519:b': { key: 'AAAA' } } }), true]],
  {},
  'valid',
);
add(
  'MXB-21',
  'an old key without expired_ts is passed over',
  [[document({ old_verify_keys: { 'ed25519:old': { key: rawOf(old) } } }), true]],
  { key: 'old', version: '3' },
  'invalid',
);
add('MXB-21', 'signed by an old key alone', [[document({}, old, 'ed25519:old'), false]], {}, 'invalid');
add('MXB-21', 'signed by a stranger', [[document({}, stranger), false]], {}, 'invalid');
add('MXB-21', 'altered after signing', [[document({}, present, 'ed25519:new', { valid_until_ts: NOW + 2 * DAY }), false]], {}, 'invalid');
add(
  'MXB-21',
  'signed in the name of another server',
  [[document({}, present, 'ed25519:new', { server_name: 'b.example' }), false]],
  { server: 'b.example' },
  'invalid',
);
add('MXB-21', 'no signature', [[document({}, present, 'ed25519:new', { signatures: {} }), false]], {}, 'invalid');
add('MXB-21', 'no valid_until_ts', [[document({ valid_until_ts: '1' }), false]], {}, 'invalid');

process.stdout.write(`[\n${vectors.map((one) => ` ${JSON.stringify(one)}`).join(',\n')}\n]\n`);
