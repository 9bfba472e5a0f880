import type { BaseName } from './bases.ts';
import type { World } from './world.ts';

/** A story with its outcome. What the drawing says of every event is checked beside what `play` asks. */
export interface Scenario {
  readonly name: string;
  /** The rule of PROTOCOL.md that the story is about. */
  readonly rule: string;
  /** What must come out, in a sentence or two. */
  readonly why: string;
  readonly base: BaseName;
  readonly play: (world: World) => void;
}
