import type { EventDraft, Signer } from '@openguild/core';
import type { Attempt } from '../ledger.ts';
import type { Here } from './here.ts';
import { WRITTEN_WITHIN } from './second-judgements.ts';
import type { SimServer } from './server.ts';

/** Tells the ledger what one process would not make for its own people, and where the room ended by whose state that was judged. */
export class RefusalNotes {
  readonly #here: Here;
  readonly #server: SimServer;

  constructor(here: Here, server: SimServer) {
    this.#here = here;
    this.#server = server;
  }

  /** Before something is asked for. What is returned is called if it is refused. */
  async begin(roomId: string | null, draft: EventDraft, signers: readonly Signer[]): Promise<(rule: string) => Promise<void>> {
    const { ledger, time, timer, name } = this.#here;
    const since = time();
    const before = await this.#governor(roomId);
    return async (rule) => {
      ledger.reached(rule);
      const after = await this.#governor(roomId);
      const attempt = await this.attempt(roomId, draft, signers);
      // A disk that fails never writes what the room was at.
      if (
        roomId === null ||
        attempt === undefined ||
        before === undefined ||
        after === undefined ||
        this.#server.world.shape.diskFailing > 0
      )
        return;
      const until = time();
      // A channel's event is judged by what its guild is about to write.
      timer(WRITTEN_WITHIN, () => {
        const heads = [after.heads, before.heads, ...this.#server.headsSince(after.room, since, until)];
        ledger.refusals.push({ ...attempt, room_id: roomId, server: name, rule, heads });
      });
    };
  }

  /** What is asked for, where the room and its guild end now; undefined where one of them is not known here. */
  async attempt(roomId: string | null, draft: EventDraft, signers: readonly Signer[]): Promise<Attempt | undefined> {
    const { rooms } = this.#here.store;
    const room = roomId === null ? null : await rooms.open(roomId);
    if (room === undefined) return undefined;
    const guildId = room === null ? draft.content['guild'] : room.guild_id;
    const guild = typeof guildId === 'string' ? await rooms.open(guildId) : null;
    if (guild === undefined) return undefined;
    const signed_by = signers.map((signer) => signer.key_id);
    return { room_id: roomId, draft, signed_by, prev: room?.extremities ?? [], guild_heads: guild?.extremities ?? null };
  }

  /** The room whose state judges events of this one, and where it ends. */
  async #governor(roomId: string | null): Promise<{ readonly room: string; readonly heads: readonly string[] } | undefined> {
    const { rooms } = this.#here.store;
    const room = roomId === null ? undefined : await rooms.open(roomId);
    const governor = room === undefined || room.guild_id === null ? room : await rooms.open(room.guild_id);
    return governor && { room: governor.room_id, heads: governor.extremities };
  }
}
