import type { JsonObject } from '@openguild/core';
import { type DestinationState, MemoryStore, type OutgoingItem, type OutgoingQueue } from '@openguild/storage';
import { expect } from 'chai';
import { pino } from 'pino';
import { PeerUnreachableError } from '../../src/federation/guarded-fetch.ts';
import { Merger, turnOf } from '../../src/federation/merger.ts';
import { FEDERATION_LIMITS } from '../../src/federation/limits.ts';
import { Outgoing } from '../../src/federation/outgoing.ts';
import { type PeerClient, PeerRefusedError } from '../../src/federation/peer-client.ts';
import { Transactions } from '../../src/federation/transactions.ts';

const logger = pino({ level: 'silent' });

/** A clock that only `pass` moves; timers fire in their order. */
class TestClock {
  time = 1_000_000;
  #timers: { at: number; fn: () => void }[] = [];

  readonly now = (): number => this.time;

  readonly setTimer = (ms: number, fn: () => void): (() => void) => {
    const timer = { at: this.time + ms, fn };
    this.#timers.push(timer);
    return () => {
      this.#timers = this.#timers.filter((one) => one !== timer);
    };
  };

  get nextIn(): number | undefined {
    return this.#timers.length === 0 ? undefined : Math.min(...this.#timers.map(({ at }) => at)) - this.time;
  }

  async pass(ms: number): Promise<void> {
    const until = this.time + ms;
    for (;;) {
      await settle();
      const next = this.#timers.filter(({ at }) => at <= until).sort((a, b) => a.at - b.at)[0];
      if (next === undefined) break;
      this.time = Math.max(this.time, next.at);
      this.#timers = this.#timers.filter((one) => one !== next);
      next.fn();
    }
    this.time = until;
    await settle();
  }
}

async function settle(): Promise<void> {
  for (let i = 0; i < 50; i += 1) await new Promise((resolve) => setImmediate(resolve));
}

class TestQueue implements OutgoingQueue {
  items: OutgoingItem[] = [];
  #state: DestinationState = { failures: 0, retry_at: 0 };
  #next = 1;

  add(count: number): void {
    for (let i = 0; i < count; i += 1) {
      this.items.push({ sequence: this.#next, room_id: '!r', event_id: `$${this.#next}`, pdu: { n: this.#next } });
      this.#next += 1;
    }
  }

  async enqueue(): Promise<void> {}
  destinations = async (): Promise<string[]> => (this.items.length > 0 ? ['b'] : []);
  peek = async (_destination: string, limit: number): Promise<OutgoingItem[]> => this.items.slice(0, limit);
  state = async (): Promise<DestinationState> => this.#state;
  delivered = async (_destination: string, sequence: number): Promise<void> => {
    this.items = this.items.filter((item) => item.sequence > sequence);
    this.#state = { failures: 0, retry_at: 0 };
  };
  setState = async (_destination: string, state: DestinationState): Promise<void> => {
    this.#state = state;
  };
}

describe('Outgoing', () => {
  let clock: TestClock;
  let queue: TestQueue;
  let posts: { path: string; numbers: number[] }[];
  let answer: (numbers: number[]) => void;
  let reconnects: number;
  let outgoing: Outgoing;

  beforeEach(async () => {
    clock = new TestClock();
    queue = new TestQueue();
    posts = [];
    answer = () => undefined;
    reconnects = 0;
    const client = {
      post: async (_server: string, path: string, body: JsonObject) => {
        const numbers = (body['pdus'] as { n: number }[]).map(({ n }) => n);
        posts.push({ path, numbers });
        answer(numbers);
        return { results: {} };
      },
    } as unknown as PeerClient;
    const platform = { now: clock.now, setTimer: clock.setTimer, randomBytes: (n: number) => new Uint8Array(n).fill(255) };
    outgoing = new Outgoing({
      serverName: 'a',
      queue,
      client,
      platform,
      retryMinMs: 1_000,
      retryMaxMs: 60_000,
      logger,
      onReconnect: () => (reconnects += 1),
    });
    await outgoing.start();
  });

  afterEach(async () => {
    await outgoing.stop();
  });

  const down = (): never => {
    throw new PeerUnreachableError('down');
  };

  it('FED-40: delivers in order, fifty at a time', async () => {
    queue.add(120);
    outgoing.wake(['b']);
    await settle();
    expect(posts.map(({ numbers }) => numbers.length)).to.deep.equal([50, 50, 20]);
    expect(posts.flatMap(({ numbers }) => numbers)).to.deep.equal(Array.from({ length: 120 }, (_, i) => i + 1));
  });

  it('FED-40, FED-41: backs off exponentially up to the limit, with the same transaction each time, and comes back', async () => {
    queue.add(3);
    answer = down;
    outgoing.wake(['b']);
    const waits: (number | undefined)[] = [];
    for (let i = 0; i < 9; i += 1) {
      await settle();
      waits.push(clock.nextIn);
      await clock.pass(clock.nextIn ?? 0);
    }
    expect(waits).to.deep.equal([1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]);
    expect(new Set(posts.map(({ path }) => path)).size).to.equal(1);
    answer = () => undefined;
    await clock.pass(60_000);
    expect(queue.items).to.deep.equal([]);
    expect(reconnects).to.equal(1);
  });

  it('FED-42: a sign of life brings the next attempt forward, but not twice at once', async () => {
    queue.add(1);
    answer = down;
    outgoing.wake(['b']);
    await clock.pass(10_000);
    const before = posts.length;
    outgoing.signOfLife('b');
    await settle();
    outgoing.signOfLife('b');
    await settle();
    expect(posts.length).to.equal(before + 1);
  });

  it('a new event does not cut a back-off short', async () => {
    queue.add(1);
    answer = down;
    outgoing.wake(['b']);
    await settle();
    queue.add(1);
    outgoing.wake(['b']);
    outgoing.wake(['b']);
    await settle();
    expect(posts).to.have.length(1);
  });

  it('FED-43: a transaction that cannot be read goes event by event; the one event at fault is given up', async () => {
    queue.add(10);
    answer = (numbers) => {
      if (numbers.includes(4)) throw new PeerRefusedError('b', 400, 'BAD_JSON', 'CJ-1', '');
    };
    outgoing.wake(['b']);
    await settle();
    expect(queue.items).to.deep.equal([]);
    expect(posts.filter(({ numbers }) => numbers.length === 1).map(({ numbers }) => numbers[0])).to.deep.equal([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });

  for (const status of [401, 403, 404, 409, 429]) {
    it(`an answer of ${status} gives nothing up`, async () => {
      queue.add(2);
      answer = () => {
        throw new PeerRefusedError('b', status, 'X', undefined, '');
      };
      outgoing.wake(['b']);
      await clock.pass(10_000);
      expect(queue.items).to.have.length(2);
      expect(posts.length).to.be.greaterThan(2);
    });
  }

  it('stops', async () => {
    queue.add(1);
    answer = down;
    outgoing.wake(['b']);
    await settle();
    await outgoing.stop();
    await clock.pass(100_000);
    expect(posts).to.have.length(1);
    expect(queue.items).to.have.length(1);
  });
});

describe('Transactions', () => {
  const body = new Uint8Array([1, 2, 3]);

  it('FED-33, FED-34: run once, one after another, and bounded for each origin', async () => {
    const transactions = new Transactions(new MemoryStore().inbound, () => 1, 3);
    const log: string[] = [];
    const work = (name: string) => async (): Promise<JsonObject> => {
      log.push(`${name} begins`);
      await settle();
      log.push(`${name} ends`);
      return { name };
    };
    const answers = Promise.all([
      transactions.once('a', '1', body, work('first')),
      transactions.once('a', '2', body, work('second')),
      transactions.once('a', '1', body, work('first again')),
      transactions.once('a', '3', body, work('one too many')).catch((error: { code: string }) => error.code),
    ]);
    expect(await answers).to.deep.equal([{ name: 'first' }, { name: 'second' }, { name: 'first' }, 'LIMITED']);
    expect(log).to.deep.equal(['first begins', 'first ends', 'second begins', 'second ends']);
    expect(await transactions.once('b', '1', body, work('other origin'))).to.deep.equal({ name: 'other origin' });
  });

  it('whose work fails can be tried again', async () => {
    const transactions = new Transactions(new MemoryStore().inbound, () => 1, 3);
    const failed = await transactions
      .once('a', '1', body, async () => Promise.reject(new Error('disk full')))
      .catch((error: Error) => error.message);
    expect(failed).to.equal('disk full');
    expect(await transactions.once('a', '1', body, async () => ({ fine: true }))).to.deep.equal({ fine: true });
  });
});

describe('Merger', () => {
  let clock: TestClock;
  let sent: string[];
  let compared: number;
  let merger: Merger;
  let delivered: boolean;

  beforeEach(() => {
    clock = new TestClock();
    sent = [];
    compared = 0;
    delivered = true;
    const rooms = {
      send: async (roomId: string, draft: { type: string; sender: string }) => {
        sent.push(`${roomId} ${draft.type} ${draft.sender}`);
        return { event: { event_id: '$m' } };
      },
      ask: async () => 12,
    };
    merger = new Merger({
      serverName: 'a',
      rooms: rooms as never,
      platform: { now: clock.now, setTimer: clock.setTimer },
      limits: FEDERATION_LIMITS,
      afterMs: 60_000,
      isDelivered: async () => delivered,
      compareAgain: () => (compared += 1),
      logger,
    });
  });

  it('FED-63, FED-64: merges when a peer lacks a head for a minute although it has it', async () => {
    await merger.lacking('!r', 'b', ['$h']);
    expect(sent).to.deep.equal([]);
    await clock.pass(60_000);
    expect(compared).to.equal(1);
    await merger.lacking('!r', 'b', ['$h']);
    expect(sent).to.deep.equal(['!r m.room.merge @:a']);
  });

  it('FED-64: not while the event is still on its way, nor if the heads are others by then', async () => {
    delivered = false;
    await merger.lacking('!r', 'b', ['$h']);
    await clock.pass(120_000);
    await merger.lacking('!r', 'b', ['$h']);
    delivered = true;
    await merger.lacking('!r', 'b', ['$h']);
    await clock.pass(120_000);
    await merger.lacking('!r', 'b', ['$other']);
    await clock.pass(120_000);
    merger.inStep('!r', 'b');
    await merger.lacking('!r', 'b', ['$other']);
    expect(sent).to.deep.equal([]);
  });

  it('FED-64: a peer that follows no merge gets them ever more rarely', async () => {
    for (let minute = 0; minute < 240; minute += 1) {
      await merger.lacking('!r', 'b', [`$h${sent.length}`]);
      await clock.pass(60_000);
    }
    expect(sent.length).to.be.within(4, 9);
  });

  it('FED-65: merges above ten ends, in turns', async () => {
    const heads = Array.from({ length: 11 }, (_, i) => `$${i}`);
    const turns = ['a', 'b', 'c'].map((server) => turnOf(server, ['a', 'b', 'c'], heads));
    expect(turns.toSorted((a, b) => a - b)).to.deep.equal([0, 1, 2]);
    merger.ends('!r', heads, async () => ['a', 'b', 'c']);
    await clock.pass(2_000 * (turns[0] ?? 0) + 501);
    expect(sent).to.have.length(1);
    merger.ends('!r', heads.slice(0, 10), async () => ['a', 'b', 'c']);
    await clock.pass(100_000);
    expect(sent).to.have.length(1);
  });
});
