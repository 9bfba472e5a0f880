import type { Conflict } from './conflict.ts';
import { drawMermaid } from './draw-mermaid.ts';
import { drawSvg } from './draw-svg.ts';

/** A conflict (`conflictOf`) drawn: Mermaid source, and one self-contained SVG image for light and dark. Pure. */
export function drawConflict(conflict: Conflict): { readonly mermaid: string; readonly svg: string } {
  return { mermaid: drawMermaid(conflict), svg: drawSvg(conflict) };
}
