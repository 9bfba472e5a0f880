/** Every code a client or a peer can meet, and its HTTP status. The one table of its kind. */
export const ERROR_STATUS = {
  /** The body is not the strict JSON of PROTOCOL.md; `rule` says which CJ rule it breaks. */
  BAD_JSON: 400,
  /** A field is missing, too long, of the wrong type or unknown; the message names its path. */
  BAD_REQUEST: 400,
  UNSUPPORTED_VERSION: 400,
  UNAUTHENTICATED: 401,
  /** The request signature of another server is missing or wrong; `rule` says why. */
  BAD_SIGNATURE: 401,
  /** The rules do not allow it; `rule` says which one. */
  FORBIDDEN: 403,
  /** The asking server has no part in the room, or there is no such room: both look the same. */
  NOT_ADMITTED: 403,
  NOT_FOUND: 404,
  METHOD_NOT_ALLOWED: 405,
  TIMED_OUT: 408,
  CONFLICT: 409,
  /** A transaction ID came again with another body. */
  TXN_MISMATCH: 409,
  TOO_LARGE: 413,
  /** Too many requests; `retry_after_ms` says when to try again. */
  LIMITED: 429,
  INTERNAL: 500,
  /** Another server that is needed did not answer, or answered nonsense. */
  BAD_GATEWAY: 502,
  /** The host lacks something it needs just now, or is stopping. */
  UNAVAILABLE: 503,
} as const;

export type ErrorCode = keyof typeof ERROR_STATUS;

export interface ErrorDetails {
  readonly rule?: string;
  readonly retry_after_ms?: number;
  readonly cause?: unknown;
}

/** The only error a handler or service throws on purpose: it becomes the answer. */
export class HostError extends Error {
  readonly code: ErrorCode;
  readonly rule: string | undefined;
  readonly retryAfterMs: number | undefined;

  constructor(code: ErrorCode, message: string, details: ErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = 'HostError';
    this.code = code;
    this.rule = details.rule;
    this.retryAfterMs = details.retry_after_ms;
  }

  get status(): number {
    return ERROR_STATUS[this.code];
  }

  /** The body of the answer. */
  toBody(): { error: { code: string; message: string; rule?: string; retry_after_ms?: number } } {
    return {
      error: {
        code: this.code,
        message: this.message,
        ...(this.rule === undefined ? {} : { rule: this.rule }),
        ...(this.retryAfterMs === undefined ? {} : { retry_after_ms: this.retryAfterMs }),
      },
    };
  }
}
