import { expect } from 'chai';
import { KeyedMutex } from '../../src/runner/keyed-mutex.ts';

describe('a mutex for each key', () => {
  const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

  it('runs works of a key in order, one at a time, and others beside them', async () => {
    const mutex = new KeyedMutex();
    const log: string[] = [];
    const work = (key: string, name: string) =>
      mutex.run(key, async () => {
        log.push(`${name} begins`);
        await turn();
        log.push(`${name} ends`);
      });
    await Promise.all([work('k', 'a'), work('k', 'b'), work('other', 'c')]);
    expect(log.indexOf('b begins')).to.be.greaterThan(log.indexOf('a ends'));
    expect(log.indexOf('c begins')).to.be.lessThan(log.indexOf('a ends'));
  });

  it('goes on after a work that fails, and hands on its value', async () => {
    const mutex = new KeyedMutex();
    const failed = mutex.run('k', () => Promise.reject(new Error('mine'))).catch((error: unknown) => error);
    const value = mutex.run('k', async () => 5);
    expect(await failed).to.have.property('message', 'mine');
    expect(await value).to.equal(5);
  });
});
