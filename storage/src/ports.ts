import type { Effects, JsonObject, RoomSnapshot, StateEntry, StoredEvent } from '@openguild/core';

/** A whole store: one per process, every port on the same transactions. Adapters pass `contractSuite`. */
export interface Store {
  readonly rooms: RoomStore;
  readonly accounts: AccountStore;
  readonly devices: DeviceStore;
  readonly toDevice: ToDeviceQueue;
  readonly invites: InviteStore;
  readonly outgoing: OutgoingQueue;
  readonly inbound: InboundTransactions;
  readonly media: MediaIndex;
  readonly values: KeyValueStore;
  close(): Promise<void>;
}

/** Everything one committed event causes, written in one transaction; acknowledged only once it is on disk. */
export interface RoomCommit {
  readonly room: RoomSnapshot;
  readonly effects: Effects;
  /** Servers that are to get `effects.stored.event`. */
  readonly destinations: readonly string[];
  /**
   * Forward extremities, as they are stored, on which the step was taken: those of the room (null: it is new), and of a channel's guild (null: not asked). Others may write
   * to the room: if they have moved on, nothing is written (RoomMovedError).
   */
  readonly expects?: { readonly room: readonly string[] | null; readonly guild: readonly string[] | null };
  /** The client request that made it: a repetition finds the same event. Only with an event that enters the history. */
  readonly client_txn?: ClientTransaction;
  /** An invite code of which this uses one, at `received_ts`. */
  readonly use_invite?: string;
  /** Milliseconds since 1970. */
  readonly received_ts: number;
}

export interface ClientTransaction {
  readonly user_id: string;
  readonly device_id: string;
  readonly txn_id: string;
}

/** What an earlier client request made. */
export interface CommittedTransaction {
  readonly room_id: string;
  readonly event_id: string;
  readonly position: number;
}

/** One event that entered a room's history here. */
export interface StreamRow {
  /** Rises by at least one with every row, over all rooms; never reused, also after a restart. */
  readonly position: number;
  readonly room_id: string;
  readonly stored: StoredEvent;
}

export interface RoomStore {
  open(roomId: string): Promise<RoomSnapshot | undefined>;
  list(): Promise<readonly RoomSnapshot[]>;
  /** Known ones among `ids`, in any order, with up to `ancestors` (default 0) more of their nearest ancestors in the room (so that a walk needs few rounds). */
  events(roomId: string, ids: readonly string[], ancestors?: number): Promise<readonly StoredEvent[]>;
  /** The full state after an accepted event, in any order; undefined if the event is unknown or was rejected. Its cost does not grow with the history. */
  stateAfter(roomId: string, eventId: string): Promise<readonly StateEntry[] | undefined>;
  /**
   * Writes all of it or nothing; resolves once it is on disk. The room is stored with its first event. A commit that fails leaves those that run at
   * the same time alone. Throws InconsistentCommitError, RoomMovedError, TransactionUsedError, InviteUnusableError, StoreFailedError, StoreClosedError.
   */
  commit(commit: RoomCommit): Promise<CommitReceipt>;
  /** Rows after `after`, ascending, at most `limit`. Readers never skip a position that is committed later. */
  stream(after: number, limit: number): Promise<readonly StreamRow[]>;
  /** Rows of one room at or before `upTo`, newest first. */
  latest(roomId: string, upTo: number, limit: number): Promise<readonly StreamRow[]>;
  /** The newest position. 0 in an empty store. */
  position(): Promise<number>;
  /** IDs of accepted events of a room that are soft-failed by `rule`, oldest first, at most `limit`. `after`: only what was stored after this event of the room. */
  softFailed(roomId: string, rule: string, limit: number, after?: string): Promise<readonly string[]>;
  /** Accepted or rejected events of a room ordered by (depth, ID), after a place in that order; for serving whole rooms page by page. */
  byDepth(
    roomId: string,
    after: { readonly depth: number; readonly event_id: string } | null,
    limit: number,
  ): Promise<readonly StoredEvent[]>;
  clientTransaction(txn: ClientTransaction): Promise<CommittedTransaction | undefined>;
  /** Channels of a guild, by their own create events, known here. */
  channelsOf(guildId: string): Promise<readonly string[]>;
}

export interface CommitReceipt {
  /** Positions of `effects.enters_history`, same order. */
  readonly positions: readonly number[];
}

export interface Account {
  readonly user_id: string;
  /** PHC string (Argon2id). */
  readonly password_hash: string;
  readonly created_ts: number;
  readonly deactivated: boolean;
}

export interface AccessToken {
  /** SHA-256 of the token, lower-case hex: the token itself is never stored. */
  readonly token_hash: string;
  readonly user_id: string;
  readonly device_id: string;
  readonly created_ts: number;
  readonly expires_ts: number | null;
}

export interface AccountStore {
  /** False if the user ID is taken. */
  create(account: Account): Promise<boolean>;
  find(userId: string): Promise<Account | undefined>;
  /** Throws UnknownAccountError. */
  setDeactivated(userId: string, deactivated: boolean): Promise<void>;
  /** Throws UnknownAccountError. */
  addToken(token: AccessToken): Promise<void>;
  findToken(tokenHash: string): Promise<AccessToken | undefined>;
  removeToken(tokenHash: string): Promise<boolean>;
  removeTokensOf(userId: string): Promise<void>;
}

/** What a person signs in with, and its public keys. */
export interface Device {
  readonly user_id: string;
  readonly device_id: string;
  readonly display_name: string | null;
  readonly created_ts: number;
  readonly last_seen_ts: number | null;
  /** The device's lasting public keys, signed by itself; null until it has told them. */
  readonly keys: JsonObject | null;
}

/** A public key with which somebody may begin one session. Its ID is unique on its device for ever. */
export interface OneTimeKey {
  readonly algorithm: string;
  readonly key_id: string;
  readonly key: JsonObject;
}

export interface DeviceStore {
  /** Adds a device, or takes these values for one that is there. Throws UnknownAccountError. */
  put(device: Device): Promise<void>;
  find(userId: string, deviceId: string): Promise<Device | undefined>;
  /** Sorted by the UTF-8 bytes of the device IDs. */
  devicesOf(userId: string): Promise<readonly Device[]>;
  /** With its access tokens, one-time keys and what waits for it. False if it is not there. */
  remove(userId: string, deviceId: string): Promise<boolean>;
  /**
   * All or none. The same key again changes nothing, also after it was claimed. Throws UnknownDeviceError; OneTimeKeyError if an ID was used for another key or
   * more than MAX_ONE_TIME_KEYS would be left.
   */
  addOneTimeKeys(userId: string, deviceId: string, keys: readonly OneTimeKey[]): Promise<void>;
  /** How many are left of each algorithm that has any. */
  oneTimeKeyCounts(userId: string, deviceId: string): Promise<Readonly<Record<string, number>>>;
  /** The oldest key of the algorithm, which nobody gets again; undefined if none is left. */
  claimOneTimeKey(userId: string, deviceId: string, algorithm: string): Promise<OneTimeKey | undefined>;
}

/** Unclaimed one-time keys of one device. */
export const MAX_ONE_TIME_KEYS = 500;

/** A message from device to device, on its way. */
export interface DeviceMessage {
  readonly sender: string;
  readonly type: string;
  readonly content: JsonObject;
}

export interface WaitingMessage extends DeviceMessage {
  /** Rises by at least one with every message, over all devices; never reused, also after a restart. */
  readonly position: number;
}

/** Messages that wait for a device until it has taken them; nothing else knows them. */
export interface ToDeviceQueue {
  /**
   * In the order given, in one transaction. What became of each: a device that is not there, or for which MAX_WAITING_MESSAGES wait, gets nothing more; the others
   * fare the same without it.
   */
  add(
    messages: readonly (DeviceMessage & { readonly user_id: string; readonly device_id: string })[],
  ): Promise<readonly ('queued' | 'unknown' | 'full')[]>;
  /** What waits at positions after `after`, ascending. */
  read(userId: string, deviceId: string, after: number, limit: number): Promise<readonly WaitingMessage[]>;
  /** The device has taken everything up to and including a position: it is deleted. Returns how many were. */
  acknowledge(userId: string, deviceId: string, upTo: number): Promise<number>;
}

/** Messages that wait for one device. What comes above that is refused, since leaving out one of them would break those behind it. */
export const MAX_WAITING_MESSAGES = 1_000;

/** A code that lets people into a guild; redeemed at the host that issued it. */
export interface InviteCode {
  readonly code: string;
  readonly guild_id: string;
  /** A local user who may invite; vouches for the joins. */
  readonly creator: string;
  readonly created_ts: number;
  readonly expires_ts: number | null;
  readonly max_uses: number | null;
  readonly uses: number;
  readonly revoked: boolean;
}

/** An invitation of a local user into a room of which this host may know nothing yet. */
export interface PendingInvite {
  readonly user_id: string;
  readonly room_id: string;
  readonly inviter: string;
  /** Servers that can let the user in, best first. */
  readonly via: readonly string[];
  /** The invite event and what the inviter's host told about the room, unverified: for showing only. */
  readonly event: JsonObject;
  readonly preview: JsonObject;
  readonly received_ts: number;
}

export interface InviteStore {
  /** False if the code is taken. */
  addCode(invite: InviteCode): Promise<boolean>;
  findCode(code: string): Promise<InviteCode | undefined>;
  codesOf(guildId: string): Promise<readonly InviteCode[]>;
  /** Counts one use if the code is unrevoked, unexpired at `now` and has uses left; false otherwise. Atomic. */
  redeemCode(code: string, now: number): Promise<boolean>;
  revokeCode(code: string): Promise<boolean>;
  /** Replaces an earlier one of the same user to the same room. */
  addPending(invite: PendingInvite): Promise<void>;
  pendingOf(userId: string): Promise<readonly PendingInvite[]>;
  removePending(userId: string, roomId: string): Promise<boolean>;
}

export interface OutgoingItem {
  /** Rises within a destination. */
  readonly sequence: number;
  readonly room_id: string;
  readonly event_id: string;
  readonly pdu: JsonObject;
}

/** Where delivery to a destination stands. */
export interface DestinationState {
  readonly failures: number;
  /** No attempt before this time (milliseconds since 1970). */
  readonly retry_at: number;
}

export interface OutgoingQueue {
  /** Adds stored events outside a commit (for example one that a server should have again); one that waits already stays where it is. Throws UnknownEventError. */
  enqueue(destination: string, roomId: string, eventIds: readonly string[]): Promise<void>;
  /** Destinations with anything waiting. */
  destinations(): Promise<readonly string[]>;
  /** What waits longest, ascending by sequence; events as they are stored now. */
  peek(destination: string, limit: number): Promise<readonly OutgoingItem[]>;
  /** Removes everything up to and including `sequence`, and resets the failure count. */
  delivered(destination: string, sequence: number): Promise<void>;
  /** No failures and 0 for a destination of which nothing is known. */
  state(destination: string): Promise<DestinationState>;
  setState(destination: string, state: DestinationState): Promise<void>;
}

export interface InboundTransaction {
  readonly origin: string;
  readonly txn_id: string;
  /** SHA-256 of the body, lower-case hex. */
  readonly body_hash: string;
  readonly response: JsonObject;
  readonly received_ts: number;
}

export interface InboundTransactions {
  find(origin: string, txnId: string): Promise<InboundTransaction | undefined>;
  /** Keeps the first; a second with the same origin and ID changes nothing. */
  add(transaction: InboundTransaction): Promise<void>;
  /** Forgets those received before `before`. */
  prune(before: number): Promise<number>;
}

export interface MediaRecord {
  /** The server part of `mxc://server/media_id`. */
  readonly server: string;
  readonly media_id: string;
  /** As sniffed from the bytes, never as claimed. */
  readonly content_type: string;
  readonly size: number;
  /** SHA-256 of the bytes, lower-case hex: the name of the file. */
  readonly sha256: string;
  readonly file_name: string | null;
  /** Null for media of other servers. */
  readonly uploader: string | null;
  readonly created_ts: number;
}

export interface MediaIndex {
  /** Keeps the first: what a media ID means never changes. */
  add(record: MediaRecord): Promise<void>;
  find(server: string, mediaId: string): Promise<MediaRecord | undefined>;
}

/** Media bytes, named by their SHA-256. */
export interface MediaBytes {
  /** Stores the stream; refuses (MediaTooLargeError) and keeps nothing past `maxBytes`. Returns once the bytes are on disk. */
  put(bytes: AsyncIterable<Uint8Array>, maxBytes: number): Promise<{ readonly sha256: string; readonly size: number }>;
  /** Undefined if there are no such bytes, or if the name is no lower-case hex SHA-256. */
  get(sha256: string): Promise<AsyncIterable<Uint8Array> | undefined>;
}

export interface KeyValueStore {
  get(space: string, key: string): Promise<JsonObject | undefined>;
  set(space: string, key: string, value: JsonObject): Promise<void>;
  remove(space: string, key: string): Promise<boolean>;
  /** Sorted by the UTF-8 bytes of the keys. */
  entries(space: string): Promise<readonly (readonly [key: string, value: JsonObject])[]>;
}
