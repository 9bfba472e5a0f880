import type { RoomEvent } from '@openguild/core';

export interface SearchQuery {
  /** Only events of these rooms. */
  readonly rooms: readonly string[];
  /** Words between spaces; each must be somewhere in the text, also within a word. Upper and lower case are the same. If all have one or two characters, an index may look at the newest 50,000 events only. */
  readonly text: string;
  /** Only events at positions before this one. */
  readonly before?: number;
  readonly limit: number;
}

export interface SearchHit {
  readonly room_id: string;
  readonly event_id: string;
  readonly position: number;
}

/**
 * Finds events by their text. The index follows the stream, and is brought up to date before it is searched; it holds nothing that is not in the log. Who
 * may see a hit is for the caller to say.
 */
export interface SearchIndex {
  /** Newest first. Nothing for a text without words. */
  search(query: SearchQuery): Promise<readonly SearchHit[]>;
  /** An event whose text must not be found any more, for example because it was redacted. It stays away when the index is made anew. */
  forget(roomId: string, eventId: string): Promise<void>;
  /** Makes the index anew from the log. */
  rebuild(): Promise<void>;
}

/** The text of an event by which it is found; undefined: it has none. */
export type TextOf = (event: RoomEvent) => string | undefined;

/** Messages are found by their body. */
export function messageText({ type, content, state_key }: RoomEvent): string | undefined {
  const body = content['body'];
  return type === 'm.room.message' && state_key === undefined && typeof body === 'string' ? body : undefined;
}

const MAX_WORDS = 16;

/** Texts are compared in this form: without differences of width, of composition and of case. */
export function searchForm(text: string): string {
  return text.normalize('NFKC').toLowerCase().normalize('NFKC').replaceAll('\u0000', ' ');
}

/** The words of a query, each once. */
export function wordsOf(text: string): string[] {
  const words = searchForm(text).split(/\s+/u);
  return [...new Set(words)].filter((word) => word !== '').slice(0, MAX_WORDS);
}
