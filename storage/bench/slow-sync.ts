import type { Driver, DriverTransaction } from '../dist/sql/driver.js';

/** A driver whose every commit takes longer, as on a disk that has to turn. Blocks, as SQLite does while it syncs. */
export function slowSync(driver: Driver, milliseconds: number): Driver {
  const sleep = new Int32Array(new SharedArrayBuffer(4));
  return new Proxy(driver, {
    get(target, name) {
      if (name !== 'begin') {
        const value = Reflect.get(target, name, target) as unknown;
        return typeof value === 'function' ? value.bind(target) : value;
      }
      return async (first: string): Promise<{ tx: DriverTransaction; rows: readonly unknown[] }> => {
        const { tx, rows } = await target.begin(first);
        const commit = tx.commit.bind(tx);
        tx.commit = async () => {
          await commit();
          Atomics.wait(sleep, 0, 0, milliseconds);
        };
        return { tx, rows };
      };
    },
  });
}
