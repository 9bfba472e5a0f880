import type { Ask, EventDraft, JsonValue, Room, RoomEvent, Signer } from '@openguild/core';
import type { ClientTransaction, RoomRunner } from '@openguild/storage';
import { HostError } from '../http/errors.ts';

export interface Sent {
  readonly event: RoomEvent;
  /** Its place in this host's stream. */
  readonly position: number;
}

export interface SendOptions {
  readonly clientTxn?: ClientTransaction;
  /** Keys that sign after the server's everyday key (a vouched join names a second key of ours). */
  readonly extraSigners?: readonly Signer[];
  /** Counted in the same transaction as the event. */
  readonly useInvite?: string;
}

/** The rooms of this host: the one way by which anything in it makes, receives or asks about events. */
export class Rooms {
  readonly runner: RoomRunner;
  readonly #daily: Signer;

  constructor(runner: RoomRunner, daily: Signer) {
    this.runner = runner;
    this.#daily = daily;
  }
}
