import { buildEvent, type JsonObject, NATIVE_VERSION, type RoomVersion, roomVersion, signerFromSeed } from '@openguild/core';
import { expect } from 'chai';
import { pino } from 'pino';
import { HostError } from '../../src/http/errors.ts';
import { takeInRoom } from '../../src/federation/room-log.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const GUILD_EVENT = `$${'1'.repeat(32)}`;

describe('FED-55: taking a room in', () => {
  const signers = [signerFromSeed(new Uint8Array(32).fill(1))];
  const fields = { sender: '@a:a.example', origin_ts: 1, guild_heads: [GUILD_EVENT] };
  const content = { room_version: NATIVE_VERSION, guild: `!${'1'.repeat(32)}:a.example`, kind: 'text' };
  const create = buildEvent({ ...fields, type: 'm.channel.create', state_key: '', content, prev_events: [] }, VERSION, signers);
  const { room_id, event_id } = create;
  const said = buildEvent({ ...fields, type: 'm.room.message', content: {}, room_id, prev_events: [event_id] }, VERSION, signers);

  /** Takes a channel in whose events all have this outcome. */
  async function takenIn(kind: string): Promise<string[]> {
    const received: string[] = [];
    const options = {
      rooms: {
        receive: async (_room: string, pdu: JsonObject) => {
          received.push(pdu['type'] as string);
          return { kind, fault: { rule: 'AUTH-2.7', detail: '' } };
        },
      },
      client: { get: async () => ({ events: [create.pdu, said.pdu], next: null, heads: [] }) },
      maxEvents: 10,
      logger: pino({ level: 'silent' }),
    };
    await takeInRoom(options as never, room_id, NATIVE_VERSION, 'b.example');
    return received;
  }

  it('goes on after a create event that is soft-failed: the channel is made by citing guild events that are not followed here yet', async () => {
    expect(await takenIn('soft-failed')).to.deep.equal(['m.channel.create', 'm.room.message']);
  });

  it('ends at a create event that is rejected or dropped', async () => {
    for (const kind of ['rejected', 'dropped', 'parked']) {
      const error = await takenIn(kind).catch((caught: unknown) => caught);
      expect(error).to.be.instanceOf(HostError).and.to.include({ rule: 'FED-55' });
    }
  });
});
