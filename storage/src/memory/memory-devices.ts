import { utf8Compare } from '@openguild/core';
import { OneTimeKeyError, UnknownAccountError, UnknownDeviceError } from '../errors.ts';
import {
  type Device,
  type DeviceStore,
  MAX_ONE_TIME_KEYS,
  MAX_WAITING_MESSAGES,
  type OneTimeKey,
  type ToDeviceQueue,
  type WaitingMessage,
} from '../ports.ts';
import type { MemoryAccounts } from './memory-accounts.ts';

interface KnownDevice {
  device: Device;
  readonly keys: { readonly key: OneTimeKey; claimed: boolean }[];
  waiting: WaitingMessage[];
}

export class MemoryDevices implements DeviceStore {
  readonly queue: ToDeviceQueue;
  readonly #accounts: MemoryAccounts;
  readonly #devices = new Map<string, KnownDevice>();

  constructor(accounts: MemoryAccounts) {
    this.#accounts = accounts;
    this.queue = queueOver((userId, deviceId) => this.#devices.get(keyOf(userId, deviceId)));
  }

  async put(device: Device): Promise<void> {
    if ((await this.#accounts.find(device.user_id)) === undefined) throw new UnknownAccountError(device.user_id);
    const known = this.#devices.get(keyOf(device.user_id, device.device_id));
    if (known !== undefined) known.device = device;
    else this.#devices.set(keyOf(device.user_id, device.device_id), { device, keys: [], waiting: [] });
  }

  async find(userId: string, deviceId: string): Promise<Device | undefined> {
    return this.#devices.get(keyOf(userId, deviceId))?.device;
  }

  async devicesOf(userId: string): Promise<readonly Device[]> {
    const all = [...this.#devices.values()].map(({ device }) => device).filter((device) => device.user_id === userId);
    return all.sort((a, b) => utf8Compare(a.device_id, b.device_id));
  }

  async remove(userId: string, deviceId: string): Promise<boolean> {
    this.#accounts.removeTokensOfDevice(userId, deviceId);
    return this.#devices.delete(keyOf(userId, deviceId));
  }

  async addOneTimeKeys(userId: string, deviceId: string, keys: readonly OneTimeKey[]): Promise<void> {
    const known = this.#devices.get(keyOf(userId, deviceId));
    if (known === undefined) throw new UnknownDeviceError(userId, deviceId);
    const fresh: OneTimeKey[] = [];
    for (const key of keys) {
      const same = [...known.keys.map((one) => one.key), ...fresh].find(
        (one) => one.algorithm === key.algorithm && one.key_id === key.key_id,
      );
      if (same === undefined) fresh.push(key);
      else if (JSON.stringify(same.key) !== JSON.stringify(key.key))
        throw new OneTimeKeyError(`the key ID ${key.key_id} was used for another key`);
    }
    const left = known.keys.filter((one) => !one.claimed).length;
    if (left + fresh.length > MAX_ONE_TIME_KEYS) throw new OneTimeKeyError(`a device has at most ${MAX_ONE_TIME_KEYS} one-time keys`);
    known.keys.push(...fresh.map((key) => ({ key, claimed: false })));
  }

  async oneTimeKeyCounts(userId: string, deviceId: string): Promise<Readonly<Record<string, number>>> {
    const left = (this.#devices.get(keyOf(userId, deviceId))?.keys ?? []).filter((one) => !one.claimed);
    const groups = Map.groupBy(left, (one) => one.key.algorithm);
    return Object.fromEntries([...groups].map(([algorithm, keys]) => [algorithm, keys.length]));
  }

  async claimOneTimeKey(userId: string, deviceId: string, algorithm: string): Promise<OneTimeKey | undefined> {
    const one = this.#devices.get(keyOf(userId, deviceId))?.keys.find(({ key, claimed }) => !claimed && key.algorithm === algorithm);
    if (one !== undefined) one.claimed = true;
    return one?.key;
  }
}

function queueOver(deviceOf: (userId: string, deviceId: string) => KnownDevice | undefined): ToDeviceQueue {
  let last = 0;
  return {
    add: async (messages) =>
      messages.map(({ user_id, device_id, sender, type, content }) => {
        const device = deviceOf(user_id, device_id);
        if (device === undefined) return 'unknown';
        if (device.waiting.length >= MAX_WAITING_MESSAGES) return 'full';
        device.waiting.push({ position: ++last, sender, type, content });
        return 'queued';
      }),
    read: async (userId, deviceId, after, limit) =>
      (deviceOf(userId, deviceId)?.waiting ?? []).filter(({ position }) => position > after).slice(0, limit),
    acknowledge: async (userId, deviceId, upTo) => {
      const device = deviceOf(userId, deviceId);
      const before = device?.waiting.length ?? 0;
      if (device !== undefined) device.waiting = device.waiting.filter(({ position }) => position > upTo);
      return before - (device?.waiting.length ?? 0);
    },
  };
}

function keyOf(userId: string, deviceId: string): string {
  return JSON.stringify([userId, deviceId]);
}
