import { buildEvent, NATIVE_VERSION, type JsonValue, type RoomVersion, roomVersion, signerFromSeed } from '@openguild/core';
import { StoreFailedError } from '@openguild/storage';
import { expect } from 'chai';
import { pino } from 'pino';
import { PduReceiver } from '../../src/federation/receive-pdus.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const ROOM = `!${'1'.repeat(32)}:a.example`;
const signer = signerFromSeed(new Uint8Array(32).fill(1));

function event(n: number): JsonValue {
  return buildEvent(
    {
      type: 'm.room.message',
      sender: '@a:a.example',
      content: { n },
      room_id: ROOM,
      origin_ts: n,
      prev_events: [`$${'1'.repeat(32)}`],
      guild_heads: [`$${'1'.repeat(32)}`],
    },
    VERSION,
    [signer],
  ).pdu;
}

function receiver(fails: (n: number) => Error | undefined): PduReceiver {
  return new PduReceiver({
    store: {
      rooms: { open: async () => ({ room_id: ROOM, room_version: NATIVE_VERSION, kind: 'plain', guild_id: null, extremities: [] }) },
    } as never,
    access: { isAdmitted: async () => true } as never,
    rooms: {
      receive: async (_room: string, pdu: { content: { n: number } }) => {
        const error = fails(pdu.content.n);
        if (error !== undefined) throw error;
        return { kind: 'accepted' };
      },
    } as never,
    logger: pino({ level: 'silent' }),
  });
}

describe('FED-32: events of one transaction', () => {
  it('a fault of our own over one event does not touch the others', async () => {
    const results = await receiver((n) => (n === 2 ? new Error('a bug') : undefined)).receiveAll('b.example', [1, 2, 3].map(event));
    expect(Object.values(results).map((result) => (result as { outcome: string }).outcome)).to.have.members([
      'accepted',
      'accepted',
      'failed',
    ]);
  });

  it('a disk that fails is reported as that, so that the transaction comes again', async () => {
    const error = await receiver((n) => (n === 2 ? new StoreFailedError('disk full') : undefined))
      .receiveAll('b.example', [1, 2, 3].map(event))
      .catch((caught: unknown) => caught);
    expect(error).to.be.instanceOf(StoreFailedError);
  });
});
