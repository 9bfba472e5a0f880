import { expect } from 'chai';
import { base64decode, base64encode } from '../../src/crypto/base64.ts';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { signerFromSeed } from '../../src/crypto/signer.ts';
import { admissionMessage, proofCheck } from '../../src/event/admission-message.ts';
import { addSignature, buildEvent } from '../../src/event/build-event.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { eventMessage } from '../../src/event/event-id.ts';
import type { EventFields, RoomEvent } from '../../src/event/types.ts';
import { readVectors, type Vector } from '../vectors/read-vectors.ts';
import { NATIVE, ROOM } from './arbitrary-event.ts';

interface SignedVector extends Vector {
  readonly kind: 'event' | 'admission';
  readonly input: Record<string, string> & { readonly keys?: readonly string[] };
  readonly expect: { readonly key_id: string; readonly message: string; readonly signature: string };
}

interface Base64Vector extends Vector {
  readonly kind: 'base64';
  readonly input: string;
  readonly expect: string | null;
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}

function messageOf({ kind, input }: SignedVector): Uint8Array {
  if (kind === 'event') return eventMessage({ event_id: input['event_id'] } as RoomEvent);
  return admissionMessage(input['room_id'] as string, input['server'] as string, input['root'] as string, input.keys as readonly string[]);
}

const origin = signerFromSeed(new Uint8Array(32).fill(1));
const person = signerFromSeed(new Uint8Array(32).fill(2));
const other = signerFromSeed(new Uint8Array(32).fill(3));

const FIELDS: EventFields = {
  type: 'm.room.member',
  room_id: ROOM,
  sender: '@bob:b.example',
  state_key: '@bob:b.example',
  content: { membership: 'join' },
  origin_ts: 1,
  prev_events: [`$${ROOM.slice(1, ROOM.indexOf(':'))}`],
};

describe('signing', () => {
  for (const vector of readVectors<SignedVector | Base64Vector>('signatures')) {
    it(`${vector.rule}: ${vector.why}`, () => {
      if (vector.kind === 'base64') {
        const bytes = base64decode(vector.input);
        expect(bytes === undefined ? null : hex(bytes)).to.equal(vector.expect);
        return;
      }
      const signer = signerFromSeed(new Uint8Array(Buffer.from(vector.input['seed'] as string, 'hex')));
      const message = messageOf(vector);
      expect(signer.key_id).to.equal(vector.expect.key_id);
      expect(hex(message)).to.equal(vector.expect.message);
      expect(base64encode(signer.sign(message))).to.equal(vector.expect.signature);
    });
  }

  it('puts the first signature under the origin server, further ones under the sender', () => {
    const event = buildEvent(FIELDS, NATIVE, [origin, person]);
    const table = event.pdu['signatures'] as Record<string, Record<string, string>>;
    expect(event.signed_by).to.deep.equal([origin.key_id, person.key_id]);
    expect(Object.entries(table).map(([name, by]) => [name, Object.keys(by)])).to.deep.equal([
      ['b.example', [origin.key_id]],
      ['@bob:b.example', [person.key_id]],
    ]);
    const copy = checkCopy(event.pdu, NATIVE);
    if (!copy.ok) throw new Error(copy.detail);
    expect(copy.value.event).to.deep.equal(event);
    expect(copy.value.signatures.map((check) => [check.key_id, verifyPortable(check)])).to.deep.equal([
      [origin.key_id, true],
      [person.key_id, true],
    ]);
  });

  it('leaves room for a signature that another server adds', () => {
    const event = buildEvent({ ...FIELDS, signed_by: [origin.key_id, other.key_id] }, NATIVE, [origin]);
    const lacking = checkCopy(event.pdu, NATIVE);
    expect(lacking.ok ? 'a copy' : lacking.rule).to.equal('EV-18');
    const complete = addSignature(event, 'a.example', other.key_id, other.sign(eventMessage(event)));
    expect(complete.event_id).to.equal(event.event_id);
    const copy = checkCopy(complete.pdu, NATIVE);
    expect(copy.ok && copy.value.signatures.every((check) => verifyPortable(check))).to.equal(true);
    expect(() => addSignature(event, 'a.example', person.key_id, new Uint8Array(64))).to.throw(TypeError);
  });

  it('ignores signers that signed_by does not name', () => {
    const event = buildEvent({ ...FIELDS, signed_by: [origin.key_id] }, NATIVE, [origin, other]);
    expect(checkCopy(event.pdu, NATIVE)).to.have.property('ok', true);
    expect(JSON.stringify(event.pdu)).not.to.contain(other.key_id);
  });

  it('throws on content that is not plain JSON', () => {
    for (const content of [{ a: 1.5 }, { a: undefined }, { a: '\ud800' }]) {
      expect(() => buildEvent({ ...FIELDS, content: content as never }, NATIVE, [origin])).to.throw(TypeError);
    }
  });
});

describe('the proof of an admission', () => {
  const root = other;
  const keys = [root.key_id, person.key_id];
  const admission = (content: object): RoomEvent =>
    buildEvent(
      { ...FIELDS, type: 'm.server.admission', state_key: 'c.example', content: { root: root.key_id, keys, rank: 50, ...content } },
      NATIVE,
      [origin],
    );
  const proof = base64encode(root.sign(admissionMessage(ROOM, 'c.example', root.key_id, keys)));

  it('is a signature check of its own', () => {
    const copy = checkCopy(admission({ proof }).pdu, NATIVE);
    if (!copy.ok) throw new Error(copy.detail);
    expect(copy.value.signatures.map((check) => check.key_id)).to.deep.equal([origin.key_id]);
    expect(copy.value.proof?.key_id).to.equal(root.key_id);
    expect(copy.value.proof !== undefined && verifyPortable(copy.value.proof)).to.equal(true);
  });

  it('fails for another room, server or list of keys', () => {
    for (const message of [
      admissionMessage(ROOM.replace('a.example', 'b.example'), 'c.example', root.key_id, keys),
      admissionMessage(ROOM, 'd.example', root.key_id, keys),
      admissionMessage(ROOM, 'c.example', root.key_id, [...keys].reverse()),
    ]) {
      const check = proofCheck(admission({ proof: base64encode(root.sign(message)) }));
      expect(check !== undefined && verifyPortable(check)).to.equal(false);
    }
  });

  it('is absent where it could not be right, and in other events', () => {
    for (const content of [
      {},
      { proof: 1 },
      { proof: 'AA' },
      { proof: `${proof}==` },
      { proof, root: 'key' },
      { proof, keys: 'key' },
      { proof, keys: [1] },
    ]) {
      const event = admission(content);
      expect(proofCheck(event)).to.equal(undefined);
      expect(checkCopy(event.pdu, NATIVE)).to.have.property('ok', true);
    }
    expect(proofCheck(buildEvent({ ...FIELDS, content: { root: root.key_id, keys, proof } }, NATIVE, [origin]))).to.equal(undefined);
  });
});
