import type { IncomingHttpHeaders } from 'node:http';

/** A request of another server as it came, before anything but its length was looked at. */
export interface SignedRequest {
  readonly method: string;
  /** Path and query exactly as received. */
  readonly url: string;
  /** The Host header. */
  readonly host: string;
  readonly headers: IncomingHttpHeaders;
  /** Name, value, name, value ... as received, so that repeated headers can be seen. */
  readonly rawHeaders: readonly string[];
  readonly body: Uint8Array;
  readonly ip: string;
}

/** Who signed a request. Throws HostError BAD_SIGNATURE. */
export type ServerAuthenticator = (request: SignedRequest) => Promise<{ readonly origin: string }>;
