/** Limits of federation that are this server's own affair: none is part of the protocol's validity. Every one can be replaced when the host is built. */
export interface FederationLimits {
  /** Nonces remembered of one origin, and of all (a nonce lives about three minutes). */
  readonly nonces_per_origin: number;
  readonly nonces: number;
  /** Key documents and discovery answers kept. */
  readonly peers: number;
  /** FED-4: least time between two fetches of one server's document, milliseconds. */
  readonly document_refetch_ms: number;
  /** FED-4: least time after a fetch that failed, milliseconds. */
  readonly document_failure_ms: number;
  /** FED-5: pause before a request is made again that was refused because the other server could not get this one's keys, milliseconds. */
  readonly key_retry_ms: number;
  /** Key documents being fetched at one time because of requests that are not yet authenticated. */
  readonly document_fetches: number;
  /** Bytes of a discovery answer or key document. */
  readonly document_bytes: number;
  /** Time limit of discovery and key documents, milliseconds. */
  readonly document_timeout_ms: number;
  /** Transactions of one origin waiting for their turn. */
  readonly waiting_transactions: number;
  /** How long answers to transactions are kept for repetitions, milliseconds. */
  readonly transaction_memory_ms: number;
  /** Servers asked for one batch of missing events. */
  readonly fetch_servers: number;
  /** How long an event that nobody had is not asked for again, milliseconds. */
  readonly fetch_negative_ms: number;
  /** Most events of a room taken in while joining it. */
  readonly join_events: number;
  /** Pending invitations one user may have. */
  readonly pending_invites: number;
  /** FED-60: rooms in one exchange of heads. */
  readonly heads_rooms: number;
  /** Rounds of fetching what a peer's heads stand for, in one exchange. */
  readonly heads_rounds: number;
  /** FED-65: forward extremities above which a server merges. */
  readonly extremities: number;
}

export const FEDERATION_LIMITS: FederationLimits = {
  nonces_per_origin: 20_000,
  nonces: 200_000,
  peers: 1_000,
  document_refetch_ms: 60_000,
  document_failure_ms: 1_000,
  key_retry_ms: 1_100,
  document_fetches: 32,
  document_bytes: 16_384,
  document_timeout_ms: 5_000,
  waiting_transactions: 20,
  transaction_memory_ms: 7 * 24 * 3_600_000,
  fetch_servers: 3,
  fetch_negative_ms: 10_000,
  join_events: 200_000,
  pending_invites: 200,
  heads_rooms: 100,
  heads_rounds: 20,
  extremities: 10,
};

/** FED-30 */
export const MAX_PDUS = 50;
/** FED-30 */
export const MAX_EDUS = 100;
/** FED-50: events in one page of any answer. */
export const MAX_PAGE = 100;
