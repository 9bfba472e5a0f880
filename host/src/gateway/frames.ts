import { readJson } from '@openguild/core';
import type { JsonObject } from '@openguild/core';
import { validator } from '@openguild/spec';

export const GATEWAY_PATH = '/client/v1/gateway';
/** Version of the envelope. */
export const GATEWAY_VERSION = 1;

/** API-6: why the host closed a connection. */
export const CLOSE = {
  /** Not a frame, not in its place, or too many of them. */
  BAD_FRAME: 4001,
  /** No token in time, or one that is not (or no longer) valid. */
  UNAUTHENTICATED: 4003,
  /** The resume point is in the future or too far back: identify again. */
  UNKNOWN_RESUME_POINT: 4004,
  /** No heartbeat, or the client reads too slowly. */
  TOO_SLOW: 4008,
  /** More connections than one person may have. */
  TOO_MANY: 4009,
  /** The host stops; come back later (RFC 6455 section 7.4.1). */
  GOING_AWAY: 1001,
} as const;

export type ClientFrame =
  | { readonly t: 'IDENTIFY'; readonly d: { readonly token: string } }
  | { readonly t: 'RESUME'; readonly d: { readonly token: string; readonly s: number } }
  | { readonly t: 'HEARTBEAT' };

export type ServerFrameType = 'HELLO' | 'READY' | 'RESUMED' | 'HEARTBEAT_ACK' | 'EVENT' | 'GUILD' | 'GUILD_LEFT' | 'CHANNELS' | 'INVITE';

/** One frame to a client. `s`: resume from here and nothing after this frame is missed; null where there is no such place yet. */
export function serverFrame(t: ServerFrameType, s: number | null, d: JsonObject): string {
  return JSON.stringify({ v: GATEWAY_VERSION, t, s, d });
}

/** A frame of a client, or undefined for anything else. */
export function readClientFrame(bytes: Uint8Array): ClientFrame | undefined {
  const read = readJson(bytes, { maxDepth: 4 });
  return read.ok && validator('gateway-frame')(read.value).ok ? (read.value as unknown as ClientFrame) : undefined;
}
