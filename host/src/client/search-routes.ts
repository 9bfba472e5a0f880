import { isRoomId } from '@openguild/core';
import type { JsonValue } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import { queryInteger, queryValue } from '../http/query.ts';
import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import type { Services } from './services.ts';

const DEFAULT_RESULTS = 20;
const MAX_RESULTS = 50;
/** Characters of a query. */
const MAX_QUERY = 256;

/** API-9: `GET /client/v1/search?q=&guild=&channel=&limit=&from=`. */
export function searchRoutes({ search }: Pick<Services, 'search'>): Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/client/v1/search',
      rate: 'search',
      handle: async ({ userId, query }) => {
        const text = queryValue(query, 'q') ?? '';
        if (text.trim() === '' || [...text].length > MAX_QUERY)
          throw new HostError('BAD_REQUEST', `query parameter q must have 1 to ${MAX_QUERY} characters, and a word among them`);
        const guild = roomIn(query, 'guild');
        const channel = roomIn(query, 'channel');
        const from = queryValue(query, 'from');
        if (from !== undefined && !/^[1-9][0-9]{0,15}$/.test(from))
          throw new HostError('BAD_REQUEST', 'query parameter from is not what a page before named');
        const { results, next } = await search.find(userId, {
          text,
          limit: queryInteger(query, 'limit', { min: 1, max: MAX_RESULTS, default: DEFAULT_RESULTS }),
          ...(guild === undefined ? {} : { guild }),
          ...(channel === undefined ? {} : { channel }),
          ...(from === undefined ? {} : { before: Number(from) }),
        });
        return { body: { results: results as unknown as JsonValue, next: next === null ? null : String(next) } };
      },
    }),
  ];
}

function roomIn(query: URLSearchParams, name: string): string | undefined {
  const value = queryValue(query, name);
  if (value !== undefined && !isRoomId(value)) throw new HostError('BAD_REQUEST', `query parameter ${name} is not the ID of a room`);
  return value;
}
