import { expect } from 'chai';

/** Waits for a promise to reject with this class of error. */
export async function expectFailure(promise: Promise<unknown>, kind: new (...args: never[]) => Error): Promise<Error> {
  const outcome = await promise.then(
    () => null,
    (error: unknown) => error,
  );
  expect(outcome).to.be.instanceOf(kind);
  return outcome as Error;
}
