import { expect } from 'chai';
import { publicKeyOf } from '../../src/crypto/key-id.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import { serverSignatureChecks } from '../../src/event/server-signatures.ts';
import type { RoomEvent, ServerSignatureCheck } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { roomVersion, type RoomVersion } from '../../src/version/room-version.ts';
import { MemoryRooms } from '../../src/verify/memory-rooms.ts';
import { portableVerifier } from '../../src/verify/portable-verifier.ts';
import { verifyExport } from '../../src/verify/verify-export.ts';
import { writeExport } from '../../src/verify/write-export.ts';
import { OLGA, signer } from './small-world.ts';

const verify = portableVerifier();
const key = signer('a.example/matrix');
const published = { ...key, key_id: 'ed25519:1' };

/** As a verifier that has the published keys of one server. */
function withKeys(check: ServerSignatureCheck): boolean {
  const keyOf = (server: string, keyId: string): { readonly public_key: Uint8Array; readonly valid_until_ts: null } | undefined =>
    server === 'a.example' && keyId === 'ed25519:1'
      ? { public_key: publicKeyOf(key.key_id) as Uint8Array, valid_until_ts: null }
      : undefined;
  return serverSignatureChecks(check, keyOf).some(verify);
}

/** Olga makes a room, joins it and writes. */
function smallRoom(version: RoomVersion): { readonly rooms: MemoryRooms; readonly roomId: string } {
  const rooms = new MemoryRooms(verify, withKeys);
  let clock = 1_000;
  const put = (
    type: string,
    content: JsonObject,
    stateKey: string | undefined,
    prev: readonly RoomEvent[],
    auth: readonly RoomEvent[],
  ): RoomEvent => {
    const fields = {
      type,
      sender: OLGA,
      content,
      origin_ts: clock++,
      depth: prev.length === 0 ? 1 : clock,
      prev_events: prev.map((one) => one.event_id),
      auth_events: auth.map((one) => one.event_id),
      ...(stateKey === undefined ? {} : { state_key: stateKey }),
      ...(prev[0] === undefined ? (version.roomId === 'given' ? { room_id: '!room:a.example' } : {}) : { room_id: prev[0].room_id }),
    };
    const copy = checkCopy(buildEvent(fields, version, [published]).pdu, version);
    if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
    const receipt = rooms.receive(copy.value, version);
    if (receipt.missing !== null || receipt.outcome.kind !== 'accepted') throw new Error(JSON.stringify(receipt));
    return copy.value.event;
  };
  const first = Number(version.id) < 11 ? { room_version: version.id, creator: OLGA } : { room_version: version.id };
  const create = put('m.room.create', first, '', [], []);
  const cited = version.roomId === 'given' ? [create] : [];
  const join = put('m.room.member', { membership: 'join' }, OLGA, [create], cited);
  put('m.room.message', { body: 'hello' }, undefined, [join], [...cited, join]);
  return { rooms, roomId: create.room_id };
}

describe('verification of an export of a Matrix room', () => {
  for (const id of ['6', '10', '11', '12']) {
    it(`verifies version ${id} with the published keys, and not without`, () => {
      const { rooms, roomId } = smallRoom(roomVersion(id) as RoomVersion);
      const lines = [...writeExport(rooms, roomId)];
      const report = verifyExport(lines, verify, withKeys);
      expect(report.faults).to.deep.equal([]);
      expect(report.rooms[0]).to.include({ as_claimed: true, accepted: 3 });
      const blind = verifyExport(lines, verify);
      expect(blind).to.include({ verified: false, unchecked_signatures: 3, fault_count: 1 });
      expect(blind.rooms[0]).to.include({ as_claimed: true, accepted: 3 });
      const stranger = verifyExport(lines, verify, () => false);
      expect(stranger.events.map((one) => one.verdict))
        .to.include('dropped')
        .and.not.to.include('accepted');
    });
  }
});
