import { createHash } from 'node:crypto';
import { type JsonObject, roomVersion } from '@openguild/core';
import type { History } from '../sim/history-file.ts';
import type { Finding } from '../sim/ledger.ts';
import { CALM, Network } from '../sim/environment/network.ts';
import { Random } from '../sim/environment/random.ts';
import { Scheduler } from '../sim/environment/scheduler.ts';
import { checkAnswers } from './check-answers.ts';
import { checkByMatrixModel } from './check-by-matrix-model.ts';
import { checkMatrix } from './check-matrix.ts';
import { drawMatrixWish, MatrixState } from './matrix-acts.ts';
import { matrixCopies, type Told } from './matrix-copies.ts';
import { MatrixHostile } from './matrix-hostile.ts';
import { MatrixServer } from './matrix-server.ts';
import { brokeDown, matrixTangle } from './matrix-tangle.ts';

/** In place of a version: any of them. */
export const ANY_MATRIX_VERSION = 'matrix';
export const MATRIX_VERSIONS = ['3', '4', '5', '6', '7', '8', '9', '10', '11', '12'] as const;

export interface MatrixReport {
  readonly seed: string;
  readonly version: string;
  readonly findings: readonly Finding[];
  readonly events: number;
  /** Verdicts over all honest servers. */
  readonly judged: number;
  /** Copies that honest servers took in, known ones among them. */
  readonly handled: number;
  readonly rejected: number;
  readonly merges: number;
  readonly messages: number;
  readonly faults: Readonly<Record<string, number>>;
  readonly digest: string;
  /** Rule -> events that it rejected, by the model. */
  readonly coverage: ReadonlyMap<string, number>;
  /** Everything that any honest server had; where a tangle or a copy shows what is wrong, that. */
  readonly history: History;
}

const TANGLES = 2;
const START = 1_735_689_600_000;

interface Run {
  readonly servers: readonly MatrixServer[];
  /** None at the place of an honest server. */
  readonly hostile: readonly MatrixHostile[];
  readonly honest: readonly MatrixServer[];
  readonly users: readonly string[];
  readonly scheduler: Scheduler;
  readonly network: Network;
  readonly random: Random;
  readonly id: string;
  readonly fault: (name: string) => void;
}

/**
 * One room of a Matrix version on some servers, one or two of them perhaps hostile, through bad weather, partitions and crashes, until all is healed;
 * then what must hold is looked at, and copies and tangles are judged besides. `sabotage`: done to the servers before they tell each other the last, to see that it is noticed.
 */
export async function runMatrixHistory(
  seed: string,
  versionId?: string,
  sabotage?: (servers: readonly MatrixServer[]) => void,
): Promise<MatrixReport> {
  const random = new Random(`matrix ${seed}`);
  const drawn = random.pick(MATRIX_VERSIONS);
  const id = versionId ?? drawn;
  const version = roomVersion(id);
  if (version === undefined || version.authority === 'native') throw new Error(`${id} is no Matrix version`);
  const faults: Record<string, number> = {};
  const fault = (name: string): void => void (faults[name] = (faults[name] ?? 0) + 1);
  const scheduler = new Scheduler(START);
  let requests = 0;
  const sent = (from: string, to: string): void => {
    if (honest.some(({ name }) => name === from) && honest.some(({ name }) => name === to)) requests += 1;
  };
  const network = new Network(scheduler, random.fork('network'), { sent, fault });
  const names = Array.from({ length: random.between(2, 5) }, (_, i) => `m${i}.example`);
  const servers = names.map((name) => new MatrixServer(name, names, { version, network, scheduler, random, fault }));
  const forbidden = new Map<string, string>();
  const hostile = random
    .shuffled(servers.slice(1))
    .slice(0, random.int(Math.ceil(names.length / 2)))
    .map((server) => new MatrixHostile(server, random.fork(`hostile ${server.name}`), forbidden));
  const honest = servers.filter((server) => hostile.every((one) => one.server !== server));
  const users = servers.flatMap((server) => server.users);
  const run: Run = { servers, hostile, honest, users, scheduler, network, random, id, fault };
  const findings: Finding[] = [];
  let brokenDown: Finding | undefined;
  let counts: ReturnType<typeof count>;
  const coverage = new Map<string, number>();
  const reached = (times: ReadonlyMap<string, number>): void => {
    for (const [rule, count] of times) coverage.set(rule, (coverage.get(rule) ?? 0) + count);
  };
  try {
    await live(run, sabotage);
    const byModel = checkByMatrixModel(honest, id);
    findings.push(...checkMatrix({ honest, forbidden, requests }), ...byModel.findings);
    reached(byModel.reached);
    counts = count(run);
    // They change the rooms.
    if (findings.length === 0)
      findings.push(...honest.flatMap((server) => checkAnswers(server, users, random.fork(`answers ${server.name}`))));
  } catch (error) {
    // Where the engine is broken anything may break down, the beginning among it. What is judged besides mostly tells why.
    brokenDown = brokeDown('the run', error);
    counts = count(run);
  }
  const besides = besideRun(random, versionId === undefined ? MATRIX_VERSIONS : [id], seed);
  reached(besides.reached);
  const report = { ...counts, seed, version: id, faults, coverage };
  if (findings.length === 0 && besides.told !== null) return { ...report, findings: besides.told.findings, history: besides.told.history };
  if (brokenDown !== undefined) findings.push(brokenDown);
  return { ...report, findings, history: historyOf(run, seed, findings) };
}

/** From the beginning until everybody has heard everything. */
async function live(run: Run, sabotage?: (servers: readonly MatrixServer[]) => void): Promise<void> {
  const { honest, hostile, scheduler, network } = run;
  for (const server of honest) await server.start();
  for (const { server } of hostile) await server.start();
  await begin(run);
  await trouble(run);
  network.heal();
  await scheduler.runUntil(scheduler.now + 120_000);
  await lastWords(run, sabotage);
}

/** Copies and tangles of any of these versions: what one version has and its neighbours have not shows sooner if all get their turn, and the last, which resolves in its own way, more often. */
function besideRun(
  random: Random,
  versions: readonly string[],
  seed: string,
): { readonly told: Told | null; readonly reached: ReadonlyMap<string, number> } {
  const copies = matrixCopies(random.fork('copies'), versions, seed);
  const reached = new Map<string, number>();
  let told = copies;
  for (let i = 0; i < TANGLES; i++) {
    const chance = random.fork(`tangle ${i}`);
    const version = i > 0 && chance.chance(0.4) ? (versions.at(-1) as string) : chance.pick(versions);
    const tangle = matrixTangle(chance, version, seed);
    for (const [rule, times] of tangle.reached) reached.set(rule, (reached.get(rule) ?? 0) + times);
    if (tangle.findings.length > 0) told ??= tangle;
  }
  return { told, reached };
}

/** The first server makes a public room, and somebody of each other joins. */
async function begin({ servers, scheduler, id }: Run): Promise<void> {
  const [first] = servers as [MatrixServer];
  const [owner] = first.users as [string];
  const put = (type: string, content: JsonObject, key = ''): void => {
    if (first.running.make({ type, sender: owner, state_key: key, content })?.kind !== 'accepted')
      throw new Error(`the beginning is refused: ${type}`);
  };
  first.running.begin(owner, { room_version: id, ...(Number(id) < 11 ? { creator: owner } : {}) });
  put('m.room.member', { membership: 'join' }, owner);
  const second = servers[1]?.users[0] ?? '';
  put('m.room.power_levels', { users: { ...(Number(id) < 12 ? { [owner]: 100 } : {}), [second]: 75, [first.users[1] ?? '']: 50 } });
  put('m.room.join_rules', { join_rule: 'public' });
  await scheduler.runUntil(scheduler.now + 5_000);
  for (const server of servers)
    for (const user of server.users) {
      if (user !== owner) server.running.make({ type: 'm.room.member', sender: user, state_key: user, content: { membership: 'join' } });
      await scheduler.runUntil(scheduler.now + 1_000);
    }
}

async function trouble(run: Run): Promise<void> {
  const { servers, hostile, honest, scheduler, network, random } = run;
  network.weather = {
    ...CALM,
    maxDelay: random.pick([20, 500, 3_000]),
    loss: random.pick([0, 0.1]),
    duplicate: random.pick([0, 0.2]),
    straggle: 0.1,
  };
  for (const { disk } of honest) disk.latency = random.pick([0, 5, 50, 500]);
  const acts = random.pick([20, 40, 80]);
  const crashes = random.pick([0, 0.05, 0.15]);
  for (let i = 0; i < acts; i++) {
    if (random.chance(0.1)) cut(run);
    await scheduler.runUntil(scheduler.now + random.exponential(300));
    const server = random.pick(servers);
    const enemy = hostile.find((one) => one.server === server);
    if (enemy !== undefined && random.chance(0.6)) enemy.act(run.users);
    else act(run, server);
    // Often in the moment after something was made, when it is not on disk yet.
    if (random.chance(crashes)) crash(run, random.chance(0.5) && honest.includes(server) ? server : random.pick(honest));
  }
}

function act({ scheduler, random, users, id }: Run, server: MatrixServer): void {
  const { life } = server;
  if (life === null || life.heads.length === 0) return;
  const known = server.events().flatMap(({ event, verdict }) => (verdict === 'accepted' ? [event.event_id] : []));
  const wish = drawMatrixWish(random, new MatrixState(life), random.pick(server.users), users, id, known.slice(-10));
  // Now and then a server that does not ask whether it may, and says that it did so long ago.
  const wild = random.chance(0.1);
  const any = random.chance(0.3) ? server.events().map(({ event }) => event.event_id) : known;
  const how = wild
    ? { forced: true, prev: random.shuffled(any.slice(-12)).slice(0, random.between(1, 3)), ts: scheduler.now - random.int(100_000) }
    : {};
  life.make(wish, how);
}

function crash({ scheduler, random, fault }: Run, server: MatrixServer): void {
  if (server.life === null) return;
  fault('crash');
  server.crash();
  scheduler.after(random.exponential(2_000), () => {
    server.start().catch((error: unknown) => server.errors.push(`could not start: ${String(error)}`));
  });
}

function cut({ servers, network, scheduler, random }: Run): void {
  const side = new Set(servers.filter(() => random.chance(0.5)).map((server) => server.name));
  const lines = servers.flatMap((a) => servers.filter((b) => side.has(a.name) !== side.has(b.name)).map((b) => [a.name, b.name] as const));
  for (const [a, b] of lines) network.cut(a, b);
  scheduler.after(random.exponential(4_000), () => {
    for (const [a, b] of lines) network.join(a, b);
  });
}

/** Everybody who may still speak does, so that what only some have is cited, and asked for. */
async function lastWords({ honest, scheduler }: Run, sabotage?: (servers: readonly MatrixServer[]) => void): Promise<void> {
  for (let round = 0; round < 2; round++) {
    for (const { running, users } of honest)
      for (const sender of users) running.make({ type: 'm.room.message', sender, content: { body: `last ${round}` } });
    if (round === 1) sabotage?.(honest);
    await scheduler.runUntil(scheduler.now + 60_000);
  }
}

function count({
  honest,
  network,
}: Run): Pick<MatrixReport, 'events' | 'judged' | 'handled' | 'rejected' | 'merges' | 'messages' | 'digest'> {
  const all = honest[0]?.events() ?? [];
  const digest = createHash('sha256');
  for (const server of honest)
    for (const stored of server.events()) digest.update(`${server.name} ${stored.event.event_id} ${stored.verdict}\n`);
  return {
    events: all.length,
    judged: honest.reduce((sum, server) => sum + server.events().length, 0),
    handled: honest.reduce((sum, server) => sum + server.received, 0),
    rejected: all.filter((one) => one.verdict === 'rejected').length,
    merges: all.filter((one) => one.event.prev_events.length > 1).length,
    messages: network.messages,
    digest: digest.digest('hex').slice(0, 32),
  };
}

function historyOf({ honest, id }: Run, seed: string, [first]: readonly Finding[]): History {
  const all = new Map(honest.flatMap((server) => server.events().map((stored) => [stored.event.event_id, stored] as const)));
  const stored = [...all.values()].sort((a, b) => a.depth - b.depth);
  const found = first === undefined ? {} : { found: `${first.invariant}: ${first.detail.slice(0, 300)}` };
  return {
    header: { openguild_export: 1, room_id: stored[0]?.event.room_id ?? '', room_version: id, real_signatures: false, seed, ...found },
    pdus: stored.map(({ event }) => event.pdu),
    received: honest.map((server) => ({
      server: server.name,
      events: server.events().map(({ event, verdict }, i) => ({ event_id: event.event_id, ms: i, as: verdict })),
    })),
  };
}
