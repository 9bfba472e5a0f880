import { MemoryStore } from '@openguild/storage';
import { contractSuite } from '@openguild/storage/contract';

contractSuite(
  'memory',
  async () => {
    const store = new MemoryStore();
    return { store, dispose: () => store.close() };
  },
  { forgets: true },
);
