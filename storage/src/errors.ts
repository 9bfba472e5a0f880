/** Anything this package throws on purpose. `cause` holds what the layer beneath said, where there is one. */
export class StorageError extends Error {
  override name = 'StorageError';
}

/** Another process, or another store of this process, uses the folder. */
export class StoreLockedError extends StorageError {
  override name = 'StoreLockedError';
}

/** The file in the folder is no database of this program; it was left as it is. */
export class ForeignDatabaseError extends StorageError {
  override name = 'ForeignDatabaseError';
}

/** A newer version of this program wrote the database; it was left as it is. */
export class NewerSchemaError extends StorageError {
  override name = 'NewerSchemaError';
}

export class StoreClosedError extends StorageError {
  override name = 'StoreClosedError';

  constructor() {
    super('the store is closed');
  }
}

/** The disk failed under a write. Nothing more is written: after a failed sync nobody knows what is on the disk. */
export class StoreFailedError extends StorageError {
  override name = 'StoreFailedError';
}

/** A commit that contradicts what is stored. A bug of the caller; nothing was written. */
export class InconsistentCommitError extends StorageError {
  override name = 'InconsistentCommitError';
}

/** Somebody else wrote to the room, or to its guild, after this commit was worked out; nothing was written. */
export class RoomMovedError extends StorageError {
  override name = 'RoomMovedError';

  constructor(roomId: string) {
    super(`${roomId} has moved on meanwhile`);
  }
}

/** The client transaction has made an event before (`clientTransaction` finds it); nothing was written. */
export class TransactionUsedError extends StorageError {
  override name = 'TransactionUsedError';
}

/** The invite code is unknown, revoked, expired or used up; nothing was written. */
export class InviteUnusableError extends StorageError {
  override name = 'InviteUnusableError';
}

export class UnknownAccountError extends StorageError {
  override name = 'UnknownAccountError';

  constructor(userId: string) {
    super(`there is no account ${userId}`);
  }
}

export class UnknownDeviceError extends StorageError {
  override name = 'UnknownDeviceError';

  constructor(userId: string, deviceId: string) {
    super(`${userId} has no device ${deviceId}`);
  }
}

/** One-time keys that cannot be taken; nothing was written. */
export class OneTimeKeyError extends StorageError {
  override name = 'OneTimeKeyError';
}

/** The room is not stored here. */
export class UnknownRoomError extends StorageError {
  override name = 'UnknownRoomError';
  readonly room_id: string;

  constructor(roomId: string) {
    super(`room ${roomId} is not known here`);
    this.room_id = roomId;
  }
}

/** ENG-15: the store was restored from a backup, and what this server made in the room after it has not come back yet; nothing was made. */
export class RoomHeldError extends StorageError {
  override name = 'RoomHeldError';
  readonly room_id: string;

  constructor(roomId: string) {
    super(`what this server made in ${roomId} after its backup has not come back yet`);
    this.room_id = roomId;
  }
}

/** Events that a question needs are not stored here. */
export class UnknownEventError extends StorageError {
  override name = 'UnknownEventError';
  readonly room_id: string;
  readonly event_ids: readonly string[];

  constructor(roomId: string, eventIds: readonly string[]) {
    super(`not known in room ${roomId}: ${eventIds.slice(0, 5).join(', ')}${eventIds.length > 5 ? ', …' : ''}`);
    this.room_id = roomId;
    this.event_ids = eventIds;
  }
}

/** A step asked for more work than the limits allow. */
export class WorkLimitError extends StorageError {
  override name = 'WorkLimitError';
}

/** An event was refused, so there is nothing to read of it. */
export class NothingMadeError extends StorageError {
  override name = 'NothingMadeError';
}

/** The stream is longer than allowed; nothing of it was kept. */
export class MediaTooLargeError extends StorageError {
  override name = 'MediaTooLargeError';
  /** Bytes. */
  readonly limit: number;

  constructor(limit: number) {
    super(`longer than ${limit} bytes`);
    this.limit = limit;
  }
}

/** The database went away while it committed, and did not come back to say what it made of it. Reading tells, once it is there again. */
export class OutcomeUnknownError extends StorageError {
  override name = 'OutcomeUnknownError';
}
