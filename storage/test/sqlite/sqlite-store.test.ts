import { SqliteStore } from '@openguild/storage';
import { contractSuite } from '@openguild/storage/contract';
import { temporaryFolder } from '../temporary-folder.ts';

contractSuite('SQLite', async () => {
  const folder = await temporaryFolder();
  let store = await SqliteStore.open(folder.path);
  return {
    store,
    reopen: async () => {
      await store.close();
      store = await SqliteStore.open(folder.path);
      return store;
    },
    dispose: async () => {
      await store.close();
      await folder.remove();
    },
  };
});
