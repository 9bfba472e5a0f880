import { PostgresStore } from '../../src/postgres/postgres-store.ts';
import { contractSuite } from '../../src/contract/contract-suite.ts';
import { newSchema, postgresOrSkip, type PostgresServer } from './postgres-server.ts';

describe('Postgres', () => {
  let server: PostgresServer;
  before(async function () {
    server = await postgresOrSkip(this);
  });

  contractSuite('Postgres', async () => {
    const options = { url: server.url, schema: newSchema() };
    let store = await PostgresStore.open(options);
    return {
      store,
      reopen: async () => {
        await store.close();
        store = await PostgresStore.open(options);
        return store;
      },
      dispose: () => store.close(),
    };
  });
});
