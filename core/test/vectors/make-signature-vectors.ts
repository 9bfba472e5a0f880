/**
 * Makes `spec/vectors/signatures-edge.json`, from points rather than from the code under test:
 *
 *     node core/test/vectors/make-signature-vectors.ts > spec/vectors/signatures-edge.json
 */
import { Point } from '@noble/ed25519';
import { sha512 } from '@noble/hashes/sha2.js';
import { utf8ToBytes } from '@noble/hashes/utils.js';

const { n: L, p: P } = Point.CURVE();
const B = Point.BASE;
const IDENTITY = Point.ZERO;

interface Made {
  readonly key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
}

const vectors: object[] = [];

function add(why: string, made: Made, rule: string, valid = false): void {
  const input = { public_key: hex(made.key), message: hex(made.message), signature: hex(made.signature) };
  vectors.push({ why, input, expect: valid ? 'valid' : 'invalid', rule });
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function encode(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}

function decode(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}

function join(...parts: Uint8Array[]): Uint8Array {
  return Uint8Array.from(parts.flatMap((part) => [...part]));
}

function times(point: Point, scalar: bigint): Point {
  return scalar === 0n || point.is0() ? IDENTITY : point.multiply(scalar, false);
}

/** The hash that binds a signature, reduced: encodings enter as they are. */
function challenge(r: Uint8Array, key: Uint8Array, message: Uint8Array): bigint {
  return decode(sha512(join(r, key, message))) % L;
}

/** The first of the messages "0", "1", ... for which the challenge suits. */
function messageWhere(r: Uint8Array, key: Uint8Array, suits: (h: bigint) => boolean): Uint8Array {
  for (let i = 0; ; i++) {
    const message = utf8ToBytes(String(i));
    if (suits(challenge(r, key, message))) return message;
  }
}

const a = decode(sha512(utf8ToBytes('openguild vectors: secret'))) % L;
const nonce = decode(sha512(utf8ToBytes('openguild vectors: nonce'))) % L;
const A = times(B, a);
const R = times(B, nonce);
const message = utf8ToBytes('openguild');

/** What the owner of the secret would make, with any encoding of key and R. */
function signed(key: Uint8Array, r: Uint8Array, text: Uint8Array, k: bigint): Made {
  return { key, message: text, signature: join(r, encode((k + challenge(r, key, text) * a) % L)) };
}

function pointOfOrder8(): Point {
  for (let y = 2n; ; y++) {
    let point: Point;
    try {
      point = Point.fromBytes(encode(y));
    } catch {
      continue;
    }
    const torsion = point.multiply(L - 1n, false).add(point);
    if (!torsion.double().double().is0()) return torsion;
  }
}

const T8 = pointOfOrder8();
const T4 = T8.double();
const T2 = T4.double();
const TORSION: [number, Point][] = [
  [1, IDENTITY],
  [2, T2],
  [4, T4],
  [8, T8],
];

function published(): void {
  const rows: [string, string, string, string][] = [
    [
      '1',
      'd75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a',
      '',
      'e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b',
    ],
    [
      '2',
      '3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c',
      '72',
      '92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00',
    ],
    [
      '3',
      'fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025',
      'af82',
      '6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc6594a7c15e9716ed28dc027beceea1ec40a',
    ],
  ];
  for (const [name, key, text, signature] of rows) {
    const [k, m, s] = [key, text, signature].map((part) => new Uint8Array(Buffer.from(part, 'hex'))) as [
      Uint8Array,
      Uint8Array,
      Uint8Array,
    ];
    add(`RFC 8032 section 7.1, test ${name}`, { key: k, message: m, signature: s }, 'SIG-5', true);
  }
}

function plain(): void {
  const good = signed(A.toBytes(), R.toBytes(), message, nonce);
  const s = decode(good.signature.slice(32));
  add('an honest signature', good, 'SIG-5', true);
  add('another message', { ...good, message: utf8ToBytes('openguilt') }, 'SIG-5');
  add('the empty message', { ...good, message: new Uint8Array() }, 'SIG-5');
  add('another key', { ...good, key: times(B, a + 1n).toBytes() }, 'SIG-5');
  add('the negated key', { ...good, key: A.negate().toBytes() }, 'SIG-5');
  add('S plus one', { ...good, signature: join(R.toBytes(), encode((s + 1n) % L)) }, 'SIG-5');
  add('S negated', { ...good, signature: join(R.toBytes(), encode(L - s)) }, 'SIG-5');
  add('R negated', { ...good, signature: join(R.negate().toBytes(), encode(s)) }, 'SIG-5');
  add('R and S the other way round', { ...good, signature: join(encode(s), R.toBytes()) }, decode(R.toBytes()) >= L ? 'SIG-3' : 'SIG-5');
  add('S = 0', { ...good, signature: join(R.toBytes(), encode(0n)) }, 'SIG-5');
  add('S + L', { ...good, signature: join(R.toBytes(), encode(s + L)) }, 'SIG-3');
  add('S + 8L', { ...good, signature: join(R.toBytes(), encode(s + 8n * L)) }, 'SIG-3');
  add('S with the highest bit set', { ...good, signature: join(R.toBytes(), encode(s | (1n << 255n))) }, 'SIG-3');
  add('S = L', { ...good, signature: join(R.toBytes(), encode(L)) }, 'SIG-3');
  add('63 bytes', { ...good, signature: good.signature.slice(0, 63) }, 'SIG-2');
  add('65 bytes', { ...good, signature: join(good.signature, new Uint8Array(1)) }, 'SIG-2');
  add('the empty signature', { ...good, signature: new Uint8Array() }, 'SIG-2');
  add('a signature of zeros', { ...good, signature: new Uint8Array(64) }, 'SIG-5');
}

/** Keys that no honest person has. The equation may well hold. */
function oddKeys(): void {
  const oddEncodings: [string, Uint8Array][] = [
    ['A with y = p (stands for y = 0, of order 4)', encode(P)],
    ['A with y = p + 1 (stands for the identity)', encode(P + 1n)],
    ['A with y = 2^255 - 1 (p + 18)', encode((1n << 255n) - 1n)],
    ['A = (0, 1) with the sign bit set', encode(1n | (1n << 255n))],
    ['A = (0, -1) with the sign bit set', encode((P - 1n) | (1n << 255n))],
  ];
  for (const [why, key] of oddEncodings) {
    const text = messageWhere(R.toBytes(), key, (h) => h % 8n === 0n);
    add(why, { key, message: text, signature: join(R.toBytes(), encode(nonce)) }, 'KEY-1');
  }
  add('a key of 31 bytes', { ...signed(A.toBytes(), R.toBytes(), message, nonce), key: A.toBytes().slice(0, 31) }, 'KEY-1');
  add('a key of 33 bytes', { ...signed(A.toBytes(), R.toBytes(), message, nonce), key: join(A.toBytes(), new Uint8Array(1)) }, 'KEY-1');
  add('the empty key', { ...signed(A.toBytes(), R.toBytes(), message, nonce), key: new Uint8Array() }, 'KEY-1');
  add('A is not on the curve (y = 2)', { key: encode(2n), message, signature: join(R.toBytes(), encode(nonce)) }, 'KEY-2');
  add('A is not on the curve (y = p - 2)', { key: encode(P - 2n), message, signature: join(R.toBytes(), encode(nonce)) }, 'KEY-2');
  for (const [order, point] of TORSION) {
    const key = point.toBytes();
    const rule = order === 1 ? 'KEY-3' : 'KEY-4';
    const signature = join(R.toBytes(), encode(nonce));
    const holds = messageWhere(R.toBytes(), key, (h) => h % BigInt(order) === 0n);
    add(`A of order ${order}: the equation holds without the cofactor`, { key, message: holds, signature }, rule);
    if (order === 1) continue;
    const fails = messageWhere(R.toBytes(), key, (h) => h % BigInt(order) !== 0n);
    add(`A of order ${order}: the equation holds only with the cofactor`, { key, message: fails, signature }, rule);
  }
  const mixed = A.add(T8).toBytes();
  const even = messageWhere(R.toBytes(), mixed, (h) => h % 8n === 0n);
  add('A of mixed order, h a multiple of 8: both equations hold', signed(mixed, R.toBytes(), even, nonce), 'KEY-4');
  const odd = messageWhere(R.toBytes(), mixed, (h) => h % 8n !== 0n);
  add('A of mixed order: the equation holds only with the cofactor', signed(mixed, R.toBytes(), odd, nonce), 'KEY-4');
  for (const [point, order] of [
    [T2, 2],
    [T4, 4],
  ] as const) {
    const key = A.add(point).toBytes();
    const text = messageWhere(R.toBytes(), key, (h) => h % BigInt(order) === 0n);
    add(`A with a component of order ${order}: both equations hold`, signed(key, R.toBytes(), text, nonce), 'KEY-4');
  }
  // The key adds [h]T, so R - T cancels it wherever h is 1 modulo 8.
  const mixedR = R.add(T8.negate()).toBytes();
  const cancels = messageWhere(mixedR, mixed, (h) => h % 8n === 1n);
  add('A and R of mixed order, cancelling: the equation holds without the cofactor', signed(mixed, mixedR, cancels, nonce), 'KEY-4');
  const differs = messageWhere(mixedR, mixed, (h) => h % 8n !== 1n);
  add('A and R of mixed order, not cancelling', signed(mixed, mixedR, differs, nonce), 'KEY-4');
  const small = T8.toBytes();
  const smallCancels = messageWhere(mixedR, small, (h) => h % 8n === 1n);
  add(
    'A of order 8 and R of mixed order, cancelling',
    { key: small, message: smallCancels, signature: join(mixedR, encode(nonce)) },
    'KEY-4',
  );
}

/** An honest key, and an R that only its owner can choose. Libraries that multiply by the cofactor accept most of these. */
function oddR(): void {
  const key = A.toBytes();
  add('R is the identity: S = h·a, the equation holds', signed(key, IDENTITY.toBytes(), message, 0n), 'SIG-4');
  add('R is the identity, encoded with y = p + 1', signed(key, encode(P + 1n), message, 0n), 'SIG-5');
  add('R is the identity, encoded with the sign bit set', signed(key, encode(1n | (1n << 255n)), message, 0n), 'SIG-5');
  add('R has y = p, which stands for order 4', signed(key, encode(P), message, 0n), 'SIG-5');
  add('R is not on the curve', signed(key, encode(2n), message, nonce), 'SIG-5');
  for (const [order, point] of TORSION.slice(1))
    add(`R of order ${order}: the equation holds only with the cofactor`, signed(key, point.toBytes(), message, 0n), 'SIG-5');
  for (const [order, point] of TORSION.slice(1)) {
    add(
      `R of mixed order (a component of order ${order}): the equation holds only with the cofactor`,
      signed(key, R.add(point).toBytes(), message, nonce),
      'SIG-5',
    );
  }
  add('S = 0, A = R = identity', { key: IDENTITY.toBytes(), message, signature: join(IDENTITY.toBytes(), encode(0n)) }, 'SIG-4');
}

published();
plain();
oddKeys();
oddR();
process.stdout.write(`${JSON.stringify(vectors, null, 1)}\n`);
