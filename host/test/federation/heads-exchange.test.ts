import type { JsonObject } from '@openguild/core';
import { MemoryStore } from '@openguild/storage';
import { expect } from 'chai';
import { pino } from 'pino';
import { HeadsExchange } from '../../src/federation/heads-exchange.ts';
import { FEDERATION_LIMITS } from '../../src/federation/limits.ts';

describe('FED-60: one room does not keep others from being compared', () => {
  const heads: Record<string, () => string[]> = {
    '!broken': () => {
      throw new Error('this room cannot be read');
    },
    '!many': () => Array.from({ length: 201 }, (_, i) => `$${i}`),
    '!good': () => ['$1'],
  };

  function exchange(asked: JsonObject[]): HeadsExchange {
    return new HeadsExchange({
      serverName: 'a',
      store: { rooms: { open: async (room_id: string) => ({ room_id }) }, values: new MemoryStore().values },
      rooms: { ask: async (roomId: string) => ({ heads: heads[roomId]?.(), state_hash: 'h' }) },
      access: { receives: async () => true },
      client: {
        post: async (_server: string, _path: string, body: JsonObject) => {
          asked.push(body['rooms'] as JsonObject);
          return { rooms: {} };
        },
      },
      restored: { has: () => false, compared: () => undefined },
      merger: {},
      platform: { now: () => 0, setTimer: () => () => undefined },
      limits: FEDERATION_LIMITS,
      afterMs: 1,
      logger: pino({ level: 'silent' }),
    } as never);
  }

  it('when asking: neither one that fails, nor one with more ends than the other server reads', async () => {
    const asked: JsonObject[] = [];
    await exchange(asked).with('b', Object.keys(heads));
    expect(asked).to.deep.equal([{ '!good': { heads: ['$1'], state_hash: 'h' } }]);
    await exchange(asked).with('b', ['!broken']);
    expect(asked).to.have.length(1);
  });

  it('when answering', async () => {
    const theirs = { heads: ['$1'], state_hash: 'h' };
    expect(await exchange([]).answer('b', { '!broken': theirs, '!good': theirs })).to.deep.equal({ '!good': theirs });
  });
});
