import { resolveHierarchical, type ResolutionTrace } from '@openguild/state-resolution';
import { expect } from 'chai';
import fc from 'fast-check';
import { nativeRules } from '../../src/auth/native-rules.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import { type History, readHistories } from './history-file.ts';
import { differences, ReplayWorld } from './history-harness.ts';

describe('resolution of real regions', () => {
  it('depends on the set of events, not on the order in which they are given (RES-7)', async function () {
    this.timeout(60_000);
    const histories: History[] = [];
    for await (const history of readHistories(50)) histories.push(history);
    const resolved = histories.map((history) => {
      const world = new ReplayWorld(history.rooms);
      differences(history, world);
      const room = Object.entries(history.rooms).find(([, kind]) => kind !== 'channel')?.[0] as string;
      return { world, room, region: world.region(world.past(world.heads(room))) };
    });
    const outcome = ({ world, room }: (typeof resolved)[number], region: ReturnType<ReplayWorld['region']>): string => {
      const trace: ResolutionTrace = { events: [], keys: [] };
      const { changes, void: without, reasons } = resolveHierarchical({ region, base: world.base(room) }, world.rules(room), trace);
      return JSON.stringify([[...changes].map(([key, event]) => [key, event.event_id]), [...without], [...reasons], trace]);
    };
    const wanted = resolved.map((one) => outcome(one, one.region));
    fc.assert(
      fc.property(fc.nat(resolved.length - 1), fc.infiniteStream(fc.double({ min: 0, max: 1, noNaN: true })), (n, chance) => {
        const one = resolved[n] as (typeof resolved)[number];
        const keyed = one.region.map((node) => ({ node, at: chance.next().value as number }));
        const shuffled = keyed.sort((a, b) => a.at - b.at).map(({ node }) => node);
        expect(outcome(one, shuffled)).to.equal(wanted[n]);
      }),
      { numRuns: 300, verbose: 1 },
    );
  });

  it('needs only what comes after the last event comparable with all (RES-9)', async () => {
    let checked = 0;
    for await (const history of readHistories(10)) {
      const world = new ReplayWorld(history.rooms);
      differences(history, world);
      const room = Object.entries(history.rooms).find(([, kind]) => kind !== 'channel')?.[0] as string;
      const merging = history.events.filter((e) => e.room === room && e.prev.length > 1 && world.one(e.id).rule === null);
      for (const { id } of merging.slice(-5)) {
        fromLastCut(world, room, [...world.one(id).past]);
        checked++;
      }
    }
    expect(checked).to.be.greaterThan(200);
  });
});

/** Resolves from the last event comparable with all of these, and expects what resolving from the create event gives. */
function fromLastCut(world: ReplayWorld, room: string, all: readonly string[]): void {
  const pastOf = (id: string): ReadonlySet<string> => world.one(id).past;
  const cuts = all.filter((id) => all.every((other) => other === id || pastOf(id).has(other) || pastOf(other).has(id)));
  const cut = cuts.sort((a, b) => pastOf(a).size - pastOf(b).size).at(-1) as string;
  const atCut = world.resolved(room, [cut]);
  const eventAt = (key: string): RoomEvent | undefined => {
    const id = atCut.state.get(key);
    return id === undefined ? undefined : world.one(id).event;
  };
  const region = world.region(all.filter((id) => id !== cut && !pastOf(cut).has(id)));
  const rules = nativeRules(world.one(cut).kind === 'plain' ? 'plain' : 'guild', eventAt, (id) => world.one(id).event);
  const { changes, void: without } = resolveHierarchical({ region, base: eventAt }, rules);
  const whole = world.resolvedSet(room, new Set(all));
  const merged = new Map([...atCut.state, ...[...changes].map(([key, event]) => [key, event.event_id] as const)]);
  expect(merged, cut).to.deep.equal(new Map(whole.state));
  expect(new Set([...atCut.void, ...without]), cut).to.deep.equal(whole.void);
  expect(region.length).to.be.greaterThan(1);
}
