import { MemorySearch, MemoryStore, openStore, type SqlStore, SqlSearch } from '@openguild/storage';
import { searchContract, type TestedSearch } from '@openguild/storage/contract';
import { newSchema, postgresOrSkip } from '../postgres/postgres-server.ts';
import { temporaryFolder } from '../temporary-folder.ts';

searchContract('memory', async () => {
  const store = new MemoryStore();
  return { store, index: new MemorySearch(store), reopen: async () => new MemorySearch(store), dispose: () => store.close() };
});

async function sqlSearch(store: SqlStore, remove: () => Promise<void>): Promise<TestedSearch> {
  const dispose = async (): Promise<void> => {
    await store.close();
    await remove();
  };
  return { store, index: await SqlSearch.open(store), reopen: () => SqlSearch.open(store), dispose };
}

searchContract('SQLite', async () => {
  const folder = await temporaryFolder();
  return sqlSearch(await openStore(folder.path), folder.remove);
});

describe('search on Postgres', () => {
  let url: string;
  before(async function () {
    url = (await postgresOrSkip(this)).url;
  });
  searchContract('Postgres', async () => sqlSearch(await openStore(`${url}&schema=${newSchema()}`), async () => undefined));
});
