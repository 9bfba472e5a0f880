import { checkAll, checkAsFarAsItCame } from '../check/check-all.ts';
import { begin, settle } from './begin.ts';
import { planFaults } from './faults.ts';
import { Feuds } from './people/feuds.ts';
import { HostileServer } from './hostile/hostile-server.ts';
import { Hostile } from './hostile/hostility.ts';
import { type Finding, Ledger } from './ledger.ts';
import { Random } from './environment/random.ts';
import { LivelockError } from './environment/scheduler.ts';
import { drawShape, type Shape, type ShapeOptions } from './shape.ts';
import { Workload } from './people/workload.ts';
import { World } from './world.ts';

/**
 * After everything is healed: until when the last event must have come, virtual milliseconds. Runs need up to some three minutes; where a hostile server has left branches
 * that nobody takes in, merges at ever longer intervals may go on for more than an hour.
 */
const QUIET_WITHIN = 5 * 3_600_000;
/** Longer than any wait of the federation rules but the hourly ones. */
const QUIET = 30 * 60_000;
/** Distinct events that may still be made after healing and after what slow disks still had before them: merges mostly. Runs need up to some fifteen, those with hostile servers forty. */
const MADE_WITHIN = 200;
/** By then slow disks have written what waited for them. */
const BACKLOG = 60_000;
/** Tasks of the scheduler for each event (that there is, or an act may still make) and server: runs need up to three while things go wrong, and one to heal. */
const [STEPS_IN_TROUBLE, STEPS_TO_HEAL] = [10, 5];

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
  try {
    if (await ends(world)) await checkAll(world);
  } catch (error) {
    // Where the engine is broken anything may break down, the beginning among it.
    await checkAsFarAsItCame(world);
    ledger.broke('the run broke down', error);
  }
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

/** The run from its beginning until it comes to rest; false, and a finding, if it goes round in a circle instead. */
async function ends(world: World): Promise<boolean> {
  try {
    limitSteps(world);
    await begin(world);
    await trouble(world);
    return await heal(world);
  } catch (error) {
    if (!(error instanceof LivelockError)) throw error;
    const { ledger, scheduler, servers } = world;
    ledger.find('liveness', `${error.message} for ${ledger.events.size} events on ${servers.length} servers, at ${scheduler.now}`);
    return false;
  }
}

/** From here on only so many steps are made as the events that there are can explain. */
function limitSteps({ scheduler, ledger, shape }: World, each = STEPS_IN_TROUBLE): void {
  scheduler.lastStep = scheduler.steps + each * (ledger.events.size + shape.acts + 100) * shape.servers;
}

/** The part in which everything goes wrong that the shape says. */
async function trouble(world: World): Promise<void> {
  const { shape, scheduler, network } = world;
  const random = world.random.fork('trouble');
  const workload = new Workload(world);
  const hostile = world.servers.filter((server) => server instanceof HostileServer).map((server) => new Hostile(server));
  network.weather = shape.weather;
  const length = shape.acts * shape.pace;
  const feuds = new Feuds(world, workload);
  let told = shape.feuds === 0 ? Infinity : 0;
  for (const server of world.servers) {
    server.disk.latency = shape.diskLatency;
    server.disk.failing = server.hostile ? 0 : shape.diskFailing;
    if (shape.skew > 0) server.skew = random.between(-shape.skew, shape.skew);
  }
  planFaults({ world, random, length, restarted: (server) => void guarded(world, workload.retry(server)) });
  for (let i = 0; i < shape.acts; i++) {
    limitSteps(world);
    const own = random.fork(`act${i}`);
    await scheduler.runUntil(scheduler.now + own.exponential(shape.pace));
    const evil = hostile.length > 0 && own.chance(shape.malice) ? own.pick(hostile) : undefined;
    const act = (): Promise<void> => (evil === undefined ? workload.act(own) : evil.act(own.weighted(shape.hostilities)));
    if (!shape.without.has(`act${i}`)) void guarded(world, act());
    await scheduler.drain();
    if (i * shape.feuds < told * shape.acts) continue;
    const story = told++;
    if (!shape.without.has(`feud${story}`)) await settle(world, guarded(world, feuds.one(random.fork(`feud${story}`))));
  }
  await scheduler.runUntil(scheduler.now + 2_000);
}

/** All lines joined, all servers up, nobody does harm any more: from here on everything must come right by itself. False if it does not come to rest. */
async function heal(world: World): Promise<boolean> {
  limitSteps(world, STEPS_TO_HEAL);
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
  let made = ledger.events.size;
  const tooLate = (): boolean => ledger.lastCommit >= healed + QUIET_WITHIN || ledger.events.size > made + MADE_WITHIN;
  while (scheduler.now < Math.max(healed, ledger.lastCommit) + QUIET && !tooLate()) {
    if (!(await scheduler.step())) break;
    if (scheduler.now < healed + BACKLOG) made = ledger.events.size;
  }
  if (!tooLate()) return true;
  const seconds = (ledger.lastCommit - healed) / 1_000;
  ledger.find('liveness', `still making events ${seconds} virtual seconds after healing, ${ledger.events.size - made} since then`);
  return false;
}

async function guarded(world: World, work: Promise<unknown>): Promise<void> {
  await work.catch((error: unknown) => {
    if (
      error instanceof Error &&
      (error.name === 'StoreFailedError' || (error.cause instanceof Error && error.cause.name === 'StoreFailedError'))
    )
      return;
    world.ledger.broke('an act failed', error);
  });
}
