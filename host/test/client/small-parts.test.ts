import type { IncomingMessage } from 'node:http';
import { expect } from 'chai';
import { clientAddress } from '../../src/http/client-address.ts';
import { addressKey } from '../../src/http/rate-limits.ts';
import { BoundedWork, QueueFullError } from '../../src/services/bounded-work.ts';
import { KeyedLock } from '../../src/services/keyed-lock.ts';

describe('host: small parts', () => {
  it('bounded work: runs so many at a time, in order, and refuses what does not fit', async () => {
    const work = new BoundedWork(2, 3);
    let [active, most] = [0, 0];
    const order: number[] = [];
    const job = (n: number) => async (): Promise<number> => {
      active += 1;
      most = Math.max(most, active);
      order.push(n);
      await new Promise((resolve) => setTimeout(resolve, 5));
      active -= 1;
      if (n === 1) throw new Error('one fails');
      return n;
    };
    const all = [0, 1, 2, 3, 4].map((n) => work.run(job(n)));
    const settled = Promise.allSettled(all);
    const refused = await work.run(job(5)).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(QueueFullError);
    expect((await settled).map((one) => one.status)).to.deep.equal(['fulfilled', 'rejected', 'fulfilled', 'fulfilled', 'fulfilled']);
    expect([most, active, order]).to.deep.equal([2, 0, [0, 1, 2, 3, 4]]);
    expect(await work.run(job(6))).to.equal(6);
  });

  it('keyed lock: one at a time per key, also after a failure; keys do not wait for each other', async () => {
    const lock = new KeyedLock();
    const log: string[] = [];
    const job = (name: string, ms: number) => async (): Promise<void> => {
      log.push(`${name} begins`);
      await new Promise((resolve) => setTimeout(resolve, ms));
      log.push(`${name} ends`);
      if (name === 'a1') throw new Error('fails');
    };
    const results = await Promise.allSettled([lock.run('a', job('a1', 20)), lock.run('a', job('a2', 1)), lock.run('b', job('b1', 1))]);
    expect(results.map((one) => one.status)).to.deep.equal(['rejected', 'fulfilled', 'fulfilled']);
    expect(log).to.deep.equal(['a1 begins', 'b1 begins', 'b1 ends', 'a1 ends', 'a2 begins', 'a2 ends']);
  });

  it('addresses: IPv4 as it is, also mapped; IPv6 by its /64', () => {
    expect(addressKey('::ffff:203.0.113.9')).to.equal(addressKey('203.0.113.9'));
    expect(addressKey('2001:db8:1:2::1')).to.equal(addressKey('2001:db8:1:2:ffff::9'));
    expect(addressKey('2001:db8:1:2::1')).not.to.equal(addressKey('2001:db8:1:3::1'));
  });

  it('addresses behind proxies: only what trusted proxies say counts', () => {
    const request = (forwarded?: string): IncomingMessage =>
      ({
        socket: { remoteAddress: '10.0.0.1' },
        headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
      }) as unknown as IncomingMessage;
    expect(clientAddress(request('6.6.6.6'), 0)).to.equal('10.0.0.1');
    expect(clientAddress(request(), 1)).to.equal('10.0.0.1');
    expect(clientAddress(request('6.6.6.6, 203.0.113.9'), 1)).to.equal('203.0.113.9');
    expect(clientAddress(request('6.6.6.6, 203.0.113.9, 10.0.0.2'), 2)).to.equal('203.0.113.9');
    expect(clientAddress(request('203.0.113.9'), 3)).to.equal('203.0.113.9');
  });
});
