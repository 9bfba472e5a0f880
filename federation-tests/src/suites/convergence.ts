import type { RoomEvent } from '@openguild/core';
import fc from 'fast-check';
import { anySteps, makeWorld, type MadeWorld, type Step } from './arbitrary-world.ts';
import { judged, type Judgement, stateDifference } from './judge-request.ts';
import { type Suite, Violation } from './suite.ts';

interface Case {
  readonly steps: readonly Step[];
  /** Sort keys of the other order. */
  readonly order: readonly number[];
}

/** ENG-8, RES-7: any order and duplication of one set of events gives the same verdict on each, and the same state at any heads. Nothing is said of which. */
export const convergence: Suite<Case> = {
  name: 'convergence',
  share: 0.25,
  cases: fc.record({ steps: anySteps, order: fc.array(fc.nat({ max: 1_000 }), { minLength: 8, maxLength: 8 }) }),
  check: async ({ steps, order }, ask) => {
    const world = makeWorld(steps);
    const heads = [
      ...world.events.filter((event) => stands(world, event)).map((event) => [event.event_id]),
      [...world.heads],
      [...world.heads].reverse(),
    ];
    const straight = await judged(world.events, heads, ask);
    const other = shuffled(world.events, order);
    expectSame(straight, await judged(other, heads, ask), heads, 'in another order of delivery');
    expectSame(
      straight,
      await judged(
        other.flatMap((event) => [event, event]),
        heads,
        ask,
      ),
      heads,
      'with every event delivered twice',
    );
    const [atHeads, reversed] = straight.states.slice(-2) as [ReadonlyMap<string, string>, ReadonlyMap<string, string>];
    const wrong = stateDifference(atHeads, reversed);
    if (wrong !== null) throw new Violation('RES-7', `the order in which heads are named changes the state: ${wrong}`);
  },
  show: ({ steps, order }) => {
    const world = makeWorld(steps);
    const place = new Map(world.events.map((event, i) => [event, i - (world.events.length - world.story.length)]));
    const names = shuffled(world.events, order).map((event) => place.get(event) as number);
    return [
      'the base guild of ADAPTERS.md, and then:',
      ...world.story.map((line) => `  ${line}`),
      `the other order: the base, ${names
        .filter((n) => n >= 0)
        .map((n) => `e${n}`)
        .join(', ')}`,
      ...eventLines(world),
    ];
  },
};

export function eventLines(world: MadeWorld): string[] {
  return ['the events, one a line:', ...world.events.map((event) => JSON.stringify(event.pdu))];
}

function stands({ model }: MadeWorld, event: RoomEvent): boolean {
  return model.records.get(event.event_id)?.fault === null;
}

function expectSame(expected: Judgement, got: Judgement, heads: readonly (readonly string[])[], when: string): void {
  for (const [id, verdict] of expected.verdicts)
    if (got.verdicts.get(id) !== verdict) throw new Violation('ENG-8', `${id} is ${verdict}, and ${got.verdicts.get(id)} ${when}`);
  for (const [i, state] of expected.states.entries()) {
    const wrong = stateDifference(state, got.states[i] as ReadonlyMap<string, string>);
    if (wrong !== null) throw new Violation('RES-7', `${when} the state at ${(heads[i] ?? []).join(', ')} is another: ${wrong} as before`);
  }
}

/** Another order in which everything cited comes first. */
function shuffled(events: readonly RoomEvent[], keys: readonly number[]): RoomEvent[] {
  const left = events.map((event, i) => ({ event, key: keys[i % keys.length] ?? 0 })).sort((a, b) => a.key - b.key);
  const done = new Set<string>();
  const out: RoomEvent[] = [];
  while (left.length > 0) {
    const next = left.findIndex(({ event }) => [...event.prev_events, ...event.auth_events].every((id) => done.has(id)));
    const [taken] = left.splice(next, 1);
    if (next === -1 || taken === undefined) throw new Error('events without their past');
    const { event } = taken;
    done.add(event.event_id);
    out.push(event);
  }
  return out;
}
