import type { Created, RoomEvent } from '@openguild/core';
import { NothingMadeError } from '../errors.ts';

/** What became of a draft. */
export class Creation {
  readonly outcome: Created['outcome'];
  /** Servers in whose outgoing queues the event was put. */
  readonly destinations: readonly string[];
  /** The event had been made before by the same client transaction. */
  readonly repeated: boolean;
  readonly #event: RoomEvent | null;
  readonly #position: number | null;

  constructor(
    outcome: Created['outcome'],
    event: RoomEvent | null,
    more: { position?: number; destinations?: readonly string[]; repeated?: boolean } = {},
  ) {
    this.outcome = outcome;
    this.#event = event;
    this.#position = more.position ?? null;
    this.destinations = more.destinations ?? [];
    this.repeated = more.repeated ?? false;
  }

  /** Throws NothingMadeError if the draft was refused. */
  get event(): RoomEvent {
    if (this.#event !== null) return this.#event;
    const { outcome } = this;
    throw new NothingMadeError(
      outcome.kind === 'refused' ? `refused by ${outcome.fault.rule}: ${outcome.fault.detail}` : 'no event was made',
    );
  }

  /** Its place in the stream. Throws NothingMadeError if the draft was refused, or waits for the signatures of others. */
  get position(): number {
    if (this.#position !== null) return this.#position;
    throw new NothingMadeError(`${this.event.event_id} waits for other signatures`);
  }
}
