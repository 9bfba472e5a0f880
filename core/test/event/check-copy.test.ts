import { expect } from 'chai';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import type { UnverifiedCopy } from '../../src/event/types.ts';
import { fail, type Result } from '../../src/fault.ts';
import { readJson } from '../../src/json/read.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import { NATIVE_VERSION, nativeVersion, roomVersion, roomVersionIds } from '../../src/version/room-version.ts';
import { type Pdu, plainRedacted, without } from '../vectors/plain-event.ts';
import { readVectors, type Vector } from '../vectors/read-vectors.ts';

interface EventVector extends Vector {
  readonly input: Pdu;
  /** The room version; the native one if absent. */
  readonly version?: string;
  /** `text`, so often, is to be put into this member of `content` first. */
  readonly fill?: { readonly member: string; readonly text: string; readonly times: number };
  /** Null: the copy is dropped because of `rule`. */
  readonly expect: null | {
    readonly event_id: string;
    readonly room_id: string;
    /** True: only the redacted form is kept, because of `rule`. */
    readonly redacted: boolean;
    /** The verdict on all signatures together; where invalid, the copy is dropped then. */
    readonly signatures: 'valid' | 'invalid';
    /** The copy that is kept, where it is more than the input, or its redacted form, without `unsigned`. */
    readonly stored?: Pdu;
  };
}

function inputOf({ input, fill }: EventVector): Pdu {
  return fill === undefined ? input : { ...input, content: { ...(input['content'] as Pdu), [fill.member]: fill.text.repeat(fill.times) } };
}

/** The whole way of a copy: from bytes. */
function received(vector: EventVector): Result<UnverifiedCopy> {
  const version = roomVersion(vector.version ?? NATIVE_VERSION);
  if (version === undefined) return fail('EV-1', 'unknown version');
  const read = readJson(utf8Encode(JSON.stringify(inputOf(vector))), { maxBytes: 2_000_000, maxDepth: 200 });
  return read.ok ? checkCopy(read.value, version) : read;
}

describe('checkCopy', () => {
  for (const vector of readVectors<EventVector>('events')) {
    it(`${vector.rule}: ${vector.why}`, () => {
      const copy = received(vector);
      if (vector.expect === null) {
        expect(copy.ok ? 'a copy' : copy.rule).to.equal(vector.rule);
        return;
      }
      if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
      const { event, signatures, redactedFor } = copy.value;
      const { event_id, room_id, redacted } = event;
      const valid = signatures.every((check) => verifyPortable(check)) ? 'valid' : 'invalid';
      const { stored, ...expected } = vector.expect;
      expect({ event_id, room_id, redacted, signatures: valid }).to.deep.equal(expected);
      expect(redactedFor !== undefined).to.equal(redacted);
      if (redacted && vector.rule.startsWith('EV-1') && vector.rule !== 'EV-16') expect(redactedFor?.rule).to.equal(vector.rule);
      const input = inputOf(vector);
      expect(event.pdu).to.deep.equal(stored ?? (redacted ? plainRedacted(input) : without(input, 'unsigned')));
    });
  }

  it('knows the versions of the table and no other', () => {
    expect(roomVersionIds()).to.deep.equal([NATIVE_VERSION, '3', '4', '5', '6', '7', '8', '9', '10', '11', '12']);
    for (const id of roomVersionIds()) {
      const version = roomVersion(id);
      expect(version?.id).to.equal(id);
      expect(nativeVersion(id)).to.equal(id === NATIVE_VERSION ? version : undefined);
      for (const record of [version, version?.limits, version?.authority]) expect(Object.isFrozen(record)).to.equal(true);
    }
    for (const id of ['', 'constructor', '1', '2', '13', '012', `${NATIVE_VERSION} `]) expect(roomVersion(id)).to.equal(undefined);
  });
});
