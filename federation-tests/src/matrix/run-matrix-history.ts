import { createHash } from 'node:crypto';
import { roomVersion, type StoredEvent } from '@openguild/core';
import type { Finding } from '../sim/ledger.ts';
import { CALM, Network } from '../sim/network.ts';
import { Random } from '../sim/random.ts';
import { Scheduler } from '../sim/scheduler.ts';
import { drawMatrixWish, MatrixState } from './matrix-acts.ts';
import { MatrixServer } from './matrix-server.ts';

export const MATRIX_VERSIONS = ['3', '4', '5', '6', '7', '8', '9', '10', '11', '12'] as const;

export interface MatrixReport {
  readonly seed: string;
  readonly version: string;
  readonly findings: readonly Finding[];
  readonly events: number;
  readonly rejected: number;
  readonly merges: number;
  readonly messages: number;
  readonly digest: string;
}

/** Messages for each event and pair of servers, far above what runs need. */
const MESSAGES_PER_EVENT = 60;
const START = 1_735_689_600_000;

/**
 * One room of a Matrix version on some servers, through bad weather and partitions, until all is healed; then what must hold is looked at.
 * `sabotage`: done to the servers before all is healed, to see that it is noticed.
 */
export async function runMatrixHistory(
  seed: string,
  versionId?: string,
  sabotage?: (servers: readonly MatrixServer[]) => void,
): Promise<MatrixReport> {
  const random = new Random(`matrix ${seed}`);
  const id = versionId ?? random.pick(MATRIX_VERSIONS);
  const version = roomVersion(id);
  if (version === undefined || version.authority === 'native') throw new Error(`${id} is no Matrix version`);
  const scheduler = new Scheduler(START);
  const network = new Network(scheduler, random.fork('network'), { sent: () => undefined, fault: () => undefined });
  const servers = Array.from({ length: random.between(2, 5) }, (_, i) => {
    const name = `m${i}.example`;
    return new MatrixServer(
      name,
      [0, 1].map((u) => `@u${u}:${name}`),
      version,
      network,
      scheduler,
    );
  });
  for (const server of servers) server.peers(servers.map((one) => one.name));
  await begin(servers, scheduler, id);
  await trouble({ servers, scheduler, network, random, id });
  sabotage?.(servers);
  network.heal();
  await scheduler.runUntil(scheduler.now + 120_000);
  const findings = look(servers, network);
  const [first] = servers as [MatrixServer];
  const all = [...first.rooms.events(first.roomId)];
  const digest = createHash('sha256');
  for (const server of servers)
    for (const stored of server.rooms.events(server.roomId)) digest.update(`${server.name} ${stored.event.event_id} ${stored.verdict}\n`);
  return {
    seed,
    version: id,
    findings,
    events: all.length,
    rejected: all.filter((one) => one.verdict === 'rejected').length,
    merges: all.filter((one) => one.event.prev_events.length > 1).length,
    messages: network.messages,
    digest: digest.digest('hex').slice(0, 32),
  };
}

/** The first server makes a public room, and somebody of each other joins. */
async function begin(servers: readonly MatrixServer[], scheduler: Scheduler, id: string): Promise<void> {
  const [first] = servers as [MatrixServer];
  const [owner] = first.users as [string];
  const put = (type: string, content: Parameters<MatrixServer['make']>[0]['content'], key = ''): void => {
    if (first.make({ type, sender: owner, state_key: key, content })?.kind !== 'accepted')
      throw new Error(`the beginning is refused: ${type}`);
  };
  first.begin(owner, { room_version: id, ...(Number(id) < 11 ? { creator: owner } : {}) });
  put('m.room.member', { membership: 'join' }, owner);
  const second = servers[1]?.users[0] ?? '';
  put('m.room.power_levels', { users: { ...(Number(id) < 12 ? { [owner]: 100 } : {}), [second]: 75, [first.users[1] ?? '']: 50 } });
  put('m.room.join_rules', { join_rule: 'public' });
  await scheduler.runUntil(scheduler.now + 5_000);
  for (const server of servers)
    for (const user of server.users) {
      if (user !== owner) server.make({ type: 'm.room.member', sender: user, state_key: user, content: { membership: 'join' } });
      await scheduler.runUntil(scheduler.now + 1_000);
    }
}

interface Trouble {
  readonly servers: readonly MatrixServer[];
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly id: string;
}

async function trouble({ servers, scheduler, network, random, id }: Trouble): Promise<void> {
  const users = servers.flatMap((server) => server.users);
  network.weather = {
    ...CALM,
    maxDelay: random.pick([20, 500, 3_000]),
    loss: random.pick([0, 0.1]),
    duplicate: random.pick([0, 0.2]),
    straggle: 0.1,
  };
  const acts = random.pick([20, 40, 80]);
  for (let i = 0; i < acts; i++) {
    if (random.chance(0.1)) cut(servers, network, scheduler, random);
    await scheduler.runUntil(scheduler.now + random.exponential(300));
    const server = random.pick(servers);
    if (server.rooms.room(server.roomId) === undefined) continue;
    const known = [...server.rooms.events(server.roomId)].filter((one) => one.verdict === 'accepted').map((one) => one.event.event_id);
    const now = new MatrixState(server);
    const wish = drawMatrixWish(random, now, random.pick(server.users), users, id, known.slice(-10));
    // Now and then a server that does not ask whether it may, and says that it did so long ago.
    const wild = random.chance(0.1);
    const how = wild
      ? { forced: true, prev: random.shuffled(known.slice(-12)).slice(0, random.between(1, 3)), ts: scheduler.now - random.int(100_000) }
      : {};
    server.make(wish, how);
  }
}

function cut(servers: readonly MatrixServer[], network: Network, scheduler: Scheduler, random: Random): void {
  const side = new Set(servers.filter(() => random.chance(0.5)).map((server) => server.name));
  const lines = servers.flatMap((a) => servers.filter((b) => side.has(a.name) !== side.has(b.name)).map((b) => [a.name, b.name] as const));
  for (const [a, b] of lines) network.cut(a, b);
  scheduler.after(random.exponential(4_000), () => {
    for (const [a, b] of lines) network.join(a, b);
  });
}

/** All have every accepted event, judge each alike, and find the same state after each; nothing waits, and nobody was made to send out of proportion. */
function look(servers: readonly MatrixServer[], network: Network): Finding[] {
  const found: Finding[] = [];
  const seen = new Map<string, { readonly by: string; readonly judgement: string }>();
  for (const server of servers) {
    if (server.waiting > 0) found.push({ invariant: 'queues', detail: `${server.name} still has ${server.waiting} events to send` });
    for (const stored of server.rooms.events(server.roomId)) {
      const { event_id } = stored.event;
      const judgement = judgementOf(server, stored);
      const before = seen.get(event_id);
      if (before === undefined) seen.set(event_id, { by: server.name, judgement });
      else if (before.judgement !== judgement)
        found.push({
          invariant: 'same-judgement',
          detail: `${before.by} and ${server.name} judge ${event_id} differently:\n${before.judgement}\n${judgement}`,
          event_id,
        });
    }
  }
  for (const server of servers)
    for (const [id, { by, judgement }] of seen)
      if (
        !judgement.startsWith('rejected') &&
        server.rooms.stored(server.roomId, id)?.verdict !== 'accepted' &&
        !isSoftAtHome(servers, by, id)
      )
        found.push({ invariant: 'convergence', detail: `${server.name} lacks ${id}, which ${by} has`, event_id: id });
  if (network.messages > MESSAGES_PER_EVENT * (seen.size + 20) * servers.length)
    found.push({ invariant: 'bounds', detail: `${network.messages} messages for ${seen.size} events on ${servers.length} servers` });
  return found;
}

/** What the server that made it did not follow itself was told to nobody. */
function isSoftAtHome(servers: readonly MatrixServer[], by: string, id: string): boolean {
  const home = servers.find((server) => server.name === by);
  return home?.rooms.stored(home.roomId, id)?.soft_failed === true;
}

function judgementOf(server: MatrixServer, stored: StoredEvent): string {
  if (stored.verdict === 'rejected') return `rejected ${stored.fault?.rule}`;
  const entries = [...server.state([stored.event.event_id]).entries()].map((entry) => entry.join(' ')).sort((a, b) => (a < b ? -1 : 1));
  return `accepted ${stored.depth}\n${entries.join('\n')}`;
}
