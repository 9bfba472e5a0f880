import { createPublicKey, verify } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { verifyPortable } from '../../src/crypto/ed25519.ts';
import { base64decodeLoosely } from '../../src/crypto/base64.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { redactEvent } from '../../src/event/redact.ts';
import { type PublishedKey, serverSignatureChecks } from '../../src/event/server-signatures.ts';
import type { SignatureCheck, UnverifiedCopy } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { roomVersion, roomVersionIds } from '../../src/version/room-version.ts';
import type { RoomVersion } from '../../src/version/version-record.ts';

const FILE = new URL('../../../spec/matrix/histories.jsonl.gz', import.meta.url);

interface History {
  readonly id: string;
  readonly room_version: string;
  readonly room_id: string;
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly events: readonly JsonObject[];
  readonly event_ids: readonly string[];
  readonly expect: Readonly<Record<string, { readonly at?: string; readonly reason?: string }>>;
}

function histories(): History[] {
  const lines = gunzipSync(readFileSync(FILE)).toString('utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as History);
}

/** The platform's own verdict: the histories hold no odd encodings. */
function platformVerifies({ public_key, message, signature }: SignatureCheck): boolean {
  const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: Buffer.from(public_key).toString('base64url') }, format: 'jwk' });
  return verify(null, message, key, signature);
}

function copyOf(pdu: JsonObject, version: RoomVersion): UnverifiedCopy {
  const copy = checkCopy(pdu, version);
  if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
  return copy.value;
}

/** For each server that must have signed, whether it has. */
function verdicts(history: History, copy: UnverifiedCopy): boolean[] {
  const keysOf = (server: string, keyId: string): PublishedKey[] => {
    const text = history.keys[server]?.[keyId];
    return text === undefined ? [] : [{ public_key: base64decodeLoosely(text) as Uint8Array, valid_until_ts: null }];
  };
  return copy.servers.map((server) => serverSignatureChecks(server, keysOf).some(platformVerifies));
}

describe('PDUs of Matrix room histories', () => {
  const all = histories();
  const known = all.filter(({ room_version: id }) => roomVersion(id) !== undefined);
  const skipped = all.length - known.length;

  if (skipped > 0) it.skip(`[optional] versions 1 and 2 are not in the table: ${skipped} histories`);

  for (const id of roomVersionIds().slice(1)) {
    const version = roomVersion(id) as RoomVersion;
    const ours = known.filter((history) => history.room_version === id);

    it(`version ${id}: IDs, content hashes, rooms and signatures of ${ours.reduce((sum, { events }) => sum + events.length, 0)} events`, () => {
      expect(ours.length).to.be.above(0);
      for (const history of ours) {
        for (const [i, pdu] of history.events.entries()) {
          const where = `${history.id} event ${i}`;
          const eventId = history.event_ids[i] as string;
          const copy = copyOf(pdu, version);
          expect(copy.event.event_id, where).to.equal(eventId);
          expect(copy.event.redacted, where).to.equal(false);
          expect(copy.event.room_id, where).to.equal(pdu['room_id'] ?? history.room_id);
          const lacking = /signature/.test(history.expect[eventId]?.reason ?? '');
          expect(verdicts(history, copy).every(Boolean), where).to.equal(!lacking);
        }
      }
    });

    it(`version ${id}: a redacted copy has the same ID, room and required signatures`, () => {
      for (const history of ours) {
        for (const pdu of history.events) {
          const { event, servers } = copyOf(pdu, version);
          const redacted = redactEvent(event, version);
          const again = copyOf(redacted.pdu, version);
          expect(again.event.event_id).to.equal(event.event_id);
          expect(again.event.room_id).to.equal(event.room_id);
          expect(again.event.pdu).to.deep.equal(redacted.pdu);
          if (servers.length === again.servers.length) expect(again.servers).to.deep.equal(servers);
        }
      }
    });
  }

  it('have signatures that the portable path verifies as well', function () {
    this.timeout(60_000);
    for (const history of known.filter((_, i) => i % 40 === 0)) {
      const version = roomVersion(history.room_version) as RoomVersion;
      for (const pdu of history.events.slice(0, 10)) {
        const copy = copyOf(pdu, version);
        const keysOf = (server: string, keyId: string): PublishedKey[] => [
          { public_key: base64decodeLoosely(history.keys[server]?.[keyId] as string) as Uint8Array, valid_until_ts: null },
        ];
        for (const check of copy.servers.flatMap((server) => serverSignatureChecks(server, keysOf))) {
          expect(verifyPortable(check)).to.equal(platformVerifies(check));
        }
      }
    }
  });
});
