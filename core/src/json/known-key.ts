const MAX_KEYS = 512;
/** Longer ones do not come again. */
const MAX_CHARS = 64;

/** Keys that objects had before. Forgets all when it is full. */
const known = new Map<string, string>();

/** The key, as the text that objects which were read before have for it: with that, finding and setting a member costs the engine no search. */
export function knownKey(key: string): string {
  const same = known.get(key);
  if (same !== undefined) return same;
  if (key.length > MAX_CHARS) return key;
  if (known.size >= MAX_KEYS) known.clear();
  known.set(key, key);
  return key;
}
