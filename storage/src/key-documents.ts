import type { JsonObject } from '@openguild/core';
import type { KeyValueStore } from './ports.ts';

/** Key-value space of key documents that servers of Matrix rooms published: `<server> <time>` -> the document, and when it was fetched. */
export const KEY_DOCUMENTS = 'matrix.key_documents';

/** What a server published at some time, as PublishedKeys takes it in. */
export interface KeyDocument {
  readonly document: JsonObject;
  /** Milliseconds since 1970. */
  readonly fetched_ts: number;
}

/** Keeps a key document for good: signatures of events are verified by the keys of their time, years later. */
export async function keepKeyDocument(values: KeyValueStore, document: JsonObject, fetchedTs: number): Promise<void> {
  await values.set(KEY_DOCUMENTS, `${String(document['server_name'])} ${fetchedTs}`, { document, fetched_ts: fetchedTs });
}
