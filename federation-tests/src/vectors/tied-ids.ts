import { base58decode, type RoomEvent, utf8Compare } from '@openguild/core';
import type { NamedEvent } from './named-events.ts';

/** Base58 of 32 bytes has at most 44 digits; of as many digits, the order of the texts is that of the numbers. */
const FULL_LENGTH = 44;
/** Far more than any group needs: an attempt succeeds once in about as many times as there are events in the group. */
const MAX_ATTEMPTS = 100_000;

/**
 * Makes event IDs compare as the names of a history do, where that decides: among events of one entry with one time stamp (RES-3, RES-8). And gives events that are
 * the same but for their names IDs of their own, without which they would be one event.
 *
 * An ID is a hash, so it is not chosen but found: the content gets a member that no rule reads, and another value until the ID falls into the event's share of all IDs.
 */
export class TiedIds {
  readonly #place = new Map<string, { readonly at: number; readonly of: number }>();
  readonly #used = new Set<string>();

  constructor(events: readonly NamedEvent[]) {
    const groups = new Map<string, string[]>();
    for (const { id, room, type, state_key, ts } of events) {
      if (state_key === undefined) continue;
      const group = JSON.stringify([room, type, state_key, ts]);
      groups.set(group, [...(groups.get(group) ?? []), id]);
    }
    for (const names of groups.values())
      if (names.length > 1) for (const [at, name] of names.sort(utf8Compare).entries()) this.#place.set(name, { at, of: names.length });
  }

  /** `make`: the event, with this much more in its content. */
  find(name: string, make: (more: { readonly n?: number }) => RoomEvent): RoomEvent {
    const place = this.#place.get(name);
    for (let n = 0; n < MAX_ATTEMPTS; n++) {
      // What need not be changed stays as the history has it.
      const event = make(place === undefined && n === 0 ? {} : { n });
      if (this.#used.has(event.event_id) || (place !== undefined && !falls(event.event_id, place.at, place.of))) continue;
      this.#used.add(event.event_id);
      return event;
    }
    throw new Error(`no ID for ${name} in ${MAX_ATTEMPTS} attempts`);
  }
}

/** Is this ID in the `at`-th (from 0) of so many equal parts of all IDs? */
function falls(eventId: string, at: number, of: number): boolean {
  const [first, second] = base58decode(eventId.slice(1)) ?? [];
  if (eventId.length !== FULL_LENGTH + 1 || first === undefined || second === undefined) return false;
  return Math.floor(((first * 256 + second) * of) / 65_536) === at;
}
