import { expect } from 'chai';
import { TransactionUsedError } from '../errors.ts';
import type { ContractContext } from './contract-suite.ts';
import { expectFailure } from './expect-failure.ts';
import { SampleRoom } from './sample-events.ts';

export function concurrencyContract({ store }: ContractContext): void {
  it('keeps the order of commits of one room that do not wait for each other', async () => {
    const room = new SampleRoom('guild');
    const commits = Array.from({ length: 300 }, (_, i) => room.next({ stateKey: `k${i % 7}` }));
    const receipts = await Promise.all(commits.map((commit) => store().rooms.commit(commit)));
    expect(receipts.map((receipt) => receipt.positions[0])).to.deep.equal(commits.map((_, i) => i + 1));
    const rows = await store().rooms.stream(0, 1_000);
    expect(rows.map((row) => row.stored.event.event_id)).to.deep.equal(commits.map((commit) => commit.effects.stored.event.event_id));
  });

  it('lets one bad commit among many fail alone', async () => {
    const rooms = Array.from({ length: 5 }, (_, i) => new SampleRoom(`r${i}`));
    const good = rooms.map((room) => store().rooms.commit(room.next({ stateKey: '' })));
    const [room] = rooms as [SampleRoom];
    const bad = expectFailure(store().rooms.commit(room.next({}, { enters: ['$unknown'] })), Error);
    const late = new SampleRoom('late');
    const after = store().rooms.commit(late.next({ stateKey: '' }, { destinations: ['b.example'] }));
    await bad;
    const positions = (await Promise.all([...good, after])).map((receipt) => receipt.positions[0] as number);
    expect([...new Set(positions)]).to.have.length(6);
    expect(await store().rooms.list()).to.have.length(6);
    expect(await store().rooms.stream(0, 100)).to.have.length(6);
    expect(await store().outgoing.peek('b.example', 10)).to.have.length(1);
  });

  it('lets one of several commits with the same client transaction win', async () => {
    const txn = { user_id: '@a:a.example', device_id: 'd', txn_id: 't' };
    const rooms = Array.from({ length: 6 }, (_, i) => new SampleRoom(`r${i}`));
    const outcomes = await Promise.allSettled(rooms.map((room) => store().rooms.commit(room.next({ stateKey: '' }, { client_txn: txn }))));
    const lost = outcomes.filter((outcome) => outcome.status === 'rejected');
    expect(lost).to.have.length(5);
    for (const outcome of lost) expect(outcome.reason).to.be.instanceOf(TransactionUsedError);
    expect(await store().rooms.position()).to.be.greaterThan(0);
    expect(await store().rooms.list()).to.have.length(1);
  });

  it('never lets a reader skip a position', async () => {
    const room = new SampleRoom('guild');
    const seen: string[] = [];
    let position = 0;
    let writing = true;
    const reader = (async () => {
      for (let last = false; !last; ) {
        last = !writing;
        for (const row of await store().rooms.stream(position, 7)) {
          expect(row.position).to.be.greaterThan(position);
          position = row.position;
          seen.push(row.stored.event.event_id);
          last = false;
        }
        await new Promise((resolve) => setImmediate(resolve));
      }
    })();
    const ids: string[] = [];
    for (let round = 0; round < 20; round++) {
      const commits = Array.from({ length: 5 }, () => room.next());
      ids.push(...commits.map((commit) => commit.effects.stored.event.event_id));
      await Promise.all(commits.map((commit) => store().rooms.commit(commit)));
    }
    writing = false;
    await reader;
    expect(seen).to.deep.equal(ids);
  });

  it('redeems a code exactly as often as allowed, whoever asks at the same time', async () => {
    const room = new SampleRoom('guild');
    await store().rooms.commit(room.next({ stateKey: '' }));
    await store().invites.addCode({
      code: 'c',
      guild_id: room.room_id,
      creator: '@a:a.example',
      created_ts: 0,
      expires_ts: null,
      max_uses: 3,
      uses: 0,
      revoked: false,
    });
    const alone = Array.from({ length: 5 }, () => store().invites.redeemCode('c', 10));
    const base = room.head;
    const inCommits = Array.from({ length: 5 }, () =>
      store()
        .rooms.commit(room.next({ prev: base === undefined ? [] : [base] }, { use_invite: 'c' }))
        .then(
          () => true,
          () => false,
        ),
    );
    const done = await Promise.all([...alone, ...inCommits]);
    expect(done.filter((redeemed) => redeemed)).to.have.length(3);
    expect((await store().invites.findCode('c'))?.uses).to.equal(3);
  });
}
