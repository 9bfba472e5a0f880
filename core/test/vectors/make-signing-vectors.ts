/**
 * Makes `spec/vectors/signatures.json` (what is signed, and signatures as base64) without the code under test:
 *
 *     node core/test/vectors/make-signing-vectors.ts > spec/vectors/signatures.json
 */
import { sign } from 'node:crypto';
import bs58 from 'bs58';
import canonicalize from 'canonicalize';
import { base64, plainKey } from './plain-event.ts';

const vectors: object[] = [];

for (const seedByte of [0, 1, 255]) {
  const key = plainKey(seedByte);
  const hash = Buffer.alloc(32, 200 + (seedByte % 10));
  const message = Buffer.concat([Buffer.from('openguild.event\n'), hash]);
  vectors.push({
    why: `an event hash signed by the key of a seed of 32 bytes ${seedByte}`,
    kind: 'event',
    input: { seed: Buffer.alloc(32, seedByte).toString('hex'), event_id: `$${bs58.encode(hash)}` },
    expect: { key_id: key.id, message: message.toString('hex'), signature: base64(sign(null, message, key.secret)) },
    rule: 'SIG-1',
  });
}

const root = plainKey(5);
const daily = plainKey(6);
for (const keys of [[root.id], [root.id, daily.id]]) {
  const input = { room_id: `!${bs58.encode(Buffer.alloc(32, 9))}:a.example`, server: 'b.example:8448', root: root.id, keys };
  const message = Buffer.from(`openguild.admission\n${canonicalize(input) as string}`);
  vectors.push({
    why: `a server with ${keys.length} key${keys.length > 1 ? 's' : ''} asks to be admitted`,
    kind: 'admission',
    input: { seed: Buffer.alloc(32, 5).toString('hex'), ...input },
    expect: { key_id: root.id, message: message.toString('hex'), signature: base64(sign(null, message, root.secret)) },
    rule: 'SIG-6',
  });
}

const texts: [string, string, string | null][] = [
  ['the empty text', '', ''],
  ['one byte', 'AA', '00'],
  ['two bytes', 'AQI', '0102'],
  ['three bytes', '+/8A', 'fbff00'],
  ['padding', 'AA==', null],
  ['left-over bits after one byte', 'AB', null],
  ['left-over bits after two bytes', 'AQJ', null],
  ['one character alone', 'A', null],
  ['one character too many', 'AQIDA', null],
  ['the URL alphabet', '-_8A', null],
  ['a space', 'AQ I', null],
  ['a line feed at the end', 'AQID\n', null],
  ['not ASCII', 'AQI\u00e9', null],
];
for (const [why, input, expect] of texts) vectors.push({ why: `base64: ${why}`, kind: 'base64', input, expect, rule: 'SIG-2' });

process.stdout.write(`${JSON.stringify(vectors, null, 1)}\n`);
