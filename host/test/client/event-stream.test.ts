import type { Store, StreamRow } from '@openguild/storage';
import { expect } from 'chai';
import { pino } from 'pino';
import { nodePlatform } from '../../src/index.ts';
import { EventStream } from '../../src/services/event-stream.ts';

/** As much of a store as a stream reads. */
class RowStore {
  readonly rows: StreamRow[] = [];
  cursor: { position: number } | undefined;
  readonly store = {
    rooms: { stream: async (after: number, limit: number) => this.rows.filter((row) => row.position > after).slice(0, limit) },
    values: {
      get: async () => this.cursor,
      set: async (_space: string, _key: string, value: { position: number }) => {
        this.cursor = value;
      },
    },
  } as unknown as Store;

  add(position: number): void {
    this.rows.push({ position, room_id: `room${position % 2}` } as StreamRow);
  }
}

const platform = nodePlatform(pino({ level: 'silent' }));
const keysOf = async (row: StreamRow): Promise<readonly string[]> => [row.room_id];

describe('host: the event stream', () => {
  it('goes on after a failure without skipping a row, and shows none before all projections have it', async () => {
    const rows = new RowStore();
    const seen: number[] = [];
    let broken = true;
    const projection = {
      apply: async (batch: readonly StreamRow[]) => {
        if (broken && batch.some((row) => row.position === 2)) throw new Error('the disk hiccups');
        seen.push(...batch.map((row) => row.position));
      },
    };
    const stream = new EventStream(rows.store, [projection], keysOf, platform);
    await stream.start();
    rows.add(1);
    stream.committed();
    await stream.settled(1);
    rows.add(2);
    stream.committed();
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect([stream.position, rows.cursor?.position ?? 0]).to.deep.equal([1, 0]);
    broken = false;
    rows.add(3);
    await stream.settled(3);
    expect(seen).to.deep.equal([1, 2, 3]);
    await stream.stop();
    expect(rows.cursor).to.deep.equal({ position: 3 });
  });

  it('keeps nobody waiting for ever behind a projection that fails', async () => {
    const rows = new RowStore();
    const projection = { apply: async () => Promise.reject(new Error('the disk is gone')) };
    const impatient = { ...platform, setTimer: (ms: number, fn: () => void) => platform.setTimer(ms / 100, fn) };
    const stream = new EventStream(rows.store, [projection], keysOf, impatient);
    await stream.start();
    rows.add(1);
    await stream.settled(1);
    expect(stream.position).to.equal(0);
    await stream.stop();
  });

  it('begins where the last run stopped', async () => {
    const rows = new RowStore();
    for (let i = 1; i <= 450; i++) rows.add(i);
    rows.cursor = { position: 10 };
    const seen: number[] = [];
    const projection = {
      apply: async (batch: readonly StreamRow[]) => {
        seen.push(...batch.map((row) => row.position));
      },
    };
    const stream = new EventStream(rows.store, [projection], keysOf, platform);
    await stream.start();
    expect(seen).to.deep.equal(Array.from({ length: 440 }, (_, i) => i + 11));
    expect(stream.position).to.equal(450);
    await stream.stop();
  });

  it('wakes who waits for the key, the abort or the end, and nobody else', async () => {
    const rows = new RowStore();
    const stream = new EventStream(rows.store, [], keysOf, platform);
    await stream.start();
    const never = new AbortController().signal;
    const abort = new AbortController();
    const woken: string[] = [];
    const wait = (name: string, key: string, signal = never): Promise<unknown> =>
      stream.wait([key], stream.position, signal).then(() => woken.push(name));
    const all = [
      wait('even', 'room0'),
      wait('odd', 'room1'),
      wait('aborted', 'room7', abort.signal),
      wait('person', '@alice:a'),
      wait('last', 'room8'),
    ];
    rows.add(2);
    stream.committed();
    await stream.settled(2);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(woken).to.deep.equal(['even']);
    stream.wake('@alice:a');
    abort.abort();
    rows.add(3);
    await stream.settled(3);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(woken).to.deep.equal(['even', 'person', 'aborted', 'odd']);
    await stream.wait(['room8'], 2, never);
    await stream.stop();
    await Promise.all(all);
    expect(woken.at(-1)).to.equal('last');
  });
});
