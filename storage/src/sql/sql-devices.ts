import type { JsonObject } from '@openguild/core';
import { OneTimeKeyError, UnknownAccountError, UnknownDeviceError } from '../errors.ts';
import { type Device, type DeviceStore, MAX_ONE_TIME_KEYS, type OneTimeKey } from '../ports.ts';
import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';
import type { WriteTransaction } from './write-transaction.ts';

type DeviceRow = Omit<Device, 'keys'> & { readonly keys: string | null };
type KeyRow = { readonly num: number; readonly algorithm: string; readonly key_id: string; readonly key: string };

const DEVICES = 'SELECT user_id, device_id, display_name, created_ts, last_seen_ts, keys FROM devices';
const OWN = 'user_id = ? AND device_id = ?';
const OF_DEVICE = `WHERE ${OWN}`;

/** Devices in SQL. Writers run one after another, whatever the process, so a key that one has claimed is gone for the next. */
export class SqlDevices implements DeviceStore {
  readonly #reader: Sql;
  readonly #committer: Committer;

  constructor(reader: Sql, committer: Committer) {
    this.#reader = reader;
    this.#committer = committer;
  }

  put({ user_id, device_id, display_name, created_ts, last_seen_ts, keys }: Device): Promise<void> {
    return this.#committer.run(async (tx) => {
      if ((await tx.get('SELECT user_id FROM accounts WHERE user_id = ?', user_id)) === undefined) throw new UnknownAccountError(user_id);
      const values = { display_name, created_ts, last_seen_ts, keys: keys === null ? null : JSON.stringify(keys) };
      if ((await tx.change('devices', values, OWN, user_id, device_id)) === 0) tx.insert('devices', { user_id, device_id, ...values });
    });
  }

  async find(userId: string, deviceId: string): Promise<Device | undefined> {
    const row = await this.#reader.get<DeviceRow>(`${DEVICES} ${OF_DEVICE}`, userId, deviceId);
    return row === undefined ? undefined : readDevice(row);
  }

  async devicesOf(userId: string): Promise<readonly Device[]> {
    return (await this.#reader.all<DeviceRow>(`${DEVICES} WHERE user_id = ? ORDER BY device_id`, userId)).map(readDevice);
  }

  remove(userId: string, deviceId: string): Promise<boolean> {
    return this.#committer.run(async (tx) => {
      for (const table of ['one_time_keys', 'to_device', 'tokens'] as const) await tx.remove(table, OWN, userId, deviceId);
      return (await tx.remove('devices', OWN, userId, deviceId)) > 0;
    });
  }

  addOneTimeKeys(userId: string, deviceId: string, keys: readonly OneTimeKey[]): Promise<void> {
    return this.#committer.run(async (tx) => {
      if (!(await isDevice(tx, userId, deviceId))) throw new UnknownDeviceError(userId, deviceId);
      const left = await tx.get<{ n: number }>(`SELECT count(*) AS n FROM one_time_keys ${OF_DEVICE} AND claimed = 0`, userId, deviceId);
      let room = MAX_ONE_TIME_KEYS - (left?.n ?? 0);
      for (const key of keys) {
        if (await this.#known(tx, userId, deviceId, key)) continue;
        if (room-- <= 0) throw new OneTimeKeyError(`a device has at most ${MAX_ONE_TIME_KEYS} one-time keys`);
        const { algorithm, key_id } = key;
        const owner = { num: tx.next('one_time_keys'), user_id: userId, device_id: deviceId };
        tx.insert('one_time_keys', { ...owner, algorithm, key_id, key: JSON.stringify(key.key), claimed: 0 });
      }
    });
  }

  async oneTimeKeyCounts(userId: string, deviceId: string): Promise<Readonly<Record<string, number>>> {
    const query = `SELECT algorithm, count(*) AS n FROM one_time_keys ${OF_DEVICE} AND claimed = 0 GROUP BY algorithm ORDER BY algorithm`;
    const rows = await this.#reader.all<{ algorithm: string; n: number }>(query, userId, deviceId);
    return Object.fromEntries(rows.map(({ algorithm, n }) => [algorithm, n]));
  }

  claimOneTimeKey(userId: string, deviceId: string, algorithm: string): Promise<OneTimeKey | undefined> {
    return this.#committer.run(async (tx) => {
      const oldest = `SELECT num, algorithm, key_id, key FROM one_time_keys ${OF_DEVICE} AND algorithm = ? AND claimed = 0 ORDER BY num LIMIT 1`;
      const row = await tx.get<KeyRow>(oldest, userId, deviceId, algorithm);
      if (row === undefined) return undefined;
      await tx.change('one_time_keys', { claimed: 1 }, 'num = ?', row.num);
      return { algorithm: row.algorithm, key_id: row.key_id, key: JSON.parse(row.key) as JsonObject };
    });
  }

  async #known(tx: WriteTransaction, userId: string, deviceId: string, { algorithm, key_id, key }: OneTimeKey): Promise<boolean> {
    const find = `SELECT key FROM one_time_keys ${OF_DEVICE} AND algorithm = ? AND key_id = ?`;
    const row = await tx.get<{ key: string }>(find, userId, deviceId, algorithm, key_id);
    if (row !== undefined && row.key !== JSON.stringify(key)) throw new OneTimeKeyError(`the key ID ${key_id} was used for another key`);
    return row !== undefined;
  }
}

export async function isDevice(sql: Sql, userId: string, deviceId: string): Promise<boolean> {
  return (await sql.get(`SELECT device_id FROM devices ${OF_DEVICE}`, userId, deviceId)) !== undefined;
}

function readDevice({ keys, ...row }: DeviceRow): Device {
  return { ...row, keys: keys === null ? null : (JSON.parse(keys) as JsonObject) };
}
