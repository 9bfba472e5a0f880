import { type JsonObject, utf8Compare } from '@openguild/core';
import type {
  AccountStore,
  DeviceStore,
  InboundTransaction,
  InboundTransactions,
  InviteStore,
  KeyValueStore,
  MediaIndex,
  MediaRecord,
  OutgoingQueue,
  RoomStore,
  Store,
  ToDeviceQueue,
} from '../ports.ts';
import { MemoryAccounts } from './memory-accounts.ts';
import { MemoryDevices } from './memory-devices.ts';
import { MemoryInvites } from './memory-invites.ts';
import { MemoryRooms } from './memory-rooms.ts';

/** A store that forgets everything when the process ends: for tests, simulators and browsers. Uses no Node API. */
export class MemoryStore implements Store {
  readonly rooms: RoomStore;
  readonly accounts: AccountStore;
  readonly devices: DeviceStore;
  readonly toDevice: ToDeviceQueue;
  readonly invites: InviteStore;
  readonly outgoing: OutgoingQueue;
  readonly inbound: InboundTransactions = inboundTransactions();
  readonly media: MediaIndex = mediaIndex();
  readonly values: KeyValueStore = keyValueStore();
  readonly #close: () => void;

  constructor() {
    const accounts = new MemoryAccounts();
    const devices = new MemoryDevices(accounts);
    const invites = new MemoryInvites();
    const rooms = new MemoryRooms(invites);
    this.accounts = accounts;
    this.devices = devices;
    this.toDevice = devices.queue;
    this.invites = invites;
    this.rooms = rooms;
    this.outgoing = rooms.outgoing;
    this.#close = () => rooms.close();
  }

  async close(): Promise<void> {
    this.#close();
  }
}

function inboundTransactions(): InboundTransactions {
  const known = new Map<string, InboundTransaction>();
  const keyOf = (origin: string, txnId: string): string => JSON.stringify([origin, txnId]);
  return {
    find: async (origin, txnId) => known.get(keyOf(origin, txnId)),
    add: async (transaction) => {
      const key = keyOf(transaction.origin, transaction.txn_id);
      if (!known.has(key)) known.set(key, transaction);
    },
    prune: async (before) => {
      const old = [...known].filter(([, transaction]) => transaction.received_ts < before);
      for (const [key] of old) known.delete(key);
      return old.length;
    },
  };
}

function mediaIndex(): MediaIndex {
  const records = new Map<string, MediaRecord>();
  const keyOf = (server: string, mediaId: string): string => JSON.stringify([server, mediaId]);
  return {
    add: async (record) => {
      const key = keyOf(record.server, record.media_id);
      if (!records.has(key)) records.set(key, record);
    },
    find: async (server, mediaId) => records.get(keyOf(server, mediaId)),
  };
}

function keyValueStore(): KeyValueStore {
  const spaces = new Map<string, Map<string, JsonObject>>();
  return {
    get: async (space, key) => spaces.get(space)?.get(key),
    set: async (space, key, value) => {
      const entries = spaces.get(space) ?? new Map<string, JsonObject>();
      spaces.set(space, entries.set(key, value));
    },
    remove: async (space, key) => spaces.get(space)?.delete(key) ?? false,
    entries: async (space) => [...(spaces.get(space) ?? [])].sort(([a], [b]) => utf8Compare(a, b)),
  };
}
