import { canonicalJson, utf8Length } from '@openguild/core';
import type { Ask, EventDraft, Fault, JsonValue, Room, RoomEvent, RoomKind, Signer, StateView } from '@openguild/core';
import { InviteUnusableError, RoomHeldError, UnknownEventError, UnknownRoomError, WorkLimitError } from '@openguild/storage';
import type { ClientTransaction, RoomRunner, Store } from '@openguild/storage';
import { HostError } from '../http/errors.ts';

export interface Sent {
  readonly event: RoomEvent;
  /** Its place in this host's stream. */
  readonly position: number;
}

export interface SendOptions {
  readonly clientTxn?: ClientTransaction;
  /** Our keys that sign after the everyday key (a vouched join names a second one). */
  readonly extraSigners?: readonly Signer[];
  /** An invite code of which the event uses one, all or nothing: NOT_FOUND if none is left. */
  readonly useInvite?: string;
}

export interface RoomInfo {
  readonly kind: RoomKind;
  /** Where its authority lives: a channel's guild, else the room itself. */
  readonly authority: string;
}

/** API-1: content of an event made here. What is left of an event's 65,536 bytes holds everything else in it at its largest. */
export const MAX_CONTENT_BYTES = 57_344;

/** The rooms of this host: the one way by which anything in it makes, receives or asks about events. */
export class Rooms {
  readonly runner: RoomRunner;
  readonly #store: Store;
  readonly #daily: Signer;
  readonly #infos = new Map<string, RoomInfo>();

  constructor(runner: RoomRunner, store: Store, daily: Signer) {
    this.runner = runner;
    this.#store = store;
    this.#daily = daily;
  }

  /**
   * Makes, stores and sends the next event of a room (`null`: the draft creates one). FORBIDDEN with the rule if it is refused, TOO_LARGE
   * if it does not fit an event, NOT_FOUND if the room is not known here, UNAVAILABLE if nothing is made in it now.
   */
  async send(roomId: string | null, draft: EventDraft, options: SendOptions = {}): Promise<Sent> {
    const size = utf8Length(canonicalJson(draft.content));
    if (size > MAX_CONTENT_BYTES)
      throw new HostError('TOO_LARGE', `the content has ${size} bytes, at most ${MAX_CONTENT_BYTES}`, { rule: 'API-1' });
    const signers = [this.#daily, ...(options.extraSigners ?? [])];
    const extra = {
      ...(options.clientTxn === undefined ? {} : { client_txn: options.clientTxn }),
      ...(options.useInvite === undefined ? {} : { use_invite: options.useInvite }),
    };
    const made = await asHostErrors(() => this.runner.create(roomId, draft, signers, extra));
    if (made.outcome.kind === 'refused') throw refusal(made.outcome.fault);
    return { event: made.event, position: made.position };
  }

  /** A copy from another server. */
  receive(roomId: string, pdu: JsonValue, options: { from: string | null; version?: string }): ReturnType<RoomRunner['receive']> {
    return this.runner.receive(roomId, pdu, options);
  }

  /** Makes an event that another server signs before it comes back by `receiveOwn`. NOT_FOUND, UNAVAILABLE like `send`. */
  makeCosigned(roomId: string, draft: EventDraft, cosigner: string): ReturnType<RoomRunner['create']> {
    return asHostErrors(() => this.runner.create(roomId, draft, [this.#daily], { cosigners: [cosigner] }));
  }

  /** An event of ours that another server signed as well. NOT_FOUND, UNAVAILABLE like `send`. */
  receiveOwn(roomId: string, pdu: JsonValue): ReturnType<RoomRunner['receive']> {
    return asHostErrors(() => this.runner.receive(roomId, pdu, { from: null, outgoing: true }));
  }

  /** Any question a Room answers. NOT_FOUND if the room is not known here. */
  ask<T>(roomId: string, question: (room: Room) => Ask<T>): Promise<T> {
    return asHostErrors(() => this.runner.ask(roomId, question));
  }

  /** A question on the present state that governs a room. The view is valid only inside the question. */
  judge<T>(roomId: string, question: (view: StateView) => T): Promise<T> {
    return this.ask(roomId, (room) => room.judgeBy(question));
  }

  /** Those of these events that are stored in a room here. */
  async events(roomId: string, eventIds: readonly string[]): Promise<readonly RoomEvent[]> {
    return (await this.#store.rooms.events(roomId, eventIds)).map((stored) => stored.event);
  }

  /** The newest position of the stream. */
  position(): Promise<number> {
    return this.#store.rooms.position();
  }

  /** What never changes about a room; undefined if it is not known here. */
  async info(roomId: string): Promise<RoomInfo | undefined> {
    const known = this.#infos.get(roomId);
    if (known !== undefined) return known;
    const snapshot = await this.#store.rooms.open(roomId);
    if (snapshot === undefined) return undefined;
    const info = { kind: snapshot.kind, authority: snapshot.guild_id ?? roomId };
    this.#infos.set(roomId, info);
    return info;
  }
}

function refusal(fault: Fault): HostError {
  // EV-14 is the size of an event; the other EV rules are about its shape, which the author of the draft chose.
  const code = fault.rule === 'EV-14' ? 'TOO_LARGE' : fault.rule.startsWith('EV-') ? 'BAD_REQUEST' : 'FORBIDDEN';
  return new HostError(code, fault.detail, { rule: fault.rule });
}

async function asHostErrors<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UnknownRoomError) throw new HostError('NOT_FOUND', 'there is no such room here', { cause: error });
    if (error instanceof InviteUnusableError)
      throw new HostError('NOT_FOUND', 'the code is unknown or not valid any more', { cause: error });
    if (error instanceof RoomHeldError)
      throw new HostError('UNAVAILABLE', 'this host was restored from a backup, and what it made here since then has not come back yet', {
        rule: 'ENG-15',
        cause: error,
      });
    if (error instanceof UnknownEventError)
      throw new HostError('UNAVAILABLE', 'events that this needs have not come yet', { cause: error });
    if (error instanceof WorkLimitError) throw new HostError('UNAVAILABLE', 'this takes more work than the host allows', { cause: error });
    throw error;
  }
}
