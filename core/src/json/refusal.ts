/** Thrown inside the reader only; `readJson` turns it into a fault. */
export class Refusal extends Error {
  readonly rule: string;

  /** `offset`: the byte at which it shows, from 0. */
  constructor(rule: string, what: string, offset: number) {
    super(`${what} (byte ${offset})`);
    this.rule = rule;
  }
}
