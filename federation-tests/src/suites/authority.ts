import { anySteps, makeWorld, type MadeWorld, type Step } from './arbitrary-world.ts';
import { eventLines } from './convergence.ts';
import { judged, stateDifference } from './judge-request.ts';
import { type Suite, Violation } from './suite.ts';

/** AUTH and RES rules: the verdict on every event, and the state after every event and at all heads, are those of the model of the rules. */
export const authority: Suite<readonly Step[]> = {
  name: 'authority',
  share: 0.5,
  cases: anySteps,
  check: async (steps, ask) => {
    const world = makeWorld(steps);
    const standing = world.events.filter((event) => faultOf(world, event.event_id) === null);
    const heads = [...standing.map((event) => [event.event_id]), [...world.heads]];
    const { verdicts, states } = await judged(world.events, heads, ask);
    for (const [id, verdict] of verdicts) {
      const fault = faultOf(world, id);
      const expected = fault === null ? 'accepted' : 'rejected';
      if (verdict !== expected)
        throw new Violation(
          fault ?? 'AUTH',
          `${nameOf(world, id)} is ${verdict}, and should be ${expected}${fault === null ? '' : ` by ${fault}`}`,
        );
    }
    for (const [i, list] of heads.entries()) {
      const expected = new Map([...world.model.at(world.room, list).state].map(([key, id]) => [key.replace('\n', ' '), id]));
      const wrong = stateDifference(expected, states[i] as ReadonlyMap<string, string>);
      if (wrong !== null) throw new Violation('RES-7', `the state at ${list.map((id) => nameOf(world, id)).join(', ')}: ${wrong}`);
    }
  },
  show: (steps) => {
    const world = makeWorld(steps);
    return ['the base guild of ADAPTERS.md, and then:', ...world.story.map((line) => `  ${line}`), ...eventLines(world)];
  },
};

function faultOf({ model }: MadeWorld, id: string): string | null {
  return model.records.get(id)?.fault ?? null;
}

/** Events after the base by their names in the story. */
function nameOf({ events, story }: MadeWorld, id: string): string {
  const n = events.findIndex((event) => event.event_id === id) - (events.length - story.length);
  return n < 0 ? `${id} of the base` : `e${n} (${id})`;
}
