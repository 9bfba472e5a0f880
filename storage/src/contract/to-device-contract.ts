import { expect } from 'chai';
import { MAX_WAITING_MESSAGES } from '../ports.ts';
import type { ContractContext } from './contract-suite.ts';
import { sampleDevice, withDevices } from './devices-contract.ts';

const ALICE = '@alice:a.example';
const message = (device_id: string, n: number) => ({
  user_id: ALICE,
  device_id,
  sender: '@bob:b.example',
  type: 'm.room.encrypted',
  content: { n, text: '\u0000 ☃' },
});

export function toDeviceContract({ store }: ContractContext): void {
  const numbers = async (device: string, after = 0, limit = 10_000): Promise<unknown[]> =>
    (await store().toDevice.read(ALICE, device, after, limit)).map((one) => one.content['n']);

  it('keeps the order of each device, and hands out a message until it is acknowledged', async () => {
    const { toDevice } = store();
    await withDevices(store(), [sampleDevice('d1'), sampleDevice('d2')]);
    expect(await toDevice.add([message('d1', 1), message('d2', 2), message('d1', 3), message('nobody', 4)])).to.deep.equal([
      'queued',
      'queued',
      'queued',
      'unknown',
    ]);
    await Promise.all(Array.from({ length: 20 }, (_, i) => toDevice.add([message('d1', 10 + i)])));
    const all = [1, 3, ...Array.from({ length: 20 }, (_, i) => 10 + i)];
    expect(await numbers('d1')).to.deep.equal(all);
    expect(await numbers('d2')).to.deep.equal([2]);
    const [first, second] = await toDevice.read(ALICE, 'd1', 0, 2);
    const { user_id: _, device_id: __, ...sent } = message('d1', 1);
    expect(first).to.deep.equal({ ...sent, position: first?.position });
    expect(await numbers('d1', second?.position)).to.deep.equal(all.slice(2));
    expect(await numbers('d1', 0, 3)).to.deep.equal(all.slice(0, 3));
    expect(await toDevice.acknowledge(ALICE, 'd1', second?.position ?? 0)).to.equal(2);
    expect(await toDevice.acknowledge(ALICE, 'd1', second?.position ?? 0)).to.equal(0);
    expect(await numbers('d1')).to.deep.equal(all.slice(2));
    expect(await numbers('d2')).to.deep.equal([2]);
  });

  it('gives no position twice, also when everything was acknowledged', async () => {
    const { toDevice } = store();
    await withDevices(store(), [sampleDevice('d1')]);
    await toDevice.add([message('d1', 1), message('d1', 2)]);
    const last = (await toDevice.read(ALICE, 'd1', 0, 9)).at(-1)?.position ?? 0;
    await toDevice.acknowledge(ALICE, 'd1', last);
    await toDevice.add([message('d1', 3)]);
    expect((await toDevice.read(ALICE, 'd1', 0, 9))[0]?.position).to.be.greaterThan(last);
  });

  it('takes no more than the limit for a device, and others go on', async () => {
    const { toDevice } = store();
    await withDevices(store(), [sampleDevice('d1'), sampleDevice('d2')]);
    const many = Array.from({ length: MAX_WAITING_MESSAGES + 2 }, (_, i) => message('d1', i));
    const results = await toDevice.add([...many, message('d2', 1)]);
    expect(results.slice(-3)).to.deep.equal(['full', 'full', 'queued']);
    expect(results.filter((result) => result === 'queued')).to.have.length(MAX_WAITING_MESSAGES + 1);
    expect(await toDevice.add([message('d1', 0)])).to.deep.equal(['full']);
    const [oldest] = await toDevice.read(ALICE, 'd1', 0, 1);
    await toDevice.acknowledge(ALICE, 'd1', oldest?.position ?? 0);
    expect(await toDevice.add([message('d1', 7)])).to.deep.equal(['queued']);
    expect((await numbers('d1')).at(-1)).to.equal(7);
  });
}
