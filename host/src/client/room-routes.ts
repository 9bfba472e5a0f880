import { Readable } from 'node:stream';
import { conflictOf, drawConflict, explainText, isEventId } from '@openguild/core';
import type { JsonObject, JsonValue } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import { queryInteger, queryValue } from '../http/query.ts';
import { userRoute } from '../http/route.ts';
import type { Answer, Route } from '../http/route.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'access' | 'messages' | 'rooms' | 'config' | 'guildState'>;

const DEFAULT_PAGE = 50;
const DEFAULT_DAG = 200;
const MAX_DAG = 2_000;

export function roomRoutes(parts: Parts): Route[] {
  return [send(parts), redact(parts), history(parts), state(parts), event(parts), explain(parts), dag(parts), stateHash(parts)];
}

function send({ messages }: Parts): Route {
  return userRoute<{ type?: string; content: JsonObject; txn_id: string }>({
    method: 'POST',
    path: '/client/v1/rooms/:room/send',
    rate: 'write',
    schema: 'client-send',
    handle: async ({ userId, deviceId, params: { room = '' }, body }) => {
      const message = { type: body.type ?? 'm.room.message', content: body.content };
      return { body: { ...(await messages.send({ userId, deviceId }, room, message, body.txn_id)) } };
    },
  });
}

function redact({ messages }: Parts): Route {
  return userRoute<{ event_id: string; reason?: string; txn_id: string }>({
    method: 'POST',
    path: '/client/v1/rooms/:room/redact',
    rate: 'write',
    schema: 'client-redact',
    handle: async ({ userId, deviceId, params: { room = '' }, body }) => ({
      body: { ...(await messages.redact({ userId, deviceId }, room, body, body.txn_id)) },
    }),
  });
}

function history({ messages, config }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/rooms/:room/messages',
    rate: 'read',
    handle: async ({ userId, params: { room = '' }, query }) => {
      if ((queryValue(query, 'dir') ?? 'b') !== 'b')
        throw new HostError('BAD_REQUEST', 'query parameter dir can only be b: from newer to older');
      const limit = queryInteger(query, 'limit', { min: 1, max: config.limits.history_page, default: DEFAULT_PAGE });
      return { body: { ...(await messages.history(room, userId, limit, queryValue(query, 'from'))) } };
    },
  });
}

function state({ messages }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/rooms/:room/state',
    rate: 'read',
    handle: async ({ userId, params: { room = '' } }) => ({ body: { events: await messages.state(room, userId) } }),
  });
}

function event({ messages }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/rooms/:room/events/:event',
    rate: 'read',
    handle: async ({ userId, params: { room = '', event: eventId = '' } }) => ({
      body: await messages.event(room, userId, eventIn(eventId)),
    }),
  });
}

function explain({ messages, access, rooms }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/rooms/:room/events/:event/explain',
    rate: 'read',
    handle: async ({ userId, params: { room = '', event: eventId = '' }, query }) => {
      await access.requireView(room, userId);
      const id = eventIn(eventId);
      await messages.requireEvent(room, id);
      const format = queryValue(query, 'format') ?? 'json';
      if (format === 'svg' || format === 'mermaid')
        return drawing(drawConflict(await rooms.ask(room, (each) => conflictOf(each, id)))[format], format);
      const explanation = await rooms.ask(room, (each) => each.explain(id));
      if (format === 'text') return { text: explainText(explanation) };
      if (format !== 'json') throw new HostError('BAD_REQUEST', 'query parameter format is json, text, svg or mermaid');
      return { body: explanation as unknown as JsonValue };
    },
  });
}

/** The styles inside the image are all that it may use; it can fetch and run nothing. */
const SVG_HEADERS = {
  'Content-Type': 'image/svg+xml; charset=utf-8',
  'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox",
};

function drawing(text: string, format: 'svg' | 'mermaid'): Answer {
  if (format === 'mermaid') return { text };
  return { headers: SVG_HEADERS, bytes: Readable.from([Buffer.from(text)]) };
}

function dag({ access, rooms }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/rooms/:room/dag',
    rate: 'read',
    handle: async ({ userId, params: { room = '' }, query }) => {
      await access.requireView(room, userId);
      const limit = queryInteger(query, 'limit', { min: 1, max: MAX_DAG, default: DEFAULT_DAG });
      return { body: { events: (await rooms.ask(room, (each) => each.dag(limit))) as unknown as JsonValue } };
    },
  });
}

function stateHash({ access, rooms, guildState }: Parts): Route {
  return userRoute({
    method: 'GET',
    path: '/client/v1/rooms/:room/state_hash',
    rate: 'read',
    handle: async ({ userId, params: { room = '' } }) => {
      await access.requireView(room, userId);
      return { body: { state_hash: await rooms.ask(room, (each) => each.stateHash()), heads: await guildState.extremities(room) } };
    },
  });
}

function eventIn(path: string): string {
  if (!isEventId(path)) throw new HostError('BAD_REQUEST', 'the path does not name an event');
  return path;
}
