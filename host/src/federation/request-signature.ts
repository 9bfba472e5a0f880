/**
 * What a signature between servers covers and says (RFC 9421). One table for the signer and the verifier, so that they cannot drift apart.
 */

/** The label of the one signature that counts; others may stand beside it and are not looked at. */
export const SIGNATURE_LABEL = 'openguild';

/** FED-16: binds the signature to this protocol, so that none made for another purpose can be used here. */
export const SIGNATURE_TAG = 'openguild-federation';

/** RFC 9421, section 3.3.6. */
export const SIGNATURE_ALGORITHM = 'ed25519';

/** FED-15: covered by every request. */
export const COVERED = ['@method', '@authority', '@path', '@query', 'openguild-origin', 'openguild-destination'] as const;

/** FED-15: covered beside these by every request that has a body. */
export const COVERED_WITH_BODY = [...COVERED, 'content-digest'] as const;

/** FED-16 */
export const PARAMETERS = ['created', 'expires', 'nonce', 'keyid', 'alg', 'tag'] as const;

/** FED-17: how long a signature may live, `expires - created`. */
export const MAX_LIFETIME_SECONDS = 60;

/** FED-17: by how much the clocks of two servers may differ. */
export const MAX_SKEW_SECONDS = 60;

/** FED-16: 16 random bytes in base64url are 22 characters. */
export const NONCE = /^[A-Za-z0-9_-]{16,64}$/;

export const HEADER_ORIGIN = 'openguild-origin';
export const HEADER_DESTINATION = 'openguild-destination';
