import { expect } from 'chai';
import { PublishedKeys } from '../../src/event/published-keys.ts';
import { reportText } from '../../src/verify/report-text.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { verifyExport } from '../../src/verify/verify-export.ts';
import { exportLine } from '../../src/verify/write-export.ts';
import { canonicalJson } from '../../src/json/canonical.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import { roomVersion, type RoomVersion } from '../../src/version/room-version.ts';
import { A, B, MatrixWorld } from './matrix-world.ts';

const verify = portableVerifier();
const bytesOf = (lines: readonly string[]): Uint8Array[] => lines.map((line) => utf8Encode(line));

describe('verification of an export of a Matrix room', () => {
  for (const id of ['3', '5', '6', '8', '10', '11', '12']) {
    it(`EXP-13: verifies version ${id} by the key documents in the file, and not without`, () => {
      const world = new MatrixWorld(id);
      const report = verifyExport(bytesOf(world.exported()), verify);
      expect(report.faults).to.deep.equal([]);
      expect(report).to.include({ verified: true, key_documents: 2, unchecked_signatures: 0 });
      expect(report.rooms[0]).to.include({ as_claimed: true, accepted: 6 });
      const blind = verifyExport(bytesOf(world.exported([])), verify);
      expect(blind).to.include({ verified: false, key_documents: 0, unchecked_signatures: 6, fault_count: 1 });
      expect(blind.faults[0]?.detail).to.include('a.example, b.example');
      expect(blind.rooms[0]).to.include({ as_claimed: true, accepted: 6 });
      expect(reportText(report)).to.include('server keys: 2 documents');
    });
  }

  it('a verifier’s own keys go before those in the file', () => {
    const lines = bytesOf(new MatrixWorld('11').exported());
    const stranger = verifyExport(lines, verify, () => false);
    expect(stranger.events.map((one) => one.verdict))
      .to.include('dropped')
      .and.not.to.include('accepted');
    const keys = new PublishedKeys(verify);
    for (const one of [A.keys(), B.keys()]) expect(keys.add(one.server_keys, one.fetched_ts)).to.equal(null);
    const own = verifyExport(bytesOf(new MatrixWorld('11').exported([])), verify, (check) => keys.isSigned(check));
    expect(own).to.include({ verified: true, key_documents: 0, unchecked_signatures: 0 });
  });

  it('MXB-3, MXB-4: reads what rooms of the version may hold: fractions until 5, nesting beyond 64', () => {
    const nested = (levels: number): JsonValue => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`) as JsonValue;
    const half = { body: 'half', part: 0.5, small: 1.2e-5 };
    for (const [id, content, rule] of [
      ['5', half, 'MXB-13'],
      ['6', half, 'CJ-5'],
      ['11', { deep: nested(200) }, 'MXB-13'],
      ['11', { deep: nested(600) }, 'CJ-13'],
    ] as [string, JsonObject, string][]) {
      const lines = new MatrixWorld(id).exported();
      const at = lines.findIndex((line) => line.includes('"hello"'));
      lines[at] = (lines[at] as string).replace('{"body":"hello"}', canonicalJson(content, 'code-points', 'fractions'));
      // Read, and then found to fit no hash; or not read at all.
      expect(verifyExport(bytesOf(lines), verify).faults[0], id).to.include({ line: at + 1, rule });
    }
    const version = roomVersion('5') as RoomVersion;
    expect(new TextDecoder().decode(exportLine(half, version))).to.equal('{"body":"half","part":0.5,"small":1.2e-05}\n');
  });

  it('an old key that signs an event after it expired proves nothing', () => {
    const world = new MatrixWorld('11');
    const early = { 'ed25519:new': (A.keys().server_keys as { verify_keys: Record<string, object> }).verify_keys['ed25519:new'] as never };
    const report = verifyExport(bytesOf(world.exported([A.keys({ verify_keys: early, valid_until_ts: 0 }), B.keys()])), verify);
    // What Anna signs by the new key is of days when that key did not serve; what she signed by the old one stands.
    expect(report.events.map((one) => one.verdict)).to.deep.equal(['accepted', 'accepted', 'accepted', 'accepted', 'dropped', 'unjudged']);
  });
});
