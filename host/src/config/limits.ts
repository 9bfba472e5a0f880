/** Which budget a request counts against. */
export type RateClass = 'register' | 'login' | 'read' | 'write' | 'search' | 'sync' | 'media' | 'export' | 'federation' | 'open';

/** `points` requests per `seconds`, per IP address (register, login, open), per user (read, write, search, sync, media, export) or per origin (federation). */
export interface RateLimit {
  readonly points: number;
  readonly seconds: number;
}

/** Every limit of the host. All of them can be set in the configuration file, under `[limits]`. */
export interface Limits {
  /** Bytes of a JSON body, client API. */
  readonly max_body_bytes: number;
  /** Bytes of a JSON body, federation API: 50 events of 64 KiB and their envelope. */
  readonly max_federation_body_bytes: number;
  readonly max_media_bytes: number;
  /** Milliseconds in which a JSON body must have come. */
  readonly body_timeout_ms: number;
  /** Milliseconds in which a whole request, uploads included, must have come. */
  readonly request_timeout_ms: number;
  readonly headers_timeout_ms: number;
  readonly max_connections: number;
  /** Longest long poll, milliseconds. */
  readonly max_sync_timeout_ms: number;
  /** Long polls one user may have open. */
  readonly max_polls_per_user: number;
  /** Stream rows one sync answer or gateway replay step looks at. */
  readonly sync_rows: number;
  /** Bytes of events in one sync answer. */
  readonly sync_bytes: number;
  /** Messages of each channel in a first sync. */
  readonly sync_messages: number;
  readonly history_page: number;
  readonly gateway_heartbeat_ms: number;
  /** Gateway connections one user may have open. */
  readonly max_gateways_per_user: number;
  /** Bytes waiting to be sent to one gateway client before it is closed as too slow. */
  readonly gateway_buffer_bytes: number;
  /** How far back a gateway client may resume, in stream positions. */
  readonly gateway_resume_positions: number;
  /** Bytes of one frame from a gateway client. */
  readonly gateway_frame_bytes: number;
  /** Password hashes computed at the same time; each takes 19 MiB. */
  readonly password_hashes: number;
  /** Password checks waiting for their turn before more are refused. */
  readonly password_queue: number;
  /** Milliseconds an access token lasts; null: until it is logged out. */
  readonly access_token_ms: number | null;
  readonly voice_token_seconds: number;
  readonly invite_codes_per_guild: number;
  /** Roles and channels as the host creates them; the rules' own limits hold as well. */
  readonly guild_channels: number;
  readonly rates: Readonly<Record<RateClass, RateLimit>>;
}

export const DEFAULT_LIMITS: Limits = {
  max_body_bytes: 131_072,
  max_federation_body_bytes: 6_291_456,
  max_media_bytes: 52_428_800,
  body_timeout_ms: 20_000,
  request_timeout_ms: 300_000,
  headers_timeout_ms: 15_000,
  max_connections: 10_000,
  max_sync_timeout_ms: 60_000,
  max_polls_per_user: 10,
  sync_rows: 1_000,
  sync_bytes: 1_048_576,
  sync_messages: 20,
  history_page: 100,
  gateway_heartbeat_ms: 30_000,
  max_gateways_per_user: 20,
  gateway_buffer_bytes: 1_048_576,
  gateway_resume_positions: 100_000,
  gateway_frame_bytes: 4_096,
  password_hashes: 2,
  password_queue: 64,
  access_token_ms: 7_776_000_000,
  voice_token_seconds: 300,
  invite_codes_per_guild: 1_000,
  guild_channels: 500,
  rates: {
    register: { points: 20, seconds: 600 },
    login: { points: 30, seconds: 60 },
    read: { points: 600, seconds: 60 },
    write: { points: 240, seconds: 60 },
    search: { points: 60, seconds: 60 },
    sync: { points: 240, seconds: 60 },
    media: { points: 120, seconds: 60 },
    export: { points: 20, seconds: 600 },
    federation: { points: 3_000, seconds: 60 },
    open: { points: 600, seconds: 60 },
  },
};
