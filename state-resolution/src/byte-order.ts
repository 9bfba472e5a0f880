/**
 * Compares two strings by their UTF-8 bytes, which is the order of their code points (RES-3).
 *
 * JavaScript's `<` compares UTF-16 units, which puts U+E000 to U+FFFF after the surrogates of all higher code points.
 */
export function compareUtf8(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return bytewise(x) - bytewise(y);
  }
  return a.length - b.length;
}

/** Moves surrogates above the rest of the basic plane, where the code points that they encode belong. */
function bytewise(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}
