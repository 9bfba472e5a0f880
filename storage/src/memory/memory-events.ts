import { type RoomSnapshot, type StateEntry, type StoredEvent, utf8Compare } from '@openguild/core';
import { checkSameJudgement, refuseIf } from '../check-commit.ts';
import { entriesOf, nextNode, type StateNode } from '../state-chain.ts';

type MemoryNode = StateNode<MemoryNodeRef>;
interface MemoryNodeRef {
  readonly node: MemoryNode;
}

interface Slot {
  stored: StoredEvent;
  /** How many events of the room were stored before. */
  readonly number: number;
  /** Null: the empty state, or none because the event was rejected. */
  readonly state: MemoryNodeRef | null;
  /** Place in the stream; null outside the history. */
  position: number | null;
}

const load = (ref: MemoryNodeRef): MemoryNode => ref.node;

/** The events of one room. */
export class MemoryEvents {
  snapshot: RoomSnapshot;
  readonly #slots = new Map<string, Slot>();
  /** IDs of soft-failed events, oldest first. */
  readonly #soft = new Set<string>();
  /** By (depth, ID). */
  readonly #ordered: StoredEvent[] = [];
  /** Positions and IDs of the history, ascending. */
  readonly #history: { readonly position: number; readonly event_id: string }[] = [];

  constructor(snapshot: RoomSnapshot) {
    this.snapshot = snapshot;
  }

  get(eventId: string): StoredEvent | undefined {
    return this.#slots.get(eventId)?.stored;
  }

  positionOf(eventId: string): number | null {
    return this.#slots.get(eventId)?.position ?? null;
  }

  /** Throws what keeps an event from being stored; changes nothing. */
  check(stored: StoredEvent, entersHistory: readonly string[]): void {
    const { event_id } = stored.event;
    const known = this.get(event_id);
    if (known !== undefined) checkSameJudgement(known, stored);
    if (stored.state_base !== null) {
      refuseIf(this.get(stored.state_base)?.verdict !== 'accepted', `state base ${stored.state_base} is no accepted event of the room`);
    }
    const { base } = stored.void_delta;
    if (base !== null) refuseIf(this.get(base)?.verdict !== 'accepted', `${base} is no accepted event of the room`);
    for (const id of entersHistory) {
      const entering = id === event_id ? stored : this.get(id);
      refuseIf(entering?.verdict !== 'accepted', `${id} is no accepted event of the room`);
      refuseIf(this.positionOf(id) !== null, `${id} is in the history already`);
    }
  }

  put(stored: StoredEvent): void {
    const { event_id } = stored.event;
    const slot = this.#slots.get(event_id);
    if (slot === undefined) {
      this.#slots.set(event_id, { stored, number: this.#slots.size, state: this.#stateOf(stored), position: null });
      this.#ordered.splice(this.#placeAfter(stored.depth, event_id), 0, stored);
    } else {
      slot.stored = stored;
      this.#ordered[this.#placeAfter(stored.depth, event_id) - 1] = stored;
    }
    if (stored.soft_failed) this.#soft.add(event_id);
    else this.#soft.delete(event_id);
  }

  enterHistory(eventId: string, position: number): void {
    const slot = this.#slots.get(eventId) as Slot;
    slot.position = position;
    if (slot.stored.soft_failed) this.put({ ...slot.stored, soft_failed: false });
    this.#history.push({ position, event_id: eventId });
  }

  /** Known ones among `ids`, and up to `ancestors` more, nearest first. */
  withAncestors(ids: readonly string[], ancestors: number): StoredEvent[] {
    const found = new Map<string, StoredEvent>();
    const take = (level: readonly string[], limit: number): string[] => {
      const before: string[] = [];
      for (const id of level) {
        const stored = found.has(id) || found.size >= limit ? undefined : this.get(id);
        if (stored === undefined) continue;
        found.set(id, stored);
        before.push(...stored.event.prev_events);
      }
      return before;
    };
    let level = take(ids, Infinity);
    const limit = found.size + ancestors;
    while (level.length > 0 && found.size < limit) level = take(level, limit);
    return [...found.values()];
  }

  stateAfter(eventId: string): StateEntry[] | undefined {
    const slot = this.#slots.get(eventId);
    return slot?.stored.verdict === 'accepted' ? entriesOf(slot.state, load) : undefined;
  }

  softFailed(rule: string, limit: number, after?: string): string[] {
    const found: string[] = [];
    const from = (after === undefined ? undefined : this.#slots.get(after)?.number) ?? -1;
    for (const id of this.#soft) {
      if (found.length >= limit) break;
      const slot = this.#slots.get(id);
      if (slot !== undefined && slot.number > from && slot.stored.fault?.rule === rule) found.push(id);
    }
    return found;
  }

  byDepth(after: { readonly depth: number; readonly event_id: string } | null, limit: number): StoredEvent[] {
    const from = after === null ? 0 : this.#placeAfter(after.depth, after.event_id);
    return this.#ordered.slice(from, from + limit);
  }

  latest(upTo: number, limit: number): { readonly position: number; readonly stored: StoredEvent }[] {
    let end = this.#history.length;
    while (end > 0 && (this.#history[end - 1]?.position as number) > upTo) end--;
    const page = this.#history.slice(Math.max(0, end - limit), end).reverse();
    return page.map(({ position, event_id }) => ({ position, stored: this.get(event_id) as StoredEvent }));
  }

  #stateOf({ verdict, state_base, state_delta }: StoredEvent): MemoryNodeRef | null {
    if (verdict === 'rejected') return null;
    const base = state_base === null ? null : (this.#slots.get(state_base) as Slot).state;
    return state_delta.length === 0 ? base : { node: nextNode(base, state_delta, load) };
  }

  /** How many events come before or at this place. */
  #placeAfter(depth: number, eventId: string): number {
    let low = 0;
    let high = this.#ordered.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const one = this.#ordered[middle] as StoredEvent;
      if ((one.depth - depth || utf8Compare(one.event.event_id, eventId)) <= 0) low = middle + 1;
      else high = middle;
    }
    return low;
  }
}
