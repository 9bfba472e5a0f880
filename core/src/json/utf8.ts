/** What every runtime has of the Encoding standard, though it does not belong to the language. */
declare const TextEncoder: new () => {
  encode(text: string): Uint8Array;
  encodeInto(text: string, into: Uint8Array): { readonly written: number };
};

const LONE_SURROGATE = 'a lone surrogate has no UTF-8 form';
const encoder = new TextEncoder();

/**
 * The UTF-8 bytes of a well-formed string.
 *
 * Throws on a lone surrogate: such a string has no UTF-8 form, and nothing that the strict reader made holds one.
 */
export function utf8Encode(text: string): Uint8Array {
  if (!text.isWellFormed()) throw new TypeError(LONE_SURROGATE);
  return encoder.encode(text);
}

/** Writes the UTF-8 bytes of a well-formed string (that of a canonical form always is) into a place that has room for them; how many. */
export function utf8Into(text: string, into: Uint8Array): number {
  return encoder.encodeInto(text, into).written;
}

/** How many bytes `utf8Encode` makes of a string. Throws on a lone surrogate. */
export function utf8Length(text: string): number {
  let length = text.length;
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) continue;
    if (unit < 0x800) {
      length += 1;
    } else if (unit < 0xd800 || unit > 0xdfff) {
      length += 2;
    } else {
      const next = text.charCodeAt(i + 1);
      if (unit > 0xdbff || !(next >= 0xdc00 && next <= 0xdfff)) throw new TypeError(LONE_SURROGATE);
      length += 2;
      i++;
    }
  }
  return length;
}
