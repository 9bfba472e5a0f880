import { isListed, membershipOf, type StateView, type StoredEvent } from '@openguild/core';
import type { SimServer } from '../sim/server/server.ts';
import type { World } from '../sim/world.ts';

/**
 * Honest servers that take part in a room have the same history, and the same verdict on, rank of and state after every event that any two of them
 * share, whether they follow it or not. Soft-failed and rejected events need not be everywhere: they are not passed on.
 */
export async function checkConvergence(world: World): Promise<void> {
  const honest = new Set(world.honest.map((server) => server.name));
  for (const { by, with: other, room_id, heads } of world.ledger.divergences)
    if (honest.has(by) && honest.has(other))
      world.ledger.find('divergence', `${by} and ${other} have the same heads of ${room_id} and other states: ${heads.join(' ')}`);
  for (const roomId of [world.mainRoom, ...world.channels]) {
    await checkShared(world, roomId);
    // A deleted channel takes no events, merges among them: histories that were apart when it was deleted stay so.
    if (await isLive(world, roomId)) await checkHistory(world, roomId);
  }
}

/** Servers that get the room's events, as its first server sees it. */
export async function participants(world: World, roomId: string): Promise<SimServer[]> {
  const first = world.honest[0];
  if (first === undefined || first.life === null) return [];
  const names = new Set(await first.life.runner.ask(roomId, (room) => room.servers()));
  // Whoever is out of the room hears no more of it, and can tell nothing about it.
  if (!names.has(first.name)) return [];
  // A server with nothing but an invitation gets the guild's events, but has nowhere to put them until somebody joins.
  const joined = await first.life.runner.ask(roomId, (room) =>
    room.judgeBy((view) => new Set([...names].filter((name) => hasJoined(world, view, name)))),
  );
  return world.honest.filter((server) => names.has(server.name) && (joined.has(server.name) || server === first));
}

async function isLive(world: World, roomId: string): Promise<boolean> {
  if (roomId === world.mainRoom) return true;
  return (await world.honest[0]?.life?.runner.ask(world.mainRoom, (room) => room.judgeBy((view) => isListed(view, roomId)))) === true;
}

async function checkHistory(world: World, roomId: string): Promise<void> {
  const servers = await participants(world, roomId);
  const [first] = servers;
  if (first === undefined) return;
  const expected = await summary(first, roomId);
  for (const server of servers.slice(1)) {
    const found = await summary(server, roomId);
    // Its backup is older than its first join, or of a room of which it had taken in a part without anybody else: it must be invited or join again.
    if (server.generation > 0 && (found === undefined || world.ledger.alone.has(`${server.name} ${roomId}`))) continue;
    const wrong = found === undefined || expected === undefined ? 'one of them does not have the room' : difference(expected, found);
    if (wrong !== undefined) world.ledger.find('convergence', `${first.name} and ${server.name} differ in ${roomId}: ${wrong}`);
  }
  if (expected !== undefined) world.ledger.note(`${roomId} ends ${expected.hash} with ${expected.heads.join(' ')}`);
}

interface Summary {
  readonly heads: readonly string[];
  readonly hash: string;
  readonly history: ReadonlySet<string>;
}

async function summary(server: SimServer, roomId: string): Promise<Summary | undefined> {
  const room = await server.disk.durable.rooms.open(roomId);
  if (room === undefined || server.life === null) return undefined;
  const hash = await server.life.runner.ask(roomId, (each) => each.stateHash());
  const stored = await allOf(server, roomId);
  return {
    heads: room.extremities,
    hash,
    history: new Set(stored.filter((one) => one.verdict === 'accepted' && !one.soft_failed).map((one) => one.event.event_id)),
  };
}

function difference(a: Summary, b: Summary): string | undefined {
  if (a.heads.join(' ') !== b.heads.join(' ')) return `heads ${a.heads.join(' ')} against ${b.heads.join(' ')}`;
  if (a.hash !== b.hash) return `state ${a.hash} against ${b.hash} at the same heads ${a.heads.join(' ')}`;
  const lacking = [...a.history].find((id) => !b.history.has(id)) ?? [...b.history].find((id) => !a.history.has(id));
  return lacking === undefined ? undefined : `${lacking} is in the history of one of them only`;
}

async function checkShared(world: World, roomId: string): Promise<void> {
  const seen = new Map<string, { readonly by: string; readonly judgement: string }>();
  for (const server of world.servers) {
    for (const stored of await allOf(server, roomId)) {
      const { event_id } = stored.event;
      const judgement = await judgementOf(server, roomId, stored);
      const before = seen.get(event_id);
      if (before === undefined) seen.set(event_id, { by: server.name, judgement });
      else if (before.judgement !== judgement)
        world.ledger.find(
          'same-judgement',
          `${before.by} and ${server.name} judge ${event_id} differently:\n${before.judgement}\n${judgement}`,
          event_id,
        );
    }
  }
}

async function judgementOf(server: SimServer, roomId: string, stored: StoredEvent): Promise<string> {
  if (stored.verdict === 'rejected') return `rejected ${stored.fault?.rule}`;
  const { rank, depth, void_delta, state_base, state_delta } = stored;
  // Base and delta follow from the states after the event and after its deepest prev event; where these are single steps they are the state.
  if (stored.event.prev_events.length <= 1) return JSON.stringify([rank, depth, void_delta, state_base, state_delta]);
  const entries = (await server.disk.durable.rooms.stateAfter(roomId, stored.event.event_id)) ?? [];
  return JSON.stringify([rank, depth, void_delta, entries.map((entry) => entry.join(' ')).sort(compare)]);
}

export async function allOf(server: SimServer, roomId: string): Promise<readonly StoredEvent[]> {
  return server.disk.durable.rooms.byDepth(roomId, null, 1_000_000);
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function hasJoined(world: World, view: StateView, name: string): boolean {
  const server = world.servers.find((one) => one.name === name);
  return server?.users.some((user) => membershipOf(view, user) === 'join') === true;
}
