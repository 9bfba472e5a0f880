import type {
  AccountStore,
  DeviceStore,
  InboundTransactions,
  InviteStore,
  KeyValueStore,
  MediaIndex,
  OutgoingQueue,
  RoomStore,
  Store,
  ToDeviceQueue,
} from '../ports.ts';
import { CommitWriter } from './commit-writer.ts';
import { Committer } from './committer.ts';
import type { Driver } from './driver.ts';
import { SqlAccounts } from './sql-accounts.ts';
import { SqlDevices } from './sql-devices.ts';
import { SqlInvites } from './sql-invites.ts';
import { SqlOutgoing } from './sql-outgoing.ts';
import { sqlInbound, sqlMediaIndex, sqlValues } from './sql-records.ts';
import { SqlRooms } from './sql-rooms.ts';
import { SqlToDevice } from './sql-to-device.ts';

/** Every port on one SQL database. */
export class SqlStore implements Store {
  readonly rooms: RoomStore;
  readonly accounts: AccountStore;
  readonly devices: DeviceStore;
  readonly toDevice: ToDeviceQueue;
  readonly invites: InviteStore;
  readonly outgoing: OutgoingQueue;
  readonly inbound: InboundTransactions;
  readonly media: MediaIndex;
  readonly values: KeyValueStore;
  readonly driver: Driver;
  readonly committer: Committer;
  #closing: Promise<void> | undefined;

  constructor(driver: Driver) {
    const { reader } = driver;
    const writer = new CommitWriter();
    const committer = new Committer(driver, [writer.memory]);
    this.driver = driver;
    this.committer = committer;
    this.rooms = new SqlRooms(reader, committer, writer);
    this.accounts = new SqlAccounts(reader, committer);
    this.devices = new SqlDevices(reader, committer);
    this.toDevice = new SqlToDevice(reader, committer);
    this.invites = new SqlInvites(reader, committer);
    this.outgoing = new SqlOutgoing(reader, committer);
    this.inbound = sqlInbound(reader, committer);
    this.media = sqlMediaIndex(reader, committer);
    this.values = sqlValues(reader, committer);
  }

  /** Writes what still waits, then lets the database go. A second call does nothing more. */
  close(): Promise<void> {
    return (this.#closing ??= this.letGo());
  }

  protected async letGo(): Promise<void> {
    await this.committer.close();
    await this.driver.close(this.committer.hasFailed);
  }
}
