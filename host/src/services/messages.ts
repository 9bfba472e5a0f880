import { BITS, canonicalJson, effectivePermissions } from '@openguild/core';
import type { EventDraft, HistoryCursor, JsonObject, StoredEvent } from '@openguild/core';
import type { ClientTransaction, Store } from '@openguild/storage';
import { HostError } from '../http/errors.ts';
import type { Access } from './access.ts';
import type { EventStream } from './event-stream.ts';
import { readCursor, writeCursor } from './history-cursor.ts';
import { KeyedLock } from './keyed-lock.ts';
import type { Redactions } from './redactions.ts';
import type { Rooms } from './rooms.ts';
import { plainEvent, shownEvent } from './shown-event.ts';
import type { ShownEvent } from './shown-event.ts';

export interface Author {
  readonly userId: string;
  readonly deviceId: string;
}

export interface Receipt {
  readonly event_id: string;
  readonly position: number;
}

export interface MessageParts {
  readonly rooms: Rooms;
  readonly store: Store;
  readonly access: Access;
  readonly redactions: Redactions;
  readonly stream: EventStream;
}

/** Sending and reading what people say. */
export class Messages {
  readonly #parts: MessageParts;
  readonly #lock = new KeyedLock();

  constructor(parts: MessageParts) {
    this.#parts = parts;
  }

  /** API-2. A transaction ID that comes again, at once or after a restart, finds the event it made; with another event it is TXN_MISMATCH. */
  async send(
    author: Author,
    roomId: string,
    message: { readonly type: string; readonly content: JsonObject },
    txnId: string,
  ): Promise<Receipt> {
    const draft: EventDraft = { type: message.type, sender: author.userId, content: message.content };
    const txn: ClientTransaction = { user_id: author.userId, device_id: author.deviceId, txn_id: txnId };
    return this.#lock.run(`${txn.user_id}\n${txn.device_id}\n${txn.txn_id}`, () => this.#sendOnce(roomId, draft, txn));
  }

  /** API-4. Takes an event's content back. FORBIDDEN unless it is one's own, or one has MANAGE_MESSAGES. */
  async redact(
    author: Author,
    roomId: string,
    redaction: { readonly event_id: string; readonly reason?: string },
    txnId: string,
  ): Promise<Receipt> {
    const info = await this.#parts.access.requireChannel(roomId, author.userId);
    const target = await this.#stored(roomId, redaction.event_id);
    const may = await this.#parts.rooms.judge(
      info.authority,
      (view) => (effectivePermissions(view, author.userId, roomId).bits & BITS.MANAGE_MESSAGES) !== 0n,
    );
    if (target.event.sender !== author.userId && !may)
      throw new HostError('FORBIDDEN', 'this needs the permission MANAGE_MESSAGES', { rule: 'API-4' });
    const reason = redaction.reason === undefined ? {} : { reason: redaction.reason };
    return this.send(author, roomId, { type: 'm.room.redaction', content: { redacts: redaction.event_id, ...reason } }, txnId);
  }

  /** One page of history, newest first. */
  async history(
    roomId: string,
    userId: string,
    limit: number,
    from?: string,
  ): Promise<{ readonly events: readonly ShownEvent[]; readonly next: string | null }> {
    const { access, rooms, redactions } = this.#parts;
    await access.requireView(roomId, userId);
    const cursor = from === undefined ? null : readCursor(roomId, from);
    if (cursor !== null) await this.#requireHistory(roomId, cursor);
    const page = await rooms.ask(roomId, (room) => room.history(limit, cursor));
    const events = await Promise.all(page.events.map((stored) => shownEvent(stored, redactions)));
    return { events, next: page.next === null ? null : writeCursor(roomId, page.next) };
  }

  /** One event with everything that is known about it: its place in the graph, signatures, verdict. */
  async event(roomId: string, userId: string, eventId: string): Promise<JsonObject> {
    await this.#parts.access.requireView(roomId, userId);
    const stored = await this.#stored(roomId, eventId);
    const { event, redaction } = await this.#parts.redactions.shown(stored.event);
    return {
      ...(await shownEvent(stored, this.#parts.redactions)),
      pdu: event.pdu,
      verdict: stored.verdict,
      soft_failed: stored.soft_failed,
      fault: stored.fault === null ? null : { rule: stored.fault.rule, detail: stored.fault.detail },
      rank: stored.rank,
      depth: stored.depth,
      redacted_by: redaction?.event_id ?? null,
    };
  }

  /** The events that hold a room's present state. */
  async state(roomId: string, userId: string): Promise<readonly ShownEvent[]> {
    await this.#parts.access.requireView(roomId, userId);
    return (await this.#parts.rooms.ask(roomId, (room) => room.stateEvents())).map(plainEvent);
  }

  /** NOT_FOUND unless the event is stored in this room. */
  async requireEvent(roomId: string, eventId: string): Promise<void> {
    await this.#stored(roomId, eventId);
  }

  /** A cursor names events of this room's history, or nobody here wrote it. */
  async #requireHistory(roomId: string, cursor: HistoryCursor): Promise<void> {
    const named = new Set([...cursor.boundary.split(','), cursor.after].filter((id) => id !== ''));
    const found = await this.#parts.store.rooms.events(roomId, [...named]);
    const known = found.filter((stored) => stored.verdict === 'accepted' && !stored.soft_failed && named.has(stored.event.event_id));
    if (known.length !== named.size) throw new HostError('BAD_REQUEST', 'query parameter from is not a cursor of this room');
  }

  async #sendOnce(roomId: string, draft: EventDraft, txn: ClientTransaction): Promise<Receipt> {
    const { store, rooms, stream } = this.#parts;
    const known = await store.rooms.clientTransaction(txn);
    if (known !== undefined) return this.#repeated(roomId, draft, known);
    if ((await rooms.info(roomId)) === undefined) throw new HostError('NOT_FOUND', 'there is no such room here');
    const sent = await rooms.send(roomId, draft, { clientTxn: txn });
    await stream.settled(sent.position);
    return { event_id: sent.event.event_id, position: sent.position };
  }

  async #stored(roomId: string, eventId: string): Promise<StoredEvent> {
    const [stored] = await this.#parts.store.rooms.events(roomId, [eventId]);
    if (stored === undefined || stored.event.event_id !== eventId) throw new HostError('NOT_FOUND', 'there is no such event here');
    return stored;
  }

  async #repeated(
    roomId: string,
    draft: EventDraft,
    known: { readonly room_id: string; readonly event_id: string; readonly position: number },
  ): Promise<Receipt> {
    const mismatch = new HostError('TXN_MISMATCH', 'this transaction ID was used for another event', { rule: 'API-2' });
    if (known.room_id !== roomId) throw mismatch;
    const { event } = await this.#stored(roomId, known.event_id);
    if (event.type !== draft.type || canonicalJson(event.content) !== canonicalJson(draft.content)) throw mismatch;
    return { event_id: known.event_id, position: known.position };
  }
}
