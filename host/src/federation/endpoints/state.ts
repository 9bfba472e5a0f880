import { serverRoute, type ServerRoute } from '../../http/route.ts';
import type { Rooms } from '../../services/rooms.ts';
import type { Access } from '../access.ts';
import type { HeadsExchange, RoomHeads } from '../heads-exchange.ts';
import { required } from './query.ts';

const MAX_BODY_BYTES = 2_097_152;

/** FED-57: `GET /_federation/state?room_id=`: the present state as IDs, and what it is the state of; for comparing, not for believing. */
export function stateRoute(rooms: Rooms, access: Access): ServerRoute {
  return serverRoute({
    method: 'GET',
    path: '/_federation/state',
    rate: 'federation',
    handle: async ({ origin, query }) => {
      const room = await access.room(required(query, 'room_id'), origin);
      const answer = await rooms.ask(room.room_id, (each) => {
        const state = each.currentState();
        if (state.needs !== null) return state;
        const hash = each.stateHash();
        if (hash.needs !== null) return hash;
        const entries = [...state.value.entries()].map((entry) => [...entry]);
        return { needs: null, value: { heads: [...each.extremities], state_hash: hash.value, state: entries } };
      });
      return { body: answer };
    },
  });
}

/** FED-60: `POST /_federation/heads`: where each of these rooms ends on the asking server; answered with where it ends here. */
export function headsRoute(exchange: HeadsExchange): ServerRoute {
  return serverRoute<{ readonly rooms: Readonly<Record<string, RoomHeads>> }>({
    method: 'POST',
    path: '/_federation/heads',
    rate: 'federation',
    maxBodyBytes: MAX_BODY_BYTES,
    schema: 'federation-heads',
    handle: async ({ origin, body }) => ({ body: { rooms: { ...(await exchange.answer(origin, body.rooms)) } } }),
  });
}
