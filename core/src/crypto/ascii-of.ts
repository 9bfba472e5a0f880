/** Well below every engine's limit on the number of arguments. */
const CHUNK = 4_096;

/** Codes of ASCII characters as text. */
export function asciiOf(codes: readonly number[]): string {
  if (codes.length <= CHUNK) return String.fromCharCode.apply(null, codes as number[]);
  let text = '';
  for (let at = 0; at < codes.length; at += CHUNK) text += String.fromCharCode.apply(null, codes.slice(at, at + CHUNK));
  return text;
}
