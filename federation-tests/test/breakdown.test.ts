import { expect } from 'chai';
import type { Canary } from '../src/canary/canary.ts';
import { tried } from './tried.ts';

/** Engines that break down, or let nothing begin; and so many events tell it at most. */
const ENGINES: readonly (Canary & { readonly most: number })[] = [
  {
    ...{ name: 'allows no create event', file: 'core/dist/auth/rules-create.js', most: 1 },
    ...{ find: 'event.prev_events.length === 0,', put: 'event.prev_events.length === 1,' },
  },
  {
    ...{ name: 'lets nobody join', file: 'core/dist/auth/rules-membership.js', most: 2 },
    ...{ find: 'function join(c) {', put: "function join(c) { return { rule: 'AUTH-3.1', detail: 'nobody' };" },
  },
  {
    ...{ name: 'breaks down over memberships', file: 'core/dist/auth/members.js', most: 3 },
    ...{ find: 'export function membershipOf(view, user) {', put: '$&throw new Error("broken");' },
  },
  {
    ...{ name: 'cannot resolve', file: 'core/dist/room/resolver.js', most: 12 },
    ...{ find: '    #hierarchical(heads, trace) {', put: '$&throw new Error("broken");' },
  },
  {
    ...{ name: 'puts nothing into a state', file: 'core/dist/state/state-map.js', most: 1, matrix: true as const },
    ...{ find: '    with(changes) {', put: '$&throw new Error("broken");' },
  },
  {
    ...{ name: 'cannot resolve rooms of Matrix versions', file: 'core/dist/room/matrix-rules.js', most: 8, matrix: true as const },
    ...{ find: '    resolve(heads, trace) {', put: '$&throw new Error("broken");' },
  },
].map((engine) => ({ ...engine, put: engine.put.replace('$&', engine.find) }));

describe('an engine that', function () {
  this.timeout(120_000);

  for (const engine of ENGINES)
    it(`${engine.name} is found, and told by few events`, async () => {
      const { by, events } = await tried(engine, { seed: 'breakdown', histories: 20, minutes: 0.5 });
      expect(by).to.equal('no-error');
      expect(events?.left).to.be.within(1, engine.most);
    });
});
