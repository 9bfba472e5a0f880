import { drawLimits } from './server/drawn-limits.ts';
import { HostileServer } from './hostile/hostile-server.ts';
import type { Numbered } from './parts.ts';
import type { Random } from './environment/random.ts';
import type { SimServer } from './server/server.ts';
import type { World } from './world.ts';

/** What a plan of faults is made for. */
interface Plan {
  readonly world: World;
  readonly random: Random;
  /** Until when things go wrong, milliseconds from now. */
  readonly length: number;
  /** Clients of a server that is up again ask again. */
  readonly restarted: (server: SimServer) => void;
}

/** Draws when and where lines are cut, servers die, go back to a backup or come up as another program, and clocks jump. */
export function planFaults(plan: Plan): void {
  const { shape } = plan.world;
  // Each draws for itself, so that it is the same without the others.
  const times = (count: number, name: Numbered, fault: (plan: Plan) => void): void => {
    for (let i = 0; i < count; i++) if (!shape.without.has(`${name}${i}`)) fault({ ...plan, random: plan.random.fork(`${name}${i}`) });
  };
  times(shape.partitions, 'partition', partition);
  times(shape.crashes, 'crash', crash);
  times(shape.restores, 'restore', restore);
  times(shape.upgrades, 'upgrade', upgrade);
  times(shape.deaths, 'death', die);
  times(shape.clockJumps, 'jump', jump);
  const { world, random } = plan;
  for (let i = 0; i < shape.slowServers; i++) world.network.slow(random.pick(world.servers).name, random.pick([5, 50]));
}

function some({ random, length }: Plan): number {
  return random.int(Math.max(1, length));
}

function partition(plan: Plan): void {
  const { world, random, length } = plan;
  const { network, scheduler, ledger, servers } = world;
  const sides = new Map(servers.map((server) => [server.name, random.chance(0.5)]));
  const oneWay = random.chance(0.3);
  const lines = servers.flatMap((a) =>
    servers
      .filter((b) => sides.get(a.name) !== sides.get(b.name) && (!oneWay || sides.get(a.name) === true))
      .map((b) => [a.name, b.name] as const),
  );
  scheduler.after(some(plan), () => {
    ledger.fault(oneWay ? 'one-way partition' : 'partition');
    for (const [a, b] of lines) network.cut(a, b);
    scheduler.after(random.exponential(length / 3), () => {
      for (const [a, b] of lines) network.join(a, b);
    });
  });
}

function crash(plan: Plan): void {
  const server = plan.random.pick(plan.world.servers);
  plan.world.scheduler.after(some(plan), () => {
    if (server.life === null) return;
    plan.world.ledger.fault('crash');
    server.crash();
    comeBack(plan, server);
  });
}

/** ENG-15: the disk is lost and an older one takes its place. */
function restore(plan: Plan): void {
  const { world, random, length } = plan;
  const server = random.pick(world.honest);
  world.scheduler.after(random.int(Math.max(1, length / 2)), () => {
    const backup = server.disk.backup();
    const [from, madeMs] = [world.ledger.acknowledged.length, world.ledger.elapsed(world.scheduler.now)];
    world.scheduler.after(random.exponential(length / 4), () => {
      if (server.life === null) return;
      world.ledger.fault('old backup');
      server.crash();
      const [to, ms] = [world.ledger.acknowledged.length, world.ledger.elapsed(world.scheduler.now)];
      comeBack(plan, server, async () => {
        await server.restore(backup);
        const rooms = (await server.disk.durable.rooms.list()).map((room) => room.room_id);
        world.ledger.restored.push({ server: server.name, from, to, madeMs, ms, rooms });
      });
    });
  });
}

/** Another version of the program, with other bounds, over a store that was made anew of what the old one wrote. */
function upgrade(plan: Plan): void {
  const { world, random } = plan;
  const server = random.pick(world.servers);
  world.scheduler.after(some(plan), () => {
    if (server.life === null) return;
    world.ledger.fault('upgrade');
    server.crash();
    server.limits = drawLimits(random);
    comeBack(plan, server, () => server.disk.rebuild());
  });
}

/** Down until the end. */
function die(plan: Plan): void {
  const { world, random } = plan;
  const server = random.pick(world.servers);
  world.scheduler.after(some(plan), () => {
    // Nobody would bring it up again.
    if (server.life === null || world.healed) return;
    world.ledger.fault('down for long');
    server.crash();
  });
}

function jump(plan: Plan): void {
  const { world, random } = plan;
  const { skew } = world.shape;
  world.scheduler.after(some(plan), () => {
    world.ledger.fault('clock jump');
    random.pick(world.servers).skew = random.between(-skew, skew);
  });
}

function comeBack(plan: Plan, server: SimServer, before: () => Promise<void> = () => Promise.resolve()): void {
  const { world, random, length } = plan;
  server.repairing = true;
  const start = (): void => {
    server.repairing = false;
    server.start();
    if (!(server instanceof HostileServer)) plan.restarted(server);
  };
  world.scheduler.after(random.exponential(length / 6), () => {
    before().then(start, (error: unknown) => world.ledger.find('no-error', `${server.name} could not be brought back: ${String(error)}`));
  });
}
