import fc from 'fast-check';

/** `OPENGUILD_SEED=… npm test` repeats a run; fast-check prints the seed and the shrunk counterexample of a failure. */
const SEED = process.env['OPENGUILD_SEED'];

/** Asserts a property over random values, printing seed and path where it fails. */
export function holds<T>(arbitrary: fc.Arbitrary<T>, property: (value: T) => unknown, numRuns = 300): void {
  const check = fc.property(arbitrary, (value) => {
    property(value);
  });
  fc.assert(check, { numRuns, verbose: 1, ...(SEED === undefined ? {} : { seed: Number(SEED) }) });
}
