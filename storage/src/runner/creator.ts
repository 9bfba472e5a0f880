import {
  createEvent,
  type CreateContext,
  type EventDraft,
  type Fault,
  NATIVE_VERSION,
  roomVersion,
  RULES,
  type Signer,
  type UnverifiedCopy,
} from '@openguild/core';
import { StorageError, TransactionUsedError, UnknownEventError } from '../errors.ts';
import type { ClientTransaction, RoomStore } from '../ports.ts';
import { Creation } from './creation.ts';
import { type Held, refuseHeld } from './held-rooms.ts';
import type { KeyedMutex } from './keyed-mutex.ts';
import type { NeedsServer } from './needs-server.ts';
import { ATTEMPTS, type OpenRoom, type OpenRooms, RoomDiscarded } from './open-rooms.ts';
import type { Commit, RoomWriter } from './room-writer.ts';

/** What may be asked of a creation beside the draft. */
export interface CreateOptions {
  /** False: the event is sent to nobody. Default true. */
  readonly outgoing?: boolean;
  /** A repetition gets the event that the first one made. */
  readonly client_txn?: ClientTransaction;
  /** An invite code of which this uses one, or fails with InviteUnusableError. */
  readonly use_invite?: string;
  /** Keys of others who sign afterwards: the event is only made, and comes back by `receive` with their signatures. */
  readonly cosigners?: readonly string[];
}

export interface CreatorOptions {
  readonly store: RoomStore;
  readonly rooms: OpenRooms;
  readonly mutex: KeyedMutex;
  readonly needs: NeedsServer;
  readonly writer: RoomWriter;
  readonly now: () => number;
  readonly held: Held;
  readonly onCommit: (commit: Commit) => void;
}

const refused = (fault: Fault): Creation => new Creation({ kind: 'refused', fault: { rule: fault.rule, detail: fault.detail } }, null);

/** Makes this server's own events. */
export class Creator {
  readonly #options: CreatorOptions;

  constructor(options: CreatorOptions) {
    this.#options = options;
  }

  /** The next event of a room. Throws UnknownRoomError, InviteUnusableError, and what the store throws. */
  async inRoom(roomId: string, draft: EventDraft, signers: readonly Signer[], options: CreateOptions): Promise<Creation> {
    const { mutex, rooms } = this.#options;
    return mutex.run(roomId, () =>
      this.once(options.client_txn, () => rooms.use(roomId, (open) => this.#create(open, draft, signers, options))),
    );
  }

  /** Does something unless the same client transaction did it before; once more if a write of somebody else failed in between. */
  async once(txn: ClientTransaction | undefined, work: () => Promise<Creation>): Promise<Creation> {
    for (let attempt = 0; ; attempt++) {
      const earlier = await this.#earlier(txn);
      if (earlier !== undefined) return earlier;
      try {
        return await work();
      } catch (error) {
        const again = error instanceof RoomDiscarded || error instanceof TransactionUsedError;
        if (!again || attempt >= ATTEMPTS) throw error;
      }
    }
  }

  /** What an earlier request with the same transaction made. */
  async #earlier(txn: ClientTransaction | undefined): Promise<Creation | undefined> {
    const { store } = this.#options;
    const known = txn === undefined ? undefined : await store.clientTransaction(txn);
    if (known === undefined) return undefined;
    const [stored] = await store.events(known.room_id, [known.event_id]);
    if (stored === undefined) throw new StorageError(`the event ${known.event_id} of a client transaction is not stored`);
    return new Creation({ kind: 'accepted' }, stored.event, { position: known.position, repeated: true });
  }

  async #create(open: OpenRoom, draft: EventDraft, signers: readonly Signer[], options: CreateOptions): Promise<Creation> {
    const { needs, writer, now, held, onCommit } = this.#options;
    // A channel may be here that the backup does not know, of a guild that it knows.
    const guildId = open.guild?.room.room_id;
    await refuseHeld(held, guildId);
    const { outgoing = true, client_txn, use_invite, cosigners = [] } = options;
    const before = outgoing && cosigners.length === 0 ? await writer.serversOf(open) : [];
    // One time for all rounds: each round makes the same event.
    const context: CreateContext = { now: now(), signers, cosigners };
    const solved = await needs.solve(open, () => {
      const answer = open.room.create(draft, context);
      if (answer.needs === null && answer.value.effects !== null) open.beginWrite();
      return answer;
    });
    if (solved.lacking !== null)
      throw new UnknownEventError(
        open.room.room_id,
        solved.lacking.map((one) => one.event_id),
      );
    const { outcome, event, effects } = solved.value;
    if (effects === null || event === null) return new Creation(outcome, event);
    const more = { ...(client_txn === undefined ? {} : { client_txn }), ...(use_invite === undefined ? {} : { use_invite }) };
    const commit = await writer.write(open, effects, before, { outgoing, ...more });
    onCommit(commit);
    return new Creation(outcome, event, { position: commit.positions.at(-1) as number, destinations: commit.destinations });
  }

  /**
   * The create event of a new room, not yet received. A channel is made by its guild's version and cites the guild's extremities.
   * Throws UnknownRoomError if the guild is not known here.
   */
  async firstOf(draft: EventDraft, signers: readonly Signer[]): Promise<UnverifiedCopy | Creation> {
    const { rooms, now } = this.#options;
    const context: CreateContext = { now: now(), signers };
    const { guild, room_version = NATIVE_VERSION } = draft.content;
    if (draft.type === 'm.channel.create' && typeof guild === 'string') {
      return rooms.use(guild, async (open) => {
        await open.settled(false);
        const { version, extremities } = open.room;
        if (extremities.length > version.limits.maxGuildHeads)
          return refused({ rule: RULES.GUILD_HEADS, detail: 'the guild has too many extremities; a merge comes first' });
        return copyOr(createEvent(draft, context, version, extremities));
      });
    }
    const version = typeof room_version === 'string' ? roomVersion(room_version) : undefined;
    if (version === undefined) return refused({ rule: 'EV-1', detail: `unknown room version ${JSON.stringify(room_version)}` });
    return copyOr(createEvent(draft, context, version));
  }
}

function copyOr(made: ReturnType<typeof createEvent>): UnverifiedCopy | Creation {
  return made.ok ? made.value : refused(made);
}
