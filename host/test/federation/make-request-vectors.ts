/**
 * Makes `spec/federation/requests.json` and `spec/federation/key-documents.json` without the code under test: signature bases (RFC 9421, section 2.5) are put
 * together here, keys and signatures are those of `node:crypto`.
 *
 *     node host/test/federation/make-request-vectors.ts
 */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import bs58 from 'bs58';
import canonicalize from 'canonicalize';

const NOW = 1_760_000_000_000;
const SECONDS = NOW / 1000;
const BODY = '{"edus":[],"origin":"a.example","pdus":[]}';

type Header = readonly [name: string, value: string];

interface Key {
  readonly id: string;
  sign(text: string): string;
}

function keyOf(seedByte: number): Key {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seedByte)]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(secret).export({ format: 'jwk' });
  const id = `ed25519:${bs58.encode(Buffer.from(x as string, 'base64url'))}`;
  return { id, sign: (text) => sign(null, Buffer.from(text), secret).toString('base64') };
}

const published = keyOf(7);
const stranger = keyOf(8);

interface Plan {
  readonly method?: string;
  readonly authority?: string;
  readonly path?: string;
  /** As sent, with its question mark; null: none. */
  readonly query?: string | null;
  readonly body?: string | null;
  readonly origin?: string;
  readonly destination?: string;
  readonly key?: Key;
  readonly parameters?: Readonly<Record<string, string>>;
  readonly without?: string;
  readonly more?: readonly string[];
}

interface Made {
  readonly method: string;
  readonly target: string;
  readonly headers: readonly Header[];
  readonly body: string | null;
  readonly base: string;
}

/** A request, signed as FED-10 to FED-19 ask, but for what the plan changes. */
function request(plan: Plan = {}): Made {
  const body = plan.body === undefined ? BODY : plan.body;
  const method = plan.method ?? (body === null ? 'GET' : 'POST');
  const [authority, path, query] = [plan.authority ?? 'b.example', plan.path ?? '/_federation/send/1', plan.query ?? null];
  const digest = body === null ? [] : [['content-digest', `sha-256=:${createHash('sha256').update(body).digest('base64')}:`] as const];
  const fields: Header[] = [
    ['openguild-origin', plan.origin ?? 'a.example'],
    ['openguild-destination', plan.destination ?? 'b.example'],
    ...digest,
  ];
  const covered: Header[] = [['@method', method], ['@authority', authority], ['@path', path], ['@query', query ?? '?'], ...fields];
  const used = covered.filter(([name]) => name !== plan.without);
  const parameters = {
    ...{ created: String(SECONDS), expires: String(SECONDS + 60), nonce: '"AQEBAQEBAQEBAQEBAQEBAQ"' },
    ...{ keyid: `"${(plan.key ?? published).id}"`, alg: '"ed25519"', tag: '"openguild-federation"', ...plan.parameters },
  };
  const written = Object.entries(parameters).filter(([, value]) => value !== '');
  const input = `(${used.map(([name]) => `"${name}"`).join(' ')})${written.map(([name, value]) => `;${name}=${value}`).join('')}`;
  const base = [...used.map(([name, value]) => `"${name}": ${value}`), `"@signature-params": ${input}`].join('\n');
  const headers: Header[] = [
    ['host', authority],
    ...fields,
    ['signature-input', `openguild=${input}`],
    ['signature', `openguild=:${(plan.key ?? published).sign(base)}:`],
  ];
  return { method, target: `${path}${query ?? ''}`, headers, body, base };
}

interface Change {
  readonly method?: string;
  readonly target?: string;
  readonly body?: string;
  /** Instead of the values of these fields; null: the field goes. */
  readonly headers?: Readonly<Record<string, string | null>>;
  /** More fields at the end. */
  readonly more?: readonly Header[];
}

const cases: object[] = [];

/** `rule`: what the case is about; `refused` by it unless `accepted`. */
function add(rule: string, why: string, made: Made, change: Change = {}, accepted = false): void {
  const kept = made.headers.flatMap(([name, value]): Header[] => {
    const other = change.headers?.[name];
    return other === null ? [] : [[name, other ?? value]];
  });
  const { method = made.method, target = made.target } = change;
  const body = change.body ?? made.body;
  cases.push({
    ...{ why, rule, request: { method, target, headers: [...kept, ...(change.more ?? [])], ...(body === null ? {} : { body }) } },
    ...(accepted ? { signature_base: made.base, expect: 'accepted' } : { expect: 'refused' }),
  });
}

const good = request();
const valueOf = (name: string): string => good.headers.find(([one]) => one === name)?.[1] ?? '';
add('FED-19', 'a request with a body', good, {}, true);
add('FED-19', 'a request without one, with a query', request({ body: null, path: '/_federation/state', query: '?room_id=%21x' }), {}, true);
add('FED-19', 'without a query the component is a question mark alone', request({ body: null, path: '/_federation/state' }), {}, true);
add('FED-19', 'an authority with a port', request({ authority: 'localhost:8008' }), {}, true);
for (const name of ['openguild-origin', 'openguild-destination', 'signature', 'signature-input']) {
  add('FED-10', `${name} is missing`, good, { headers: { [name]: null } });
  add('FED-10', `${name} comes twice`, good, { more: [[name, valueOf(name)]] });
}
add('FED-10', 'content-digest comes twice', good, { more: [['content-digest', valueOf('content-digest')]] });
for (const origin of ['b.example', 'A.example', 'a.example/../x', 'a.example:0', 'user@a.example'])
  add('FED-11', `the origin ${origin}`, request({ origin }));
add('FED-12', 'meant for another server', request({ destination: 'c.example' }));
add('FED-13', 'the body was changed', good, { body: BODY.replace('a.example', 'x.example') });
for (const digest of ['sha-256', 'sha-256=:AAAA:', 'sha-512=:AAAA:'])
  add('FED-13', `the digest ${digest}`, good, { headers: { 'content-digest': digest } });
add('FED-13', 'no digest', good, { headers: { 'content-digest': null } });
add('FED-14', 'another label', good, { headers: { 'signature-input': valueOf('signature-input').replace('openguild=', 'other=') } });
add('FED-14', 'no dictionary', good, { headers: { 'signature-input': '(((' } });
add('FED-14', 'the label twice', good, { headers: { signature: `${valueOf('signature')}, ${valueOf('signature')}` } });
for (const without of ['@method', '@authority', '@path', '@query', 'openguild-origin', 'openguild-destination', 'content-digest'])
  add('FED-15', `${without} is not covered`, request({ without }));
for (const [name, value] of [
  ['created', ''],
  ['expires', ''],
  ['nonce', ''],
  ['keyid', ''],
  ['alg', ''],
  ['tag', ''],
  ['created', '"1"'],
  ['nonce', '"abc"'],
  ['alg', '"hmac-sha256"'],
  ['tag', '"openguild-login"'],
] as const)
  add('FED-16', `${name} ${value === '' ? 'is missing' : `is ${value}`}`, request({ parameters: { [name]: value } }));
const at = (created: number, expires = created + 60): Made =>
  request({ parameters: { created: String(created), expires: String(expires) } });
add('FED-17', 'a clock that is 60 s ahead', at(SECONDS + 60), {}, true);
add('FED-17', 'a clock that is 61 s ahead', at(SECONDS + 61));
add('FED-17', 'expired 60 s ago', at(SECONDS - 120), {}, true);
add('FED-17', 'expired 61 s ago', at(SECONDS - 121));
add('FED-17', 'alive for 61 s', at(SECONDS, SECONDS + 61));
add('FED-17', 'dead at once', at(SECONDS, SECONDS));
add('FED-18', 'a key that the origin does not publish', request({ key: stranger }));
add('FED-19', 'another method', good, { method: 'PUT' });
add('FED-19', 'another path', good, { target: '/_federation/send/2' });
add('FED-19', 'a query that was not signed', good, { target: '/_federation/send/1?x' });
add('FED-19', 'another authority', good, { headers: { host: 'c.example' } });
add('FED-19', 'the signature of another request', good, {
  headers: { signature: request({ parameters: { nonce: '"AgICAgICAgICAgICAgICAg"' } }).headers.at(-1)?.[1] ?? '' },
});

const setting = { receiver: 'b.example', now: NOW, keys: { 'a.example': [published.id] } };
const lines = (all: readonly object[]): string => all.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
const folder = new URL('../../../spec/federation/', import.meta.url);
writeFileSync(new URL('requests.json', folder), `{"setting": ${JSON.stringify(setting)}, "cases": [\n${lines(cases)}\n]}\n`);

/* FED-3. Key documents. */
const root = keyOf(5);
const documents: object[] = [];
function addDocument(
  why: string,
  change: Readonly<Record<string, unknown>>,
  after: Readonly<Record<string, unknown>> = {},
  until: number | null = null,
): void {
  const said = { server_name: 'a.example', root: root.id, keys: [published.id, root.id], valid_until_ts: NOW + 3_600_000, ...change };
  const signature = root.sign(`openguild.keys\n${canonicalize(said)}`).replaceAll('=', '');
  documents.push({
    why,
    rule: 'FED-3',
    document: { ...said, signature, ...after },
    expect: until === null ? null : { valid_until_ts: until },
  });
}
addDocument('a document', {}, {}, NOW + 3_600_000);
addDocument('members that nobody knows are not signed and not read', {}, { motd: 'hello' }, NOW + 3_600_000);
addDocument('it counts for a week at most', { valid_until_ts: NOW + 30 * 86_400_000 }, {}, NOW + 7 * 86_400_000);
addDocument('another server', { server_name: 'c.example' });
addDocument('expired', { valid_until_ts: NOW });
addDocument('no keys', { keys: [] });
addDocument('five keys', { keys: [1, 2, 3, 4, 5].map((seed) => keyOf(seed).id) });
addDocument('one key twice', { keys: [published.id, published.id] });
addDocument('what is no key ID', { keys: ['ed25519:1'] });
addDocument('altered after signing', {}, { keys: [stranger.id] });
addDocument('signed by another key than the root', {}, { signature: published.sign('x').replaceAll('=', '') });
addDocument('no signature', {}, { signature: undefined });
writeFileSync(
  new URL('key-documents.json', folder),
  `{"setting": ${JSON.stringify({ server: 'a.example', now: NOW })}, "cases": [\n${lines(documents)}\n]}\n`,
);
