import { userRoute } from '../http/route.ts';
import type { Route } from '../http/route.ts';
import type { Services } from './services.ts';

type Parts = Pick<Services, 'access' | 'exports'>;

/** EXP-12 */
export function exportRoutes({ access, exports }: Parts): Route[] {
  return [
    userRoute({
      method: 'GET',
      path: '/client/v1/rooms/:room/export',
      rate: 'export',
      handle: async ({ userId, params: { room = '' }, signal }) => {
        await access.requireView(room, userId);
        await exports.requireHistory(room);
        return {
          headers: { 'Content-Type': 'application/x-ndjson', 'Content-Disposition': 'attachment; filename="room.jsonl"' },
          bytes: exports.chunks(room, signal),
        };
      },
    }),
  ];
}
