/**
 * Postgres keeps no U+0000 in a text. It becomes U+0001 U+0001, and U+0001 becomes U+0001 U+0002: different texts stay different, and their order by UTF-8
 * bytes stays the same.
 */
export function escapeText(text: string): string {
  return /[\u0000\u0001]/.test(text) ? text.replaceAll('\u0001', '\u0001\u0002').replaceAll('\u0000', '\u0001\u0001') : text;
}

export function unescapeText(text: string): string {
  if (!text.includes('\u0001')) return text;
  return text.replaceAll('\u0001\u0001', '\u0000').replaceAll('\u0001\u0002', '\u0001');
}
