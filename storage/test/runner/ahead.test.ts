import { expect } from 'chai';
import { MemoryStore, type Verify, verifyWithNode } from '@openguild/storage';
import { OLGA, twoServers } from './two-servers.ts';

describe('signatures that are verified ahead', () => {
  it('are those of copies that wait for their room, all at a time', async () => {
    const gate = Promise.withResolvers<void>();
    let gated = false;
    let asked = 0;
    const verify: Verify = async (checks) => {
      if (gated) {
        asked += checks.length;
        if (asked === 8) gate.resolve();
        await gate.promise;
      }
      return verifyWithNode(checks);
    };
    const { a, b, channel, channelCreate } = await twoServers({ a: new MemoryStore(), b: new MemoryStore(), verify });
    await b.receive(channelCreate);
    const sent = [];
    for (let i = 0; i < 8; i++) sent.push(await a.say(channel, OLGA, `${i}`));
    gated = true;
    // Were they verified one after the other, the first would wait for ever.
    const outcomes = await Promise.all(sent.map((event) => b.receive(event)));
    expect(outcomes.map(({ kind }) => kind)).to.deep.equal(sent.map(() => 'accepted'));
    expect(asked).to.equal(8);
  });

  it('are asked for again where that failed', async () => {
    let failing = 0;
    const verify: Verify = (checks) => (failing-- > 0 ? Promise.reject(new Error('no verifier')) : verifyWithNode(checks));
    const { a, b, channel, channelCreate } = await twoServers({ a: new MemoryStore(), b: new MemoryStore(), verify });
    await b.receive(channelCreate);
    const sent = [await a.say(channel, OLGA, '1'), await a.say(channel, OLGA, '2'), await a.say(channel, OLGA, '3')];
    failing = 2;
    const outcomes = await Promise.all(
      sent.map((event) =>
        b.receive(event).then(
          ({ kind }) => kind,
          (error: Error) => error.message,
        ),
      ),
    );
    expect(outcomes.filter((one) => one === 'no verifier').length).to.be.at.most(2);
    for (const event of sent) await b.receive(event);
    await b.runner.settled();
    expect(await b.view(channel)).to.deep.equal(await a.view(channel));
  });
});
