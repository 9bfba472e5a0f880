import { compareUtf8 } from '@openguild/state-resolution';

/**
 * Compares two well-formed strings by their UTF-8 bytes, which is code point order (ID-8). Negative, zero or positive.
 *
 * JavaScript's own order is that of UTF-16 code units: it puts the surrogates (all of U+10000 and above) before U+E000 to U+FFFF.
 */
export const utf8Compare: (a: string, b: string) => number = compareUtf8;

/** Compares two strings by UTF-16 code units, as RFC 8785 section 3.2.3 has it. Negative, zero or positive. */
export function utf16Compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/** True if the strings ascend strictly by their UTF-8 bytes: sorted, and none twice. */
export function ascends(strings: readonly string[]): boolean {
  for (let i = 1; i < strings.length; i++) if (utf8Compare(strings[i - 1] as string, strings[i] as string) >= 0) return false;
  return true;
}
