import type { ModelEvent } from '../model/event.ts';
import { selection } from '../model/selection.ts';
import { Keyring } from '../sim/environment/keyring.ts';
import { type Act, BaseGuild, type Deed } from './base-guild.ts';
import { sketchOf } from './event-maker.ts';
import { brokenInvariants } from './invariants.ts';
import { V21Model } from './v21-model.ts';
import { headsOf, idsOf, type Subject, type World } from './world.ts';

const ROOM = '!guild:a.example';

/** The same acts on the same base under a resolution in the manner of v2.1. Events have no bytes here: their IDs are names. */
export class Contrast implements Subject<V21Model> {
  readonly acts: readonly Act[];
  readonly baseEnd: string;
  readonly base = new V21Model();
  readonly #size: number;

  /** `only`: names of the acts to try, if not all. */
  constructor(only?: readonly string[]) {
    const guild = new BaseGuild(new Keyring(false));
    this.acts = guild.actsOf(only);
    this.base.receive({ ...sketchOf(guild.create, ROOM, { prev: [], tick: 0 }), id: 'b00' });
    const prev = ['b00'];
    for (const act of guild.base) {
      const tick = this.base.records.size;
      const id = `b${String(tick).padStart(2, '0')}`;
      if (this.base.receive(this.#event(this.base, act, prev, tick, id)) !== null) throw new Error(`the base is rejected: ${act.name}`);
      prev[0] = id;
    }
    this.#size = this.base.records.size;
    this.baseEnd = prev[0] as string;
  }

  add(known: V21Model, world: World, act: Act, prev: readonly string[]): { readonly id: string; readonly knowledge: V21Model } | null {
    const id = `e${world.ids.length}`;
    const event = this.#event(known, act, prev, this.#size + world.ids.length, id);
    const knowledge = known.fork();
    return knowledge.receive(event) === null ? { id, knowledge } : null;
  }

  faults(known: V21Model, world: World): readonly string[] {
    const heads = idsOf(headsOf(world), world);
    return [...brokenInvariants(known, ROOM, this.baseEnd, world.ids), ...(heads.length < 3 ? [] : this.#mergedInSteps(known, heads))];
  }

  #mergedInSteps(known: V21Model, heads: readonly string[]): string[] {
    const expected = known.stateAt(heads);
    return heads.flatMap((last) => {
      const first = known.stateAt(heads.filter((id) => id !== last));
      const state = known.merge([first, known.stateAt([last])]);
      const same = state.size === expected.size && [...state].every(([key, id]) => expected.get(key) === id);
      return same ? [] : [`merge-order: all but ${last} merged first give another state`];
    });
  }

  #event(model: V21Model, act: Act, prev: readonly string[], tick: number, id: string): ModelEvent {
    const view = model.viewOf(model.stateAt(prev));
    const deed: Deed = act.deed((type, stateKey) => view.get(type, stateKey), ROOM);
    const sketch = sketchOf(deed, ROOM, { prev, tick });
    return { ...sketch, id, auth: selection(sketch, model.viewOf(model.stateAt(prev))) };
  }
}
