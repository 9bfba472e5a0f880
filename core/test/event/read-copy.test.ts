import { expect } from 'chai';
import fc from 'fast-check';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import { checkCopy, readCopy } from '../../src/event/check-copy.ts';
import { canonicalJson } from '../../src/json/canonical.ts';
import { type JsonLimits, readJson, readText } from '../../src/json/read.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import { roomVersion, type RoomVersion } from '../../src/version/room-version.ts';
import { anyJson, anyText } from '../json/arbitrary-json.ts';
import { holds } from '../vectors/random.ts';
import { anyEvent, NATIVE } from './arbitrary-event.ts';

interface Sent {
  readonly pdu: JsonObject;
  readonly version: RoomVersion;
}

const native: fc.Arbitrary<Sent> = anyEvent.map(({ pdu }) => ({ pdu, version: NATIVE }));

const matrix: fc.Arbitrary<Sent> = fc
  .record({
    version: fc.constantFrom('3', '10', '11', '12').map((id) => roomVersion(id) as RoomVersion),
    type: fc.constantFrom('m.room.message', 'm.room.member', 'm.room.power_levels', 'org.example.custom'),
    content: fc.dictionary(fc.oneof(anyText, fc.constantFrom('membership', 'users', 'body')), anyJson, { maxKeys: 4 }),
    more: fc.constantFrom({}, { redacts: '$x', 'org.example.more': [1, { b: 2, a: 'é' }] }),
    state_key: fc.constantFrom(undefined, '', '@alice:a.example'),
  })
  .map(({ version, type, content, more, state_key }) => {
    const signer = { ...signerFromSeed(new Uint8Array(32).fill(1)), key_id: 'ed25519:1' };
    const fields = {
      ...{ type, sender: '@alice:a.example', room_id: '!room:a.example', origin_ts: 5, depth: 7, prev_events: ['$a'], auth_events: ['$b'] },
      ...{ content: { ...content } as JsonObject, more },
      ...(state_key === undefined ? {} : { state_key }),
    };
    return { pdu: buildEvent(fields, version, [signer]).pdu, version };
  });

/** How a copy may be written, and what may be wrong with it. */
const anyWriting: fc.Arbitrary<(pdu: JsonObject) => string> = fc.constantFrom<((pdu: JsonObject) => string)[]>(
  (pdu) => canonicalJson(pdu),
  (pdu) => JSON.stringify(pdu),
  (pdu) => JSON.stringify(pdu, null, 1),
  (pdu) => ` ${canonicalJson(pdu)}`,
  (pdu) => canonicalJson({ ...pdu, unsigned: { age: 1 } }),
  (pdu) => canonicalJson({ ...pdu, content: { ...(pdu['content'] as JsonObject), other: 1 } }),
  (pdu) => canonicalJson({ ...pdu, content: { ...(pdu['content'] as JsonObject), large: 'é'.repeat(9_000) } }),
  (pdu) => canonicalJson({ ...pdu, content: { too: 'x'.repeat(70_000) } }),
  (pdu) => canonicalJson({ ...pdu, content: { deep: nested(90) } }),
  (pdu) => canonicalJson({ ...pdu, content: { deep: nested(62) } }),
  (pdu) => canonicalJson(pdu).replace('"content":{', '"content":{"!":0.5,'),
  (pdu) => canonicalJson(pdu).replace('"content":{', '"content":{"!":-0,'),
  (pdu) => canonicalJson({ ...pdu, signatures: { 'a.example': {}, 'b.example': { 'ed25519:1': 'x' } } }),
  (pdu) => canonicalJson({ ...pdu, extra: { a: 1 } }),
);

function nested(levels: number): JsonValue {
  let value: JsonValue = 1;
  for (let i = 0; i < levels; i++) value = [value];
  return value;
}

describe('readCopy', () => {
  it('gives the answer of readJson and checkCopy, however the copy is written and whatever is wrong with it', () => {
    let canonical = 0;
    holds(
      fc.tuple(
        fc.oneof(native, matrix),
        anyWriting,
        fc.constantFrom<JsonLimits[]>({}, { maxDepth: 200, numbers: 'fractions' }),
        fc.nat(),
        fc.nat(9),
      ),
      ([{ pdu, version }, write, limits, position, change]) => {
        const bytes = utf8Encode(write(pdu));
        if (change === 0) bytes[position % bytes.length] = 0x20 + (position % 0x5f);
        const read = readJson(bytes, limits);
        expect(readCopy(bytes, version, limits)).to.deep.equal(read.ok ? checkCopy(read.value, version) : read);
        const text = readText(bytes, limits);
        if (text.ok && text.value.canonical !== null) canonical += 1;
      },
      400,
    );
    // Else the property would say nothing.
    expect(canonical).to.be.greaterThan(40);
  });
});

describe('readText', () => {
  it('calls no text canonical that is not, and knows where the members are', () => {
    holds(
      fc.tuple(
        fc
          .dictionary(fc.oneof(anyText, fc.string({ maxLength: 4 })), anyJson, { maxKeys: 6 })
          .map((object) => ({ ...object }) as JsonObject),
        fc.constantFrom<((value: JsonObject) => string)[]>(
          (value) => canonicalJson(value),
          JSON.stringify,
          (value) => JSON.stringify(value, null, 1),
        ),
      ),
      ([object, write]) => {
        const text = write(object);
        const read = readText(utf8Encode(text), {});
        if (!read.ok) throw new Error(read.detail);
        const { value, canonical } = read.value;
        if (canonical === null) return;
        expect(text).to.equal(canonicalJson(value, 'utf16-code-units')).and.to.equal(canonicalJson(value, 'code-points'));
        const members = canonical.members.map(({ name, start, end }) => [
          name,
          new TextDecoder().decode(canonical.bytes.subarray(start, end)),
        ]);
        const expected = canonical.members.map(({ name }) => [
          name,
          `${canonicalJson(name)}:${canonicalJson((value as JsonObject)[name] as JsonValue)}`,
        ]);
        expect(members).to.deep.equal(expected);
        expect(canonical.members.length).to.equal(Object.keys(object).length);
      },
      400,
    );
  });

  for (const [text, canonical] of [
    ['{"a":1,"b":[{"c":"é"}]}', true],
    ['{}', true],
    ['{"b":1,"a":2}', false],
    ['{"a":{"c":1,"b":2}}', false],
    ['{"a": 1}', false],
    ['{"a":1}\n', false],
    ['{"a":"\\n"}', false],
    ['{"é":1}', false],
    ['[1]', false],
    ['{"a":0.5}', false],
    ['{"a":-0}', false],
  ] as const) {
    it(`${canonical ? 'knows' : 'does not know'} ${JSON.stringify(text)} to be canonical`, () => {
      const read = readText(utf8Encode(text), { numbers: 'fractions' });
      expect(read.ok && read.value.canonical !== null).to.equal(canonical);
    });
  }
});
