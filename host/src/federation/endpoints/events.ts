import { isEventId, type StoredEvent } from '@openguild/core';
import type { Store } from '@openguild/storage';
import { HostError } from '../../http/errors.ts';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import type { Access } from '../access.ts';
import { MAX_PAGE } from '../limits.ts';
import { causalOrder, walkBack } from '../walk-back.ts';
import { eventIdList, pageLimit, required } from './query.ts';

const MAX_BODY_BYTES = 65_536;

/** FED-52: `GET /_federation/event/:id?room_id=`: one event. One that the server may not have, or that is not here, is NOT_FOUND. */
export function eventRoute(store: Store, access: Access): ServerRoute {
  return serverRoute({
    method: 'GET',
    path: '/_federation/event/:id',
    rate: 'federation',
    handle: async ({ origin, params, query }) => {
      const room = await access.room(required(query, 'room_id'), origin);
      const id = params['id'] ?? '';
      if (!isEventId(id)) throw new HostError('BAD_REQUEST', 'not an event ID', { rule: 'FED-52' });
      const [event] = await access.serve(room, origin, await store.rooms.events(room.room_id, [id]));
      if (event === undefined) throw new HostError('NOT_FOUND', 'no such event', { rule: 'FED-52' });
      return { body: { event } };
    },
  });
}

/** FED-54: `GET /_federation/backfill?room_id=&from=<ids>&limit=`: these events and what lies before them, newest first. */
export function backfillRoute(store: Store, access: Access): ServerRoute {
  return serverRoute({
    method: 'GET',
    path: '/_federation/backfill',
    rate: 'federation',
    handle: async ({ origin, query }) => {
      const room = await access.room(required(query, 'room_id'), origin);
      const from = eventIdList(required(query, 'from'));
      const events = await walkBack(store.rooms, room.room_id, from, [], pageLimit(query));
      return { body: { events: await access.serve(room, origin, accepted(events).reverse()) } };
    },
  });
}

interface MissingBody {
  readonly room_id: string;
  readonly earliest: readonly string[];
  readonly latest: readonly string[];
  readonly limit: number;
}

/** FED-53: `POST /_federation/missing_events`: `latest` and what lies before them and is not cited by way of `earliest`; the newest of it, causal order. */
export function missingEventsRoute(store: Store, access: Access): ServerRoute {
  return serverRoute<MissingBody>({
    method: 'POST',
    path: '/_federation/missing_events',
    rate: 'federation',
    maxBodyBytes: MAX_BODY_BYTES,
    schema: 'federation-missing-events',
    handle: async ({ origin, body }) => {
      const room = await access.room(body.room_id, origin);
      const events = await walkBack(store.rooms, room.room_id, body.latest, body.earliest, Math.min(body.limit, MAX_PAGE));
      return { body: { events: await access.serve(room, origin, events) } };
    },
  });
}

/** FED-55: `GET /_federation/log?room_id=&after=&limit=`: a whole room from its create event on, by depth, then ID; for servers that join. */
export function logRoute(store: Store, access: Access): ServerRoute {
  return serverRoute({
    method: 'GET',
    path: '/_federation/log',
    rate: 'federation',
    handle: async ({ origin, query }) => {
      const room = await access.room(required(query, 'room_id'), origin);
      const limit = pageLimit(query);
      // One more than is asked for tells whether this page is the last.
      const found = await store.rooms.byDepth(room.room_id, readCursor(query.get('after')), limit + 1);
      const events = found.slice(0, limit);
      const last = events.at(-1);
      const next = last === undefined || found.length <= limit ? null : `${last.depth}.${last.event.event_id}`;
      return { body: { events: await access.serve(room, origin, events), next, heads: [...room.extremities] } };
    },
  });
}

function readCursor(cursor: string | null): { readonly depth: number; readonly event_id: string } | null {
  if (cursor === null) return null;
  const dot = cursor.indexOf('.');
  const [depth, event_id] = [cursor.slice(0, dot), cursor.slice(dot + 1)];
  if (!/^(0|[1-9][0-9]{0,8})$/.test(depth) || !isEventId(event_id))
    throw new HostError('BAD_REQUEST', 'after is not a cursor of this list', { rule: 'FED-55' });
  return { depth: Number(depth), event_id };
}

/** Backfill is for reading: what was rejected is no part of the history. */
function accepted(events: readonly StoredEvent[]): StoredEvent[] {
  return causalOrder(events.filter((stored) => stored.verdict === 'accepted'));
}
