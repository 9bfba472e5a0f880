import { resolveHierarchical, type ResolutionTrace } from '@openguild/state-resolution';
import { expect } from 'chai';
import fc from 'fast-check';
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
});
