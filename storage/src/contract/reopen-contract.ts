import { expect } from 'chai';
import { StoreClosedError } from '../errors.ts';
import type { ContractContext } from './contract-suite.ts';
import { sampleDevice, withDevices } from './devices-contract.ts';
import { expectFailure } from './expect-failure.ts';
import { SampleRoom } from './sample-events.ts';

/** What holds of every store once it is closed. */
export function closingContract({ store }: ContractContext): void {
  it('refuses commits once it is closed, and closes twice', async () => {
    const room = new SampleRoom('guild');
    const closed = store();
    await closed.close();
    await closed.close();
    await expectFailure(closed.rooms.commit(room.next()), StoreClosedError);
  });
}

/** What holds of stores that keep what they have. */
export function reopenContract({ store, reopen }: ContractContext): void {
  it('has everything after it was closed and opened, and gives out later positions', async () => {
    const room = new SampleRoom('guild');
    const channel = new SampleRoom('channel', room);
    const txn = { user_id: '@a:a.example', device_id: 'd', txn_id: 't' };
    for (let i = 0; i < 20; i++) await store().rooms.commit(room.next({ stateKey: `k${i % 3}` }, { destinations: ['b.example'] }));
    await store().rooms.commit(channel.next({ stateKey: '' }, { client_txn: txn }));
    const head = room.head?.event.event_id ?? '';
    const view = async (): Promise<unknown> => {
      const { rooms, outgoing } = store();
      const state = await rooms.stateAfter(room.room_id, head);
      const waiting = await outgoing.peek('b.example', 100);
      const known = (await rooms.list()).map((each) => [each.room_id, each.kind, each.guild_id]);
      return [known, await rooms.stream(0, 21), state, waiting, await rooms.clientTransaction(txn), await rooms.channelsOf(room.room_id)];
    };
    await withDevices(store(), [sampleDevice('d')]);
    await store().devices.addOneTimeKeys('@alice:a.example', 'd', [{ algorithm: 'a', key_id: 'k', key: {} }]);
    await store().devices.claimOneTimeKey('@alice:a.example', 'd', 'a');
    const message = { user_id: '@alice:a.example', device_id: 'd', sender: '@b:b.example', type: 't', content: {} };
    await store().toDevice.add([message]);
    const before = await view();
    const unacknowledged = store().rooms.commit(channel.next());
    await reopen();
    await unacknowledged;
    expect(await view()).to.deep.equal(before);
    expect(await store().devices.claimOneTimeKey('@alice:a.example', 'd', 'a')).to.equal(undefined);
    await store().toDevice.add([message]);
    expect((await store().toDevice.read('@alice:a.example', 'd', 0, 9)).map((one) => one.position)).to.deep.equal([1, 2]);
    const { positions } = await store().rooms.commit(channel.next());
    expect(positions[0]).to.equal(23);
  });
}
