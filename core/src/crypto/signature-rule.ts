/**
 * Which public keys and signatures are valid.
 *
 * `strict-cofactorless`: the KEY and SIG rules; the key must be free of torsion. `published-keys` (MXB-18): what libsodium accepts, which is what
 * Matrix servers go by: a key or an R of small order is refused, one with a torsion component is not.
 */
export type SignatureRule = 'strict-cofactorless' | 'published-keys';
