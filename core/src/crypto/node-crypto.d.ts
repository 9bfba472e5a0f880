/** The little of Node that `hash-backend.node.ts` uses; the types of the rest stay out of this package, which must run without Node. */
declare module 'node:crypto' {
  export function hash(algorithm: string, data: Uint8Array, outputEncoding: 'binary'): string;
}
