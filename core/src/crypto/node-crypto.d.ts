/** The little of Node that `hash-backend.node.ts` uses; the types of the rest stay out of this package, which must run without Node. */
declare module 'node:crypto' {
  interface Hash {
    update(data: Uint8Array): Hash;
    digest(): Uint8Array;
  }
  export function createHash(algorithm: string): Hash;
}
