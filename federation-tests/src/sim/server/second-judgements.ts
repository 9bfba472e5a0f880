import type { Commit } from '@openguild/storage';
import type { SimServer } from './server.ts';

/** Longer than a write waits for a slow disk, virtual milliseconds. */
export const WRITTEN_WITHIN = 5_000;

/** Tells the ledger what one process makes of events by its present state, and what that state may have been (ENG-9). */
export class SecondJudgements {
  readonly #server: SimServer;
  /** Room -> where it ends, as far as this process changed that. */
  readonly #ends = new Map<string, readonly string[]>();
  /** Room -> since when that is so, true time. */
  readonly #endsSince = new Map<string, number>();

  constructor(server: SimServer) {
    this.#server = server;
  }

  /** ENG-9. Rooms are written by one hand, so where this one ended before is known; a channel's guild may have gone on while the event was written. */
  note({ room, effects }: Commit): void {
    const { stored, extremities } = effects;
    const before = this.#ends.get(room.room_id);
    const { ledger, scheduler } = this.#server.world;
    if (extremities !== null) {
      this.#ends.set(room.room_id, extremities);
      if (before === undefined) this.#endsSince.set(room.room_id, scheduler.now);
    }
    if (stored.verdict === 'rejected') return;
    const { event_id } = stored.event;
    // A whole copy that takes the place of a redacted one is not judged again.
    if (!stored.soft_failed && !effects.enters_history.includes(event_id)) return;
    const soft = stored.soft_failed ? (stored.fault?.rule ?? '') : null;
    // Nor is one that was soft-failed by the same rule: its commit looks like that of a judgement.
    if (soft !== null && this.#server.softFailed.get(event_id) === soft) return;
    this.#server.softFailed.set(event_id, soft);
    const told = { server: this.#server.name, room_id: room.room_id, event_id, soft };
    const { guild_id } = room;
    const since = scheduler.now - WRITTEN_WITHIN;
    if (guild_id === null) {
      if (before !== undefined) ledger.judgedTwice.push({ ...told, heads: [before] });
    } else if ((this.#endsSince.get(guild_id) ?? Infinity) < since)
      ledger.judgedTwice.push({ ...told, heads: this.#server.headsSince(guild_id, since) });
  }
}
