import { MemoryStore, SqliteStore, type Store } from '@openguild/storage';
import { join } from 'node:path';
import { temporaryFolder } from '../temporary-folder.ts';

/** Stores for the tests of one `describe`, each by its name and made when first asked for. */
export interface Stores {
  get(name: string): Promise<Store>;
  /** Closes a store and opens what it has on disk. */
  reopen(name: string): Promise<Store>;
}

/** Declares the same tests on memory and on SQLite. */
export function withStores(title: string, tests: (stores: Stores, kind: 'memory' | 'SQLite') => void): void {
  describe(`${title}, in memory`, () => {
    let open = new Map<string, Store>();
    beforeEach(() => void (open = new Map()));
    const get = async (name: string): Promise<Store> => {
      const store = open.get(name) ?? new MemoryStore();
      open.set(name, store);
      return store;
    };
    // What is in memory stays there: only the runner's own memory is lost.
    tests({ get, reopen: get }, 'memory');
  });

  describe(`${title}, on SQLite`, () => {
    let open = new Map<string, Store>();
    let folder: Awaited<ReturnType<typeof temporaryFolder>>;
    beforeEach(async () => {
      open = new Map();
      folder = await temporaryFolder();
    });
    afterEach(async () => {
      for (const store of open.values()) await store.close();
      await folder.remove();
    });
    const get = async (name: string): Promise<Store> => {
      const store = open.get(name) ?? (await SqliteStore.open(join(folder.path, name)));
      open.set(name, store);
      return store;
    };
    const reopen = async (name: string): Promise<Store> => {
      await open.get(name)?.close();
      open.delete(name);
      return get(name);
    };
    tests({ get, reopen }, 'SQLite');
  });
}
