import { expect } from 'chai';
import { OneTimeKeyError, UnknownAccountError, UnknownDeviceError } from '../errors.ts';
import { type Device, MAX_ONE_TIME_KEYS, type OneTimeKey, type Store } from '../ports.ts';
import type { ContractContext } from './contract-suite.ts';
import { expectFailure } from './expect-failure.ts';

const ALICE = '@alice:a.example';

export function sampleDevice(device_id: string, user_id: string = ALICE): Device {
  return { user_id, device_id, display_name: null, created_ts: 1, last_seen_ts: null, keys: null };
}

/** Accounts, each with these devices. */
export async function withDevices(store: Store, devices: readonly Device[]): Promise<void> {
  for (const user_id of new Set(devices.map((device) => device.user_id)))
    await store.accounts.create({ user_id, password_hash: 'h', created_ts: 0, deactivated: false });
  for (const device of devices) await store.devices.put(device);
}

const keys = (count: number, from = 0, algorithm = 'signed_curve25519'): OneTimeKey[] =>
  Array.from({ length: count }, (_, i) => ({ algorithm, key_id: `k${from + i}`, key: { key: `public ${from + i}` } }));

export function devicesContract({ store }: ContractContext): void {
  it('keeps devices of accounts, changes them, and lists them in order', async () => {
    const { devices } = store();
    await expectFailure(devices.put(sampleDevice('d1')), UnknownAccountError);
    await withDevices(store(), [sampleDevice('d2'), sampleDevice('D'), sampleDevice('d1'), sampleDevice('d1', '@bob:a.example')]);
    expect((await devices.devicesOf(ALICE)).map((device) => device.device_id)).to.deep.equal(['D', 'd1', 'd2']);
    const changed = {
      ...sampleDevice('d1'),
      display_name: 'Telephone \u{1F600}',
      last_seen_ts: 7,
      keys: { ed25519: 'x', ['__proto__']: 1 },
    };
    await devices.put(changed);
    expect(await devices.find(ALICE, 'd1')).to.deep.equal(changed);
    expect(await devices.find('@bob:a.example', 'd1')).to.deep.equal(sampleDevice('d1', '@bob:a.example'));
    expect(await devices.find(ALICE, 'd3')).to.equal(undefined);
  });

  it('removes a device with its tokens, keys and messages, and nothing of others', async () => {
    const { devices, accounts, toDevice } = store();
    await withDevices(store(), [sampleDevice('d1'), sampleDevice('d2')]);
    for (const device_id of ['d1', 'd2']) {
      await accounts.addToken({ token_hash: device_id, user_id: ALICE, device_id, created_ts: 0, expires_ts: null });
      await devices.addOneTimeKeys(ALICE, device_id, keys(2));
      await toDevice.add([{ user_id: ALICE, device_id, sender: ALICE, type: 't', content: {} }]);
    }
    expect(await devices.remove(ALICE, 'd1')).to.equal(true);
    expect(await devices.remove(ALICE, 'd1')).to.equal(false);
    expect(await accounts.findToken('d1')).to.equal(undefined);
    expect(await devices.oneTimeKeyCounts(ALICE, 'd1')).to.deep.equal({});
    expect(await toDevice.read(ALICE, 'd1', 0, 9)).to.deep.equal([]);
    expect(await accounts.findToken('d2')).not.to.equal(undefined);
    expect(await devices.oneTimeKeyCounts(ALICE, 'd2')).to.deep.equal({ signed_curve25519: 2 });
    expect(await toDevice.read(ALICE, 'd2', 0, 9)).to.have.length(1);
  });

  it('hands out each one-time key once, the oldest first', async () => {
    const { devices } = store();
    await withDevices(store(), [sampleDevice('d1')]);
    await devices.addOneTimeKeys(ALICE, 'd1', [...keys(3), ...keys(1, 0, 'other')]);
    expect(await devices.oneTimeKeyCounts(ALICE, 'd1')).to.deep.equal({ other: 1, signed_curve25519: 3 });
    expect(await devices.claimOneTimeKey(ALICE, 'd1', 'signed_curve25519')).to.deep.equal(keys(1)[0]);
    expect(await devices.oneTimeKeyCounts(ALICE, 'd1')).to.deep.equal({ other: 1, signed_curve25519: 2 });
    for (const _ of [1, 2]) await devices.claimOneTimeKey(ALICE, 'd1', 'signed_curve25519');
    expect(await devices.claimOneTimeKey(ALICE, 'd1', 'signed_curve25519')).to.equal(undefined);
    expect(await devices.claimOneTimeKey(ALICE, 'd9', 'other')).to.equal(undefined);
    expect(await devices.oneTimeKeyCounts(ALICE, 'd1')).to.deep.equal({ other: 1 });
  });

  it('hands out each one-time key once in a race', async () => {
    const { devices } = store();
    await withDevices(store(), [sampleDevice('d1')]);
    await devices.addOneTimeKeys(ALICE, 'd1', keys(20));
    const claimed = await Promise.all(Array.from({ length: 30 }, () => devices.claimOneTimeKey(ALICE, 'd1', 'signed_curve25519')));
    const ids = claimed.flatMap((key) => (key === undefined ? [] : [key.key_id]));
    expect(ids).to.have.length(20);
    expect(new Set(ids).size).to.equal(20);
  });

  it('takes no key ID twice, also after the key was claimed, and no more keys than the limit', async () => {
    const { devices } = store();
    await withDevices(store(), [sampleDevice('d1')]);
    await devices.addOneTimeKeys(ALICE, 'd1', keys(2));
    await devices.claimOneTimeKey(ALICE, 'd1', 'signed_curve25519');
    // A client that did not get the answer sends the same again.
    await devices.addOneTimeKeys(ALICE, 'd1', keys(2));
    expect(await devices.oneTimeKeyCounts(ALICE, 'd1')).to.deep.equal({ signed_curve25519: 1 });
    const other = { ...(keys(1)[0] as OneTimeKey), key: { key: 'another' } };
    await expectFailure(devices.addOneTimeKeys(ALICE, 'd1', [...keys(1, 7), other]), OneTimeKeyError);
    await expectFailure(devices.addOneTimeKeys(ALICE, 'd1', keys(MAX_ONE_TIME_KEYS, 10)), OneTimeKeyError);
    expect(await devices.oneTimeKeyCounts(ALICE, 'd1')).to.deep.equal({ signed_curve25519: 1 });
    await expectFailure(devices.addOneTimeKeys(ALICE, 'd9', keys(1)), UnknownDeviceError);
  });
}
