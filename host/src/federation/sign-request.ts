import type { Signer } from '@openguild/core';
import { createSignatureSync } from 'http-message-sig';
import { contentDigest } from './content-digest.ts';
import {
  COVERED,
  COVERED_WITH_BODY,
  HEADER_DESTINATION,
  HEADER_ORIGIN,
  MAX_LIFETIME_SECONDS,
  SIGNATURE_ALGORITHM,
  SIGNATURE_LABEL,
  SIGNATURE_TAG,
} from './request-signature.ts';

export interface OutgoingRequest {
  readonly method: 'GET' | 'POST';
  /** Absolute, without fragment. */
  readonly url: URL;
  /** The exact bytes to be sent; undefined: no body. */
  readonly body: Uint8Array | undefined;
}

export interface RequestSigner {
  readonly origin: string;
  readonly signer: Signer;
  /** Milliseconds since 1970. */
  readonly now: number;
  /** 16 random bytes, used once. */
  readonly nonce: Uint8Array;
}

/** The header fields that sign a request from one server to another. Deterministic: clock and nonce are given. */
export function signRequest(request: OutgoingRequest, destination: string, by: RequestSigner): Record<string, string> {
  const headers: Record<string, string> = { [HEADER_ORIGIN]: by.origin, [HEADER_DESTINATION]: destination };
  if (request.body !== undefined) {
    headers['content-digest'] = contentDigest(request.body);
    headers['content-type'] = 'application/json';
  }
  const created = Math.floor(by.now / 1000);
  const fields = createSignatureSync(
    {
      kind: 'request',
      method: request.method,
      targetUri: request.url.href,
      fields: Object.entries(headers).map(([name, value]) => ({ name, value })),
    },
    {
      label: SIGNATURE_LABEL,
      components: request.body === undefined ? COVERED : COVERED_WITH_BODY,
      parameters: {
        created,
        expires: created + MAX_LIFETIME_SECONDS,
        nonce: Buffer.from(by.nonce).toString('base64url'),
        keyid: by.signer.key_id,
        alg: SIGNATURE_ALGORITHM,
        tag: SIGNATURE_TAG,
      },
      signer: { algorithm: SIGNATURE_ALGORITHM, sign: (base) => by.signer.sign(base) },
    },
  );
  return { ...headers, signature: fields.signature, 'signature-input': fields.signatureInput };
}
