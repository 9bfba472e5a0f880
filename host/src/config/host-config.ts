import { DEFAULT_LIMITS } from './limits.ts';
import type { Limits } from './limits.ts';

/** How a host behaves. Plain data; `loadConfig` makes it from a file, the environment and the command line. */
export interface HostConfig {
  /** The name in user IDs: `@alice:<server_name>`. Never changes once people use it. */
  readonly server_name: string;
  /** Address to listen on. */
  readonly bind: string;
  /** 0: any free port. */
  readonly port: number;
  /** Folder of everything that lasts: database, media, keys. */
  readonly data: string;
  /** `postgres://…`: everything but media and keys is in that database (`?schema=`). Null: in a file in `data`. */
  readonly database: string | null;
  /** `s3://bucket/prefix?endpoint=…&region=…`: media are in that bucket, by the credentials of the environment. Null: in `data`. */
  readonly media: string | null;
  readonly registration: 'open' | 'closed';
  /** Believe `X-Forwarded-For` from this many proxies in front. */
  readonly trusted_proxies: number;
  readonly log_level: string;
  readonly limits: Limits;
  readonly federation: FederationConfig;
  readonly voice: VoiceConfig | null;
}

export interface FederationConfig {
  readonly enabled: boolean;
  /** CIDR blocks that outgoing requests may reach although they are not public. */
  readonly allow_addresses: readonly string[];
  /** How soon after activity heads are exchanged with the other servers of a room, milliseconds. */
  readonly heads_exchange_ms: number;
  /** How long a peer may lack our heads before we merge, milliseconds. */
  readonly merge_after_ms: number;
  /** First and longest wait between attempts to reach a server, milliseconds. */
  readonly retry_min_ms: number;
  readonly retry_max_ms: number;
  /** Time limit of one outgoing request, milliseconds. */
  readonly request_timeout_ms: number;
  /** Most bytes of an answer of another server. */
  readonly max_response_bytes: number;
  /** How long a published key document is believed without asking again, milliseconds. */
  readonly key_document_ms: number;
}

/** A LiveKit server that carries the voice channels. */
export interface VoiceConfig {
  /** What clients connect to: `ws://` or `wss://`. */
  readonly url: string;
  readonly api_key: string;
  readonly api_secret: string;
}

export const DEFAULT_FEDERATION: FederationConfig = {
  enabled: true,
  allow_addresses: [],
  heads_exchange_ms: 60_000,
  merge_after_ms: 60_000,
  retry_min_ms: 1_000,
  retry_max_ms: 3_600_000,
  request_timeout_ms: 20_000,
  max_response_bytes: 16_777_216,
  key_document_ms: 3_600_000,
};

export const DEFAULT_PORT = 8008;

/** The defaults of a host on this machine; `overrides` win. */
export function hostConfig(overrides: Partial<HostConfig> = {}): HostConfig {
  const port = overrides.port ?? DEFAULT_PORT;
  return {
    server_name: `localhost:${port}`,
    bind: '127.0.0.1',
    data: 'data',
    database: null,
    media: null,
    registration: 'open',
    trusted_proxies: 0,
    log_level: 'info',
    limits: DEFAULT_LIMITS,
    federation: DEFAULT_FEDERATION,
    voice: null,
    ...overrides,
    port,
  };
}
