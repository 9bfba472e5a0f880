import type { RoomEvent } from '../event/types.ts';
import { serverOf } from '../identifiers.ts';
import { StateMap } from '../state/state-map.ts';

interface Newest {
  readonly index: number;
  readonly event: RoomEvent;
}

/**
 * Finds servers whose own events of one room are no chain (EXP-11). Takes accepted events in causal order.
 *
 * A server's events form a chain exactly if each has the one before it in any causal order in its past, so one comparison for each event is
 * enough. For it each event has a clock: for every server the newest of its events in the past, by their order here. Clocks share what they
 * have in common, so an event costs what it merges, and nothing grows with the history.
 */
export class OwnChains {
  readonly #clocks = new Map<string, StateMap>();
  readonly #newest = new Map<string, Newest>();

  /** The event of the same server that came before and that this one does not have in its past; undefined if there is none. */
  add(event: RoomEvent): RoomEvent | undefined {
    const server = serverOf(event.sender);
    const past = this.#past(event.prev_events);
    const before = this.#newest.get(server);
    const seen = before === undefined || past.get(server, '') === String(before.index);
    const index = (before?.index ?? -1) + 1;
    this.#newest.set(server, { index, event });
    this.#clocks.set(event.event_id, past.with([[server, '', String(index)]]));
    return seen ? undefined : before?.event;
  }

  /** The clocks of the previous events together. */
  #past(prevEvents: readonly string[]): StateMap {
    let past = StateMap.EMPTY;
    for (const id of prevEvents) {
      const other = this.#clocks.get(id) ?? StateMap.EMPTY;
      past = past === StateMap.EMPTY ? other : past.with(past.changesTo(other).filter(([server, , index]) => later(past, server, index)));
    }
    return past;
  }
}

function later(past: StateMap, server: string, index: string | null): boolean {
  return index !== null && Number(index) > Number(past.get(server, '') ?? -1);
}
