import type { HistoryCursor, HistoryPage, StoredEvent } from '@openguild/core';
import type { SimServer } from '../sim/server/server.ts';
import type { World } from '../sim/world.ts';
import { allOf } from './convergence.ts';

/** Few enough that most histories have several pages. */
const EACH = 7;

/** DAG-2. What a server shows page by page, newest first, is its history: every event once, and in the order that the rules give. */
export async function checkPages(world: World): Promise<void> {
  for (const server of world.honest)
    for (const { room_id, extremities } of await server.disk.durable.rooms.list()) {
      if (server.life === null) continue;
      const byId = new Map((await allOf(server, room_id)).map(({ event }) => [event.event_id, event]));
      const expected = inOrder(historyBefore(extremities, (id) => byId.get(id))).reverse();
      const shown = await pagesOf(server, room_id);
      const at = firstWrong(expected, shown);
      if (at === null) continue;
      world.ledger.find(
        'pages',
        `${server.name} shows ${shown[at] ?? 'nothing'} of ${room_id} in place ${at}, not ${expected[at] ?? 'nothing'}`,
      );
    }
}

async function pagesOf(server: SimServer, roomId: string): Promise<string[]> {
  const shown: string[] = [];
  let cursor: HistoryCursor | null = null;
  do {
    const from: HistoryCursor | null = cursor;
    const page: HistoryPage | undefined = await server.life?.runner.ask(roomId, (room) => room.history(EACH, from));
    shown.push(...(page?.events ?? []).map(({ event }) => event.event_id));
    cursor = page?.next ?? null;
  } while (cursor !== null && shown.length < 100_000);
  return shown;
}

/** The first place in which another ID is shown than should be; null: none. */
export function firstWrong(expected: readonly string[], shown: readonly string[]): number | null {
  const wrong = expected.findIndex((id, i) => shown[i] !== id);
  if (wrong >= 0) return wrong;
  return shown.length === expected.length ? null : expected.length;
}

/** Where a room ends, and all before that. */
export function historyBefore(
  ends: readonly string[],
  eventOf: (id: string) => StoredEvent['event'] | undefined,
): Map<string, StoredEvent['event']> {
  const found = new Map<string, StoredEvent['event']>();
  const open = [...ends];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const event = eventOf(id);
    if (event === undefined || found.has(id)) continue;
    found.set(id, event);
    open.push(...event.prev_events);
  }
  return found;
}

/** DAG-2. Always the one next all of whose predecessors are there that has the earliest time stamp, then the smallest ID. */
export function inOrder(history: ReadonlyMap<string, StoredEvent['event']>): string[] {
  const left = new Map([...history].map(([id, event]) => [id, new Set(event.prev_events).size] as const));
  const followers = Map.groupBy(
    [...history].flatMap(([id, event]) => [...new Set(event.prev_events)].map((prev) => ({ id, prev }))),
    ({ prev }) => prev,
  );
  const ready = [...left].flatMap(([id, count]) => (count === 0 ? [id] : []));
  const order: string[] = [];
  const earlier = (a: string, b: string): boolean => {
    const byTime = (history.get(a)?.origin_ts ?? 0) - (history.get(b)?.origin_ts ?? 0);
    return byTime === 0 ? a < b : byTime < 0;
  };
  while (ready.length > 0) {
    const next = ready.reduce((best, id) => (earlier(id, best) ? id : best));
    ready.splice(ready.indexOf(next), 1);
    order.push(next);
    for (const { id } of followers.get(next) ?? []) {
      const waits = (left.get(id) ?? 0) - 1;
      left.set(id, waits);
      if (waits === 0) ready.push(id);
    }
  }
  return order;
}
