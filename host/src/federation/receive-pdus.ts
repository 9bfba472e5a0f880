import { checkCopy, nativeVersion, type Fault, type JsonObject, type JsonValue, type Outcome } from '@openguild/core';
import { type Store, StoreClosedError, StoreFailedError } from '@openguild/storage';
import type { Logger } from 'pino';
import type { Rooms } from '../services/rooms.ts';
import type { Access } from './access.ts';

/** What became of one event of a transaction; the key under which the answer lists it. */
interface PduResult {
  readonly key: string;
  readonly outcome: 'accepted' | 'soft-failed' | 'rejected' | 'dropped' | 'parked' | 'refused' | 'failed';
  readonly fault?: Fault;
}

/** Takes in events that another server sent, each on its own: what one of them is or breaks changes nothing for the others. */
export class PduReceiver {
  readonly #store: Store;
  readonly #rooms: Rooms;
  readonly #access: Access;
  readonly #logger: Logger;

  constructor(options: { readonly store: Store; readonly rooms: Rooms; readonly access: Access; readonly logger: Logger }) {
    this.#store = options.store;
    this.#rooms = options.rooms;
    this.#access = options.access;
    this.#logger = options.logger;
  }

  /** FED-32: event ID (or, if the copy is too broken to have one, its place in the list) -> outcome and rule. In order. */
  async receiveAll(origin: string, pdus: readonly JsonValue[]): Promise<JsonObject> {
    const results: Record<string, JsonValue> = {};
    for (const [index, pdu] of pdus.entries()) {
      const { key, outcome, fault } = await this.#receiveSafely(origin, pdu, String(index));
      results[key] = { outcome, ...(fault === undefined ? {} : { rule: fault.rule, detail: fault.detail }) };
      if (outcome !== 'accepted')
        this.#logger.info({ origin, event: key, outcome, rule: fault?.rule, detail: fault?.detail }, 'event not accepted');
    }
    return results;
  }

  /** A disk that fails is the transaction's affair: it comes again. Any other error of ours is about this event alone, and must not hold up the rest. */
  async #receiveSafely(origin: string, pdu: JsonValue, index: string): Promise<PduResult> {
    try {
      return await this.#receiveOne(origin, pdu, index);
    } catch (error) {
      if (error instanceof StoreFailedError || error instanceof StoreClosedError) throw error;
      this.#logger.error({ err: error, origin, index }, 'receiving an event failed');
      return { key: index, outcome: 'failed', fault: { rule: 'FED-32', detail: 'this server failed over this event' } };
    }
  }

  async #receiveOne(origin: string, pdu: JsonValue, index: string): Promise<PduResult> {
    const refuse = (rule: string, detail: string): PduResult => ({ key: index, outcome: 'refused', fault: { rule, detail } });
    if (typeof pdu !== 'object' || pdu === null || Array.isArray(pdu)) return refuse('FED-31', 'an event is an object');
    const room = await this.#roomOf(pdu as JsonObject);
    // FED-31: a server brings events only into rooms that this host is in and the server is admitted to. One answer for both.
    if (room === undefined || !(await this.#access.isAdmitted(room.governor, origin)))
      return refuse('FED-31', 'no such room, or your server is not admitted to it');
    const version = nativeVersion(room.version);
    if (version === undefined) return refuse('FED-35', `unknown room version ${room.version}`);
    const copy = checkCopy(pdu, version);
    if (!copy.ok) return { key: index, outcome: 'dropped', fault: { rule: copy.rule, detail: copy.detail } };
    const { event_id: key, room_id } = copy.value.event;
    const received = await this.#rooms.receive(room_id, pdu, { from: origin, version: room.version });
    if (received.kind === 'parked')
      return { key, outcome: 'parked', fault: { rule: 'FED-36', detail: `lacks ${received.missing.slice(0, 5).join(', ')}` } };
    return { key, ...asResult(received) };
  }

  /**
   * The room whose state says who is admitted, and the version by which to read the event. A create event names no room: only a channel of a guild
   * that this host is in can begin this way; guilds begin by joining.
   */
  async #roomOf(pdu: JsonObject): Promise<{ governor: string; version: string } | undefined> {
    const { room_id, type, content } = pdu;
    if (typeof room_id === 'string') {
      const snapshot = await this.#store.rooms.open(room_id);
      return snapshot && { governor: room_id, version: snapshot.room_version };
    }
    if (room_id !== undefined || type !== 'm.channel.create') return undefined;
    if (typeof content !== 'object' || content === null || Array.isArray(content)) return undefined;
    const { guild, room_version } = content as JsonObject;
    if (typeof guild !== 'string' || typeof room_version !== 'string') return undefined;
    const snapshot = await this.#store.rooms.open(guild);
    return snapshot?.kind === 'guild' ? { governor: guild, version: room_version } : undefined;
  }
}

function asResult(outcome: Outcome): Pick<PduResult, 'outcome' | 'fault'> {
  switch (outcome.kind) {
    case 'accepted':
      return { outcome: 'accepted' };
    case 'known': {
      const { verdict, soft_failed, fault } = outcome.stored;
      const was = verdict === 'rejected' ? 'rejected' : soft_failed ? 'soft-failed' : 'accepted';
      return { outcome: was, ...(was === 'accepted' || fault === null ? {} : { fault }) };
    }
    default:
      return { outcome: outcome.kind, fault: outcome.fault };
  }
}
