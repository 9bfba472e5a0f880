export {
  ForeignDatabaseError,
  InconsistentCommitError,
  InviteUnusableError,
  MediaTooLargeError,
  NewerSchemaError,
  NothingMadeError,
  OneTimeKeyError,
  OutcomeUnknownError,
  RoomHeldError,
  RoomMovedError,
  StorageError,
  StoreClosedError,
  StoreFailedError,
  StoreLockedError,
  TransactionUsedError,
  UnknownAccountError,
  UnknownDeviceError,
  UnknownEventError,
  UnknownRoomError,
  WorkLimitError,
} from './errors.ts';
export { FileMediaBytes } from './media/file-media-bytes.ts';
export { isS3Url, openMediaBytes } from './media/open-media.ts';
export { S3MediaBytes } from './media/s3-media-bytes.ts';
export type { S3Options } from './media/s3-media-bytes.ts';
export { MemoryStore } from './memory/memory-store.ts';
export type {
  AccessToken,
  Account,
  AccountStore,
  ClientTransaction,
  CommitReceipt,
  CommittedTransaction,
  DestinationState,
  Device,
  DeviceMessage,
  DeviceStore,
  InboundTransaction,
  InboundTransactions,
  InviteCode,
  InviteStore,
  KeyValueStore,
  MediaBytes,
  MediaIndex,
  MediaRecord,
  OneTimeKey,
  OutgoingItem,
  OutgoingQueue,
  PendingInvite,
  RoomCommit,
  RoomStore,
  Store,
  StreamRow,
  ToDeviceQueue,
  WaitingMessage,
} from './ports.ts';
export { MAX_ONE_TIME_KEYS, MAX_WAITING_MESSAGES } from './ports.ts';
export { KEY_DOCUMENTS, keepKeyDocument } from './key-documents.ts';
export type { KeyDocument } from './key-documents.ts';
export { isPostgresUrl, openStore } from './open-store.ts';
export type { PostgresOptions } from './postgres/postgres-options.ts';
export { PostgresStore } from './postgres/postgres-store.ts';
export type { SqlStore } from './sql/sql-store.ts';
export { DATABASE_FILE, SqliteStore } from './sqlite/sqlite-store.ts';
export { RoomRunner } from './run-room.ts';
export type { ReceiveOptions, RoomRunnerOptions } from './run-room.ts';
export { HELD_ROOMS, HeldRooms } from './runner/held-rooms.ts';
export { Creation } from './runner/creation.ts';
export type { CreateOptions } from './runner/creator.ts';
export type { Verify, VerifyServers } from './runner/needs-server.ts';
export type { Parked } from './runner/receive-work.ts';
export type { FetchMissing } from './runner/receiver.ts';
export type { Commit } from './runner/room-writer.ts';
export { DEFAULT_RUNNER_LIMITS } from './runner/runner-limits.ts';
export type { RunnerLimits } from './runner/runner-limits.ts';
export { backendFault, fastestSignatures } from './signatures/fastest-signatures.ts';
export { VerifierPool } from './signatures/verifier-pool.ts';
export { nodeSignatures } from './signatures/node-signatures.ts';
export { sodiumSignatures } from './signatures/sodium-signatures.ts';
export { verifyInTurn, verifyNowWithNode, verifyWithNode } from './verify-node.ts';
export { backupStore, dumpToFile, loadFromFile, restoreStore } from './tool/backup.ts';
export { checkStore } from './tool/check.ts';
export type { CheckOptions, CheckReport, Finding } from './tool/check.ts';
export { dumpStore } from './tool/dump.ts';
export { DumpError, loadStore } from './tool/load.ts';
export { purgeQuarantine, rebuildStore } from './tool/rebuild.ts';
export type { RebuildReport } from './tool/rebuild.ts';
export type { Progress } from './tool/tables.ts';
export { MemorySearch } from './search/memory-search.ts';
export { messageText } from './search/search-port.ts';
export type { SearchHit, SearchIndex, SearchQuery, TextOf } from './search/search-port.ts';
export { SqlSearch } from './search/sql-search.ts';
