/** A member of an object in its text: where its key's quote is, and where its value has ended. */
export interface TextMember {
  readonly name: string;
  readonly start: number;
  readonly end: number;
}

/** The text of an object that came in its canonical form, so that the canonical forms of its members are parts of it. */
export interface CanonicalText {
  readonly bytes: Uint8Array;
  /** In the order of the text, which is that of their names. Names are ASCII. */
  readonly members: readonly TextMember[];
  /** Arrays and objects within each other, the outermost counts as one. */
  readonly depth: number;
}
