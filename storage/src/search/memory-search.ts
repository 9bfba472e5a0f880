import type { Store } from '../ports.ts';
import { messageText, type SearchHit, type SearchIndex, type SearchQuery, searchForm, type TextOf, wordsOf } from './search-port.ts';

const PAGE = 500;

/** Texts in memory, over any store. */
export class MemorySearch implements SearchIndex {
  readonly #rooms: Store['rooms'];
  readonly #textOf: TextOf;
  readonly #texts: { readonly hit: SearchHit; readonly text: string }[] = [];
  readonly #forgotten = new Set<string>();
  #position = 0;

  constructor(store: Pick<Store, 'rooms'>, textOf: TextOf = messageText) {
    this.#rooms = store.rooms;
    this.#textOf = textOf;
  }

  async search({ rooms, text, before = Infinity, limit }: SearchQuery): Promise<readonly SearchHit[]> {
    const words = wordsOf(text);
    if (words.length === 0) return [];
    await this.#update();
    const found = this.#texts.filter(
      ({ hit, text: own }) =>
        rooms.includes(hit.room_id) &&
        hit.position < before &&
        !this.#forgotten.has(`${hit.room_id} ${hit.event_id}`) &&
        words.every((word) => own.includes(word)),
    );
    return found
      .map(({ hit }) => hit)
      .toReversed()
      .slice(0, limit);
  }

  async forget(roomId: string, eventId: string): Promise<void> {
    this.#forgotten.add(`${roomId} ${eventId}`);
  }

  async rebuild(): Promise<void> {
    this.#texts.length = 0;
    this.#position = 0;
  }

  async #update(): Promise<void> {
    for (;;) {
      const rows = await this.#rooms.stream(this.#position, PAGE);
      for (const { position, room_id, stored } of rows) {
        if (position <= this.#position) continue;
        this.#position = position;
        const text = this.#textOf(stored.event);
        if (text !== undefined) this.#texts.push({ hit: { room_id, event_id: stored.event.event_id, position }, text: searchForm(text) });
      }
      if (rows.length < PAGE) return;
    }
  }
}
