import { isEventId, isRoomId, readJson } from '@openguild/core';
import type { HistoryCursor } from '@openguild/core';
import { HostError } from '../http/errors.ts';

const MAX_CURSOR_BYTES = 4_096;
const MAX_HEADS = 64;

/** A place in one room's history as clients carry it: base64url of JSON, opaque to them. */
export function writeCursor(roomId: string, cursor: HistoryCursor): string {
  return Buffer.from(JSON.stringify({ room: roomId, boundary: cursor.boundary, after: cursor.after })).toString('base64url');
}

/** Reads a cursor that came back. BAD_REQUEST for anything that this host cannot have written for this room. */
export function readCursor(roomId: string, text: string): HistoryCursor {
  const wrong = new HostError('BAD_REQUEST', 'query parameter from is not a cursor of this room');
  if (text.length > MAX_CURSOR_BYTES || !/^[A-Za-z0-9_-]+$/.test(text)) throw wrong;
  const read = readJson(new Uint8Array(Buffer.from(text, 'base64url')), { maxDepth: 2 });
  if (!read.ok || read.value === null || typeof read.value !== 'object' || Array.isArray(read.value)) throw wrong;
  const { room, boundary, after, ...rest } = read.value as Record<string, unknown>;
  if (typeof room !== 'string' || !isRoomId(room) || room !== roomId || Object.keys(rest).length > 0) throw wrong;
  if (typeof boundary !== 'string' || typeof after !== 'string') throw wrong;
  const heads = boundary.split(',');
  if (heads.length > MAX_HEADS || !heads.every(isEventId) || (after !== '' && !isEventId(after))) throw wrong;
  return { boundary, after };
}
