import { expect } from 'chai';
import fc from 'fast-check';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { eventMessage } from '../../src/event/event-id.ts';
import { redactEvent } from '../../src/event/redact.ts';
import { storedEvent } from '../../src/event/stored-event.ts';
import type { RoomEvent, UnverifiedCopy } from '../../src/event/types.ts';
import { canonicalJson } from '../../src/json/canonical.ts';
import { readJson } from '../../src/json/read.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import { holds } from '../vectors/random.ts';
import { type Pdu, plainId, plainMessage } from '../vectors/plain-event.ts';
import { anyEvent, NATIVE } from './arbitrary-event.ts';

function copyOf(bytes: Uint8Array): UnverifiedCopy | undefined {
  const read = readJson(bytes);
  const copy = read.ok ? checkCopy(read.value, NATIVE) : read;
  return copy.ok ? copy.value : undefined;
}

function wire(event: RoomEvent): Uint8Array {
  return utf8Encode(canonicalJson(event.pdu));
}

function allValid(copy: UnverifiedCopy): boolean {
  return copy.signatures.every((check) => verifyPortable(check));
}

/** Without the names above signatures: those of further keys are not under the event hash, and no rule reads them (EV-18). */
function unnamed({ pdu }: RoomEvent): JsonObject {
  const byName = Object.values(pdu['signatures'] as Record<string, JsonObject>);
  return { ...pdu, signatures: Object.fromEntries(byName.flatMap((byKey) => Object.entries(byKey))) };
}

describe('events', () => {
  it('come back from the wire as they were built', () => {
    holds(
      anyEvent,
      (event) => {
        const copy = copyOf(wire(event)) as UnverifiedCopy;
        expect(copy.event).to.deep.equal(event);
        expect(copy.redactedFor).to.equal(undefined);
        expect(allValid(copy)).to.equal(true);
      },
      100,
    );
  });

  it('have the ID and the signed bytes that another implementation computes', () => {
    holds(anyEvent, (event) => {
      if (!['m.room.message', 'm.room.member', 'm.guild.authority', 'org.example.custom'].includes(event.type)) return;
      expect(event.event_id).to.equal(plainId(event.pdu as Pdu));
      expect([...eventMessage(event)]).to.deep.equal([...plainMessage(event.pdu as Pdu)]);
    });
  });

  it('keep ID and signatures when redacted, once or twice (RED-3)', () => {
    holds(
      anyEvent,
      (event) => {
        const redacted = redactEvent(event, NATIVE);
        expect(redactEvent(redacted, NATIVE)).to.deep.equal(redacted);
        const copy = copyOf(wire(redacted)) as UnverifiedCopy;
        expect(copy.event.event_id).to.equal(event.event_id);
        expect(copy.event.pdu).to.deep.equal(redacted.pdu);
        expect(allValid(copy)).to.equal(true);
        // Whole if there was nothing to redact: no copy can tell the two apart.
        expect(copy.event.redacted).to.equal(canonicalJson(redacted.content) !== canonicalJson(event.content));
      },
      60,
    );
  });

  it('are never taken as whole, under the same ID and by valid signatures, when one byte is another', () => {
    holds(
      fc.tuple(anyEvent, fc.nat(), fc.integer({ min: 1, max: 255 })),
      ([event, position, difference]) => {
        const bytes = wire(event);
        const at = position % bytes.length;
        bytes[at] = (bytes[at] as number) ^ difference;
        const copy = copyOf(bytes);
        if (copy === undefined) return;
        const same = canonicalJson(unnamed(copy.event)) === canonicalJson(unnamed(event));
        expect(same || copy.event.redacted || copy.event.event_id !== event.event_id || !allValid(copy)).to.equal(true);
        // What counts, the redacted form under the ID, cannot change without the signatures failing.
        if (copy.event.redacted && copy.event.event_id === event.event_id)
          expect(copy.event.pdu['content']).to.deep.equal(redactEvent(event, NATIVE).content);
        if (copy.event.event_id !== event.event_id) expect(allValid(copy)).to.equal(false);
      },
      400,
    );
  });

  it('come back from a store as they went in', () => {
    holds(anyEvent, (event) => {
      const pdu = JSON.parse(JSON.stringify(event.pdu)) as RoomEvent['pdu'];
      expect(storedEvent(pdu, event.event_id, { redacted: event.redacted })).to.deep.equal(event);
    });
  });
});
