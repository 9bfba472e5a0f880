import type { Store } from '../ports.ts';
import { accountsContract } from './accounts-contract.ts';
import { commitContract } from './commit-contract.ts';
import { concurrencyContract } from './concurrency-contract.ts';
import { devicesContract } from './devices-contract.ts';
import { invitesContract } from './invites-contract.ts';
import { outgoingContract } from './outgoing-contract.ts';
import { readingContract } from './reading-contract.ts';
import { recordsContract } from './records-contract.ts';
import { closingContract, reopenContract } from './reopen-contract.ts';
import { stateContract } from './state-contract.ts';
import { toDeviceContract } from './to-device-contract.ts';

/** A store under test. Each is empty when made. */
export interface TestedStore {
  readonly store: Store;
  /** Closes the store and opens it again with what it has on disk; `dispose` then closes the new one. Absent: see `SuiteOptions.forgets`. */
  readonly reopen?: () => Promise<Store>;
  /** Called after each test, also after a failed one. */
  dispose(): Promise<void>;
}

export interface SuiteOptions {
  /** The store keeps nothing once it is closed, so nothing is asked about reopening it. Default false. */
  readonly forgets?: boolean;
}

/** Access to the store of the test that runs. */
export interface ContractContext {
  store(): Store;
  /** From now on `store` is the reopened one. */
  reopen(): Promise<void>;
}

/**
 * Declares the tests (mocha's `describe` and `it`) that every store must pass. What they ask for is what `ports.ts` promises: order, uniqueness,
 * commits that are written whole or not at all, states in long chains, races.
 */
export function contractSuite(name: string, makeStore: () => Promise<TestedStore>, options: SuiteOptions = {}): void {
  describe(`store contract: ${name}`, () => {
    let tested: TestedStore;
    let current: Store;
    beforeEach(async () => {
      tested = await makeStore();
      current = tested.store;
    });
    afterEach(() => tested.dispose());
    const context: ContractContext = {
      store: () => current,
      reopen: async () => {
        if (tested.reopen === undefined) throw new Error('a store that keeps what it has can be reopened');
        current = await tested.reopen();
      },
    };
    describe('commits', () => commitContract(context));
    describe('concurrent writes', () => concurrencyContract(context));
    describe('reading rooms', () => readingContract(context));
    describe('states', () => stateContract(context));
    describe('accounts', () => accountsContract(context));
    describe('devices', () => devicesContract(context));
    describe('messages to devices', () => toDeviceContract(context));
    describe('invites', () => invitesContract(context));
    describe('outgoing queue', () => outgoingContract(context));
    describe('inbound transactions, media index, values', () => recordsContract(context));
    describe('closing', () => closingContract(context));
    if (options.forgets !== true) describe('reopening', () => reopenContract(context));
  });
}

export { searchContract } from './search-contract.ts';
export type { TestedSearch } from './search-contract.ts';
export { mediaContract } from './media-contract.ts';
export type { TestedMedia } from './media-contract.ts';
