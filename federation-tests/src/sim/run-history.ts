import { checkAll } from '../check/check-all.ts';
import { begin } from './begin.ts';
import { planFaults } from './faults.ts';
import { HostileServer } from './hostile-server.ts';
import { Hostile } from './hostility.ts';
import { type Finding, Ledger } from './ledger.ts';
import { Random } from './random.ts';
import { drawShape, type Shape, type ShapeOptions } from './shape.ts';
import { Workload } from './workload.ts';
import { World } from './world.ts';

/** After everything is healed: until when the last event must have come, virtual milliseconds, and how many steps that may take. */
const QUIET_WITHIN = 2 * 3_600_000;
/** Longer than any wait of the federation rules but the hourly ones. */
const QUIET = 30 * 60_000;
const MAX_STEPS = 400_000;

/** What came of one run. */
export interface HistoryReport {
  readonly seed: string;
  readonly shape: Shape;
  readonly findings: readonly Finding[];
  /** Distinct events of the history, rejected ones among them. */
  readonly events: number;
  /** Verdicts over all servers: each judges each event for itself. */
  readonly judged: number;
  /** Copies taken in, known ones among them, and events made, over all servers. */
  readonly handled: number;
  readonly messages: number;
  readonly virtualMs: number;
  readonly digest: string;
  readonly ledger: Ledger;
  readonly world: World;
}

export interface HistoryOptions extends ShapeOptions {
  /** Called with every line that goes into the digest. */
  readonly verbose?: (line: string) => void;
  /** Every server reads every copy itself, whatever was read before. Slower, and otherwise the same run. */
  readonly uncached?: boolean;
}

/** One seed, one run: the same every time. */
export async function runHistory(seed: string, options: HistoryOptions): Promise<HistoryReport> {
  const random = new Random(seed);
  const shape = drawShape(random.fork('shape'), options);
  const ledger = new Ledger(options.verbose ?? null);
  const world = new World(random, shape, ledger, options.uncached ?? false);
  const started = world.scheduler.now;
  await begin(world);
  await trouble(world);
  await heal(world);
  await checkAll(world);
  for (const server of world.servers) server.crash();
  return {
    seed,
    shape,
    findings: ledger.findings,
    events: ledger.events.size,
    judged: ledger.judged,
    handled: ledger.handled,
    messages: world.network.messages,
    virtualMs: world.scheduler.now - started,
    digest: ledger.digest(),
    ledger,
    world,
  };
}

/** The part in which everything goes wrong that the shape says. */
async function trouble(world: World): Promise<void> {
  const { shape, scheduler, network } = world;
  const random = world.random.fork('trouble');
  const workload = new Workload(world);
  const hostile = world.servers.filter((server) => server instanceof HostileServer).map((server) => new Hostile(server));
  network.weather = shape.weather;
  const length = shape.acts * shape.pace;
  for (const server of world.servers) {
    server.disk.latency = shape.diskLatency;
    server.disk.failing = server.hostile ? 0 : shape.diskFailing;
    if (shape.skew > 0) server.skew = random.between(-shape.skew, shape.skew);
  }
  planFaults({ world, random, length, restarted: (server) => guarded(world, workload.retry(server)) });
  for (let i = 0; i < shape.acts; i++) {
    await scheduler.runUntil(scheduler.now + random.exponential(shape.pace), MAX_STEPS);
    const evil = hostile.length > 0 && random.chance(shape.malice) ? random.pick(hostile) : undefined;
    guarded(world, evil === undefined ? workload.act() : evil.act(random.weighted(shape.hostilities)));
    await scheduler.drain();
  }
  await scheduler.runUntil(scheduler.now + 2_000, MAX_STEPS);
}

/** All lines joined, all servers up, nobody does harm any more: from here on everything must come right by itself. */
async function heal(world: World): Promise<void> {
  const { scheduler, network, ledger } = world;
  // Whoever is being brought back comes by himself.
  while (world.servers.some((server) => server.repairing)) if (!(await scheduler.step())) break;
  network.heal();
  world.healed = true;
  for (const server of world.servers) {
    server.disk.failing = 0;
    server.disk.latency = 0;
    if (server instanceof HostileServer) server.tame = true;
    server.start();
  }
  const healed = scheduler.now;
  const lastStep = scheduler.steps + MAX_STEPS;
  while (
    scheduler.steps < lastStep &&
    scheduler.now < Math.max(healed, ledger.lastCommit) + QUIET &&
    ledger.lastCommit < healed + QUIET_WITHIN
  )
    if (!(await scheduler.step())) break;
  if (ledger.lastCommit >= healed + QUIET_WITHIN || scheduler.steps >= lastStep)
    ledger.find(
      'liveness',
      `still making events ${(ledger.lastCommit - healed) / 1000} virtual seconds and ${scheduler.steps} steps after healing`,
    );
}

function guarded(world: World, work: Promise<unknown>): void {
  work.catch((error: unknown) => {
    if (
      error instanceof Error &&
      (error.name === 'StoreFailedError' || (error.cause instanceof Error && error.cause.name === 'StoreFailedError'))
    )
      return;
    world.ledger.find('no-error', `an act failed: ${error instanceof Error ? error.stack : String(error)}`);
  });
}
