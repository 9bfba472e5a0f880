import { RULES } from '@openguild/core';
import type { Commit } from '@openguild/storage';
import type { Here } from './here.ts';

/** From when the guild has moved on until what waited for that has been judged again, virtual milliseconds. */
const JUDGED_WITHIN = 3_000;

/** ENG-10: channel events that were ahead of the guild are judged again when it has moved on, and do not wait until somebody happens to cite them. One that does is a finding. */
export class AheadEvents {
  readonly #here: Here;
  /** Event ID -> what it cites of the guild. */
  readonly #waiting = new Map<string, { readonly guildId: string; readonly heads: readonly string[] }>();
  /** Of these, the ones that the guild has caught up with. */
  readonly #due = new Set<string>();

  constructor(here: Here) {
    this.#here = here;
  }

  note({ room, effects }: Commit): void {
    const { stored, enters_history } = effects;
    const { event_id, guild_heads } = stored.event;
    if (stored.soft_failed && stored.fault?.rule === RULES.AHEAD && room.guild_id !== null) {
      this.#waiting.set(event_id, { guildId: room.guild_id, heads: guild_heads });
      this.#look(event_id);
    } else if (stored.soft_failed) this.#answered(event_id);
    for (const id of enters_history) this.#answered(id);
    if (room.kind === 'guild' && enters_history.length > 0)
      for (const [id, { guildId }] of this.#waiting) if (guildId === room.room_id) this.#look(id);
  }

  #answered(eventId: string): void {
    this.#waiting.delete(eventId);
    this.#due.delete(eventId);
  }

  #look(eventId: string): void {
    this.#here.timer(0, async () => {
      const one = this.#waiting.get(eventId);
      if (one === undefined || this.#due.has(eventId)) return;
      const cited = await this.#here.store.rooms.events(one.guildId, one.heads);
      if (cited.length < one.heads.length || cited.some((stored) => stored.soft_failed || stored.verdict === 'rejected')) return;
      this.#due.add(eventId);
      this.#here.ledger.reached('ENG-10');
      const since = this.#here.time();
      this.#here.timer(JUDGED_WITHIN, () => {
        if (this.#due.has(eventId))
          this.#here.ledger.find(
            'judged-again',
            `${this.#here.name}: ${eventId} was ahead, is not so any more since ${since}, and waits still`,
            eventId,
          );
      });
    });
  }
}
