import { extname } from 'node:path';
import { expect } from 'chai';
import { inOrder } from '../src/series/in-order.ts';
import type { Runner } from '../src/series/runner.ts';
import { withThreads } from '../src/series/thread-runner.ts';
import type { Task } from './series-worker.ts';

type Ran = { readonly number: number; readonly finds: boolean };
type Taken = { readonly runner: Runner<Task, Ran, number>; readonly ran: Ran };

const code = new URL(`./series-worker${extname(import.meta.filename)}`, import.meta.url);

/** What is taken of these tasks on three threads, what is kept, and what is said. */
async function series(tasks: readonly Omit<Task, 'number'>[], keepGoing = false) {
  const taken: number[] = [];
  const kept: number[] = [];
  const said: string[] = [];
  let begun = 0;
  const next = () => {
    const number = begun;
    const task = tasks[begun++];
    return task === undefined
      ? null
      : async (runner: Taken['runner']): Promise<Taken> => ({ runner, ran: await runner.run({ ...task, number }) });
  };
  const take = async ({ runner, ran }: Taken): Promise<boolean> => {
    taken.push(ran.number);
    if (ran.finds) kept.push(await runner.keep());
    return keepGoing || !ran.finds;
  };
  const local = (): never => {
    throw new Error('not asked for');
  };
  await withThreads(3, { code, data: 'history', say: (line) => said.push(line), local }, (runners: readonly Taken['runner'][]) =>
    inOrder(runners, { next, take, holds: ({ ran }) => ran.finds }),
  );
  return { taken, kept, said };
}

describe('a series on threads', function () {
  this.timeout(20_000);

  it('takes what comes in the order in which it was begun, however long each takes', async () => {
    const times = [120, 0, 60, 10, 0, 0, 30, 0];
    expect((await series(times.map((ms) => ({ ms })))).taken).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('ends with the first that finds something, though later ones were done before it', async () => {
    const found = await series([{ ms: 0 }, { ms: 150, finds: true }, { ms: 0, finds: true }, { ms: 0 }, { ms: 0 }, { ms: 1_000_000 }]);
    expect(found).to.deep.equal({ taken: [0, 1], kept: [1], said: ['kept 1'] });
  });

  it('goes on after what was found if it is to, and every runner still has what it found when that is kept', async () => {
    const found = await series(
      [{ ms: 100, finds: true }, { ms: 0, finds: true }, { ms: 0, finds: true }, { ms: 0 }, { ms: 0, finds: true }],
      true,
    );
    expect(found).to.deep.equal({ taken: [0, 1, 2, 3, 4], kept: [0, 1, 2, 4], said: ['kept 0', 'kept 1', 'kept 2', 'kept 4'] });
  });

  it('fails with the error of a thread that breaks down, and does not wait for the others', async () => {
    const failed = (ends: 'throws' | 'exits') => series([{ ms: 0 }, { ms: 20, ends }, { ms: 1_000_000 }, { ms: 0 }]).catch(String);
    expect(await failed('throws')).to.equal('RangeError: history 1 breaks down');
    expect(await failed('exits')).to.match(/a thread of the series ended with code 5/);
  });
});
