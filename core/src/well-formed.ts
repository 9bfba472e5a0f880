/** Texts that are remembered to have a form. They may be parts of longer ones, which they keep in memory. */
const MAX_TEXTS = 128;

/**
 * The same question about the form of a text, asked once of those that come again and again: names of servers, rooms and users. Only yes is remembered;
 * forgets all when it is full.
 */
export function wellFormed(isOne: (text: string) => boolean): (text: string) => boolean {
  const known = new Set<string>();
  return (text) => {
    if (known.has(text)) return true;
    if (!isOne(text)) return false;
    if (known.size >= MAX_TEXTS) known.clear();
    known.add(text);
    return true;
  };
}
