import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import fc from 'fast-check';
import { base64decodeLoosely } from '../../src/crypto/base64.ts';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { addSignature, buildEvent, eventSignedBytes } from '../../src/event/build-event.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { redactEvent } from '../../src/event/redact.ts';
import { type PublishedKey, serverSignatureChecks } from '../../src/event/server-signatures.ts';
import { storedEvent } from '../../src/event/stored-event.ts';
import type { RoomEvent, ServerSignatureCheck, UnverifiedCopy } from '../../src/event/types.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import { roomVersion, roomVersionIds } from '../../src/version/room-version.ts';
import type { RoomVersion } from '../../src/version/version-record.ts';
import { holds } from '../vectors/random.ts';
import { plainPduId } from '../vectors/plain-pdu.ts';
import { readVectors, type Vector } from '../vectors/read-vectors.ts';

interface PduVector extends Vector {
  readonly version: string;
  /** Put `text`, so many `times`, into this member of `content` first. */
  readonly fill?: { readonly member: string; readonly text: string; readonly times: number };
  readonly input: JsonValue;
  /** Null: the copy is dropped. */
  readonly expect: {
    readonly event_id: string;
    readonly room_id: string;
    readonly redacted: boolean;
    /** For each server that must have signed, whether it has. */
    readonly servers: Readonly<Record<string, boolean>>;
    readonly content?: JsonObject;
  } | null;
}

interface KeysVector extends Vector {
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

const [KEYS, ...VECTORS] = readVectors<Vector>('matrix/pdus') as unknown as [KeysVector, ...PduVector[]];

function version(id: string): RoomVersion {
  return roomVersion(id) as RoomVersion;
}

function keysOf(server: string, keyId: string): PublishedKey[] {
  const text = KEYS.keys[server.replace(/:[0-9]+$/, '')]?.[keyId];
  return text === undefined ? [] : [{ public_key: base64decodeLoosely(text) as Uint8Array, valid_until_ts: null }];
}

function isRight(check: ServerSignatureCheck): boolean {
  return serverSignatureChecks(check, keysOf).some((one) => verifyPortable(one));
}

function inputOf({ input, fill }: PduVector): JsonValue {
  if (fill === undefined) return input;
  const pdu = input as JsonObject;
  return { ...pdu, content: { ...(pdu['content'] as JsonObject), [fill.member]: fill.text.repeat(fill.times) } };
}

describe('Matrix PDUs', () => {
  for (const vector of VECTORS) {
    it(`${vector.rule}: ${vector.why}`, () => {
      const copy = checkCopy(inputOf(vector), version(vector.version));
      if (vector.expect === null) {
        expect(copy).to.deep.include({ ok: false, rule: vector.rule });
        return;
      }
      if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
      const { event, servers, signatures, redactedFor } = copy.value;
      const { event_id, room_id, redacted } = event;
      const { content, ...expected } = vector.expect;
      expect({ event_id, room_id, redacted, servers: Object.fromEntries(servers.map((one) => [one.server, isRight(one)])) }).to.deep.equal(
        expected,
      );
      expect(redactedFor?.rule).to.equal(redacted ? 'MXB-13' : undefined);
      expect(signatures).to.deep.equal([]);
      if (content !== undefined) expect(event.content).to.deep.equal(content);
      expect(Object.hasOwn(event.pdu, 'unsigned')).to.equal(false);
      expect(storedEvent(event.pdu, event_id, { redacted })).to.deep.equal(event);
      if (!redacted) {
        const { unsigned: _dropped, ...kept } = inputOf(vector) as JsonObject;
        expect(event.pdu).to.deep.equal(kept);
      }
    });
  }
});

const A = signerFromSeed(new Uint8Array(32).fill(1), 'a');
const B = signerFromSeed(new Uint8Array(32).fill(2), 'a');

function built(id: string, content: JsonObject = { body: 'Hello' }): RoomEvent {
  const fields = {
    type: 'm.room.message',
    room_id: id === '12' ? `!${'c'.repeat(43)}` : '!room:a.example',
    sender: '@alice:a.example',
    origin_ts: 5,
    depth: 3,
    content,
    prev_events: ['$b', '$a'],
    auth_events: ['$c'],
    more: { redacts: '$x' },
  };
  return buildEvent(fields, version(id), [A]);
}

function copyOf(pdu: JsonValue, id: string): UnverifiedCopy {
  const copy = checkCopy(pdu, version(id));
  if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
  return copy.value;
}

describe('building Matrix events', () => {
  for (const id of roomVersionIds().slice(1)) {
    it(`version ${id}: is what checking finds, and what others compute`, () => {
      const event = built(id);
      const copy = copyOf(event.pdu, id);
      expect(copy.event).to.deep.equal(event);
      expect(copy.servers.map(isRight)).to.deep.equal([true]);
      expect(event.event_id).to.equal(plainPduId(event.pdu, Number(id)));
      expect(event.pdu['prev_events']).to.deep.equal(['$a', '$b']);
    });
  }

  it('names a room of version 12 by its create event, and needs a depth', () => {
    const fields = {
      type: 'm.room.create',
      sender: '@alice:a.example',
      origin_ts: 5,
      content: {},
      state_key: '',
      prev_events: [],
      auth_events: [],
    };
    const create = buildEvent({ ...fields, depth: 1 }, version('12'), [A]);
    expect(create.room_id).to.equal(`!${create.event_id.slice(1)}`);
    expect(create.content).to.deep.equal({ room_version: '12' });
    const older = buildEvent({ ...fields, depth: 1, room_id: '!x:a.example' }, version('11'), [A]);
    expect(older.room_id).to.equal('!x:a.example');
    expect(() => buildEvent(fields, version('12'), [A])).to.throw(TypeError, 'depth');
  });

  it('leaves room for the signature of the server that authorised a join', () => {
    const content = { membership: 'join', join_authorised_via_users_server: '@bob:b.example' };
    const fields = {
      type: 'm.room.member',
      room_id: '!room:a.example',
      sender: '@alice:a.example',
      state_key: '@alice:a.example',
      origin_ts: 5,
      depth: 3,
    };
    const join = buildEvent({ ...fields, content, prev_events: ['$a'], auth_events: [] }, version('11'), [A]);
    expect(copyOf(join.pdu, '11').servers.map(isRight)).to.deep.equal([true, false]);
    const whole = addSignature(join, 'b.example', B.key_id, B.sign(eventSignedBytes(join, version('11'))));
    expect(whole.event_id).to.equal(join.event_id);
    expect(copyOf(whole.pdu, '11').servers.map(isRight)).to.deep.equal([true, true]);
  });

  it('redaction keeps ID and signatures, and redacting twice is redacting once, whatever the content', () => {
    const any = fc.tuple(
      fc.constantFrom(...roomVersionIds().slice(1)),
      fc.dictionary(fc.string({ unit: 'binary' }), fc.oneof(fc.string(), fc.maxSafeInteger(), fc.boolean())),
    );
    holds(any, ([id, content]) => {
      const event = built(id, content);
      const redacted = redactEvent(event, version(id));
      const copy = copyOf(redacted.pdu, id);
      expect(copy.event.event_id).to.equal(event.event_id);
      expect(copy.servers).to.deep.equal(copyOf(event.pdu, id).servers);
      expect(redactEvent(redacted, version(id))).to.deep.equal(redacted);
    });
  });

  it('a changed byte of what is signed makes another ID, and no signature fits', () => {
    holds(
      fc.tuple(fc.constantFrom('depth', 'origin_server_ts'), fc.integer({ min: 1, max: 1_000 })),
      ([name, by]) => {
        const { event, pdu } = { event: built('11'), pdu: built('11').pdu };
        const changed = copyOf({ ...pdu, [name]: (pdu[name] as number) + by }, '11');
        expect(changed.event.event_id).not.to.equal(event.event_id);
        expect(changed.servers.map(isRight)).to.deep.equal([false]);
      },
      20,
    );
  });
});

describe('published keys', () => {
  const [check] = copyOf(built('5').pdu, '5').servers as [ServerSignatureCheck];
  const key = A.publicKey;

  it('MXB-19: serve events up to their last moment, where the version enforces it', () => {
    const found = (until: number | null, one = check): number =>
      serverSignatureChecks(one, () => [{ public_key: key, valid_until_ts: until }]).length;
    expect([check.at_ts, check.enforce_validity]).to.deep.equal([5, true]);
    expect([found(4), found(5), found(6), found(null)]).to.deep.equal([0, 1, 1, 1]);
    const [older] = copyOf(built('4').pdu, '4').servers as [ServerSignatureCheck];
    expect([older.enforce_validity, found(4, older)]).to.deep.equal([false, 1]);
  });

  it('MXB-17: no key, no verdict; and no more keys are asked for than a copy may name', () => {
    expect(serverSignatureChecks(check, () => [])).to.deep.equal([]);
    const event = built('11');
    const junk = Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`ed25519:${i}`, 'A'.repeat(86)]));
    const many = copyOf({ ...event.pdu, signatures: { 'a.example': { 'rsa:1': 'AA', 'ed25519:x': 'AA', ...junk } } }, '11');
    expect(many.servers.map((one) => one.options.length)).to.deep.equal([7]);
  });
});

describe('the rules about Matrix bytes', () => {
  it('each have vectors, or a test above', () => {
    const sources = new URL('../../src/', import.meta.url);
    const files = readdirSync(sources, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
    const cited = new Set(files.flatMap((name) => readFileSync(new URL(name, sources), 'utf8').match(/\bMXB-[0-9]+\b/g) ?? []));
    const tested = new Set(
      ['matrix/pdus', 'matrix/canonical-json', 'matrix/signing', 'matrix/signatures-edge', 'matrix/server-keys'].flatMap((name) =>
        readVectors(name).map((one) => one.rule),
      ),
    );
    expect([...cited].filter((rule) => !tested.has(rule))).to.deep.equal([]);
    expect(cited.size).to.equal(21);
  });
});
