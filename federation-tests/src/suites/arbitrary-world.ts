import { NATIVE_VERSION, type RoomEvent, serverOf, utf8Compare } from '@openguild/core';
import fc from 'fast-check';
import { type Act, BaseGuild, type Deed, PEOPLE } from '../enumerate/base-guild.ts';
import { EventMaker, sketchOf } from '../enumerate/event-maker.ts';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import { selection } from '../model/selection.ts';
import { Keyring } from '../sim/environment/keyring.ts';

const MAX_ACTS = 7;
const keyring = new Keyring(true);
const guild = new BaseGuild(keyring);
const ACTS = guild.acts;
const PERSONS = Object.values(PEOPLE);

/** One act after the base guild. */
export interface Step {
  /** Which of the acts. */
  readonly act: number;
  /** 0: by whoever does it in the list; else by another person, entitled or not. */
  readonly by: number;
  /** A set of earlier steps, as bits, that it follows; none: the end of the base. */
  readonly after: number;
  /** Whether it may follow rejected events. */
  readonly reckless: boolean;
}

export const anySteps: fc.Arbitrary<readonly Step[]> = fc.array(
  fc.record({
    act: fc.nat({ max: ACTS.length - 1 }),
    by: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: 1, max: PERSONS.length }) }),
    after: fc.nat({ max: (1 << MAX_ACTS) - 1 }),
    reckless: fc.oneof({ weight: 6, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
  }),
  { minLength: 1, maxLength: MAX_ACTS },
);

/** A guild's events, everything cited first, and what must become of each. */
export interface MadeWorld {
  readonly events: readonly RoomEvent[];
  /** In words, one for each event after the base. */
  readonly story: readonly string[];
  readonly model: Model;
  readonly room: string;
  /** Accepted events that no accepted event follows. */
  readonly heads: readonly string[];
}

/** Real events, hashed and signed with real keys, of the steps; judged by the model of the rules. */
export function makeWorld(steps: readonly Step[]): MadeWorld {
  const maker = new EventMaker(NATIVE_VERSION);
  const model = new Model();
  const events: RoomEvent[] = [];
  const enter = (event: RoomEvent): string | null => {
    events.push(event);
    return model.receive(modelEvent(event, () => true));
  };
  const first = maker.make(guild.create, undefined, { prev: [], tick: 0 }, []);
  enter(first);
  const room = first.room_id;
  const build = (deedOf: Act['deed'], prev: readonly string[], by: string | null): RoomEvent => {
    const view = model.viewAt(room, prev);
    const deed = doneBy(
      deedOf((type, stateKey) => view.get(type, stateKey), room),
      by,
    );
    const place = { prev, tick: events.length };
    const stands = prev.every((id) => model.records.get(id)?.fault === null);
    return maker.make(deed, room, place, stands ? selection(sketchOf(deed, room, place), view) : []);
  };
  for (const act of guild.base) enter(build(act.deed, [(events.at(-1) as RoomEvent).event_id], null));
  const base = (events.at(-1) as RoomEvent).event_id;
  const made: { readonly id: string; readonly fault: string | null }[] = [];
  const story: string[] = [];
  for (const { act: number, by, after, reckless } of steps) {
    const act = ACTS[number % ACTS.length] as Act;
    const picked = made.filter((one, i) => (after & (1 << i)) !== 0 && (reckless || one.fault === null));
    const person = by === 0 ? null : (PERSONS[by - 1] ?? null);
    const prev = lastOf(
      picked.map((one) => one.id),
      model,
    );
    const event = build(act.deed, prev.length === 0 ? [base] : prev, person);
    if (events.some((one) => one.event_id === event.event_id)) continue;
    const fault = enter(event);
    const follows = prev.length === 0 ? 'the base' : prev.map((id) => `e${made.findIndex((one) => one.id === id)}`).join(', ');
    story.push(
      `e${made.length} ${act.name}${person === null ? '' : ` (sent by ${person})`} after ${follows}: ${fault === null ? 'accepted' : `rejected by ${fault}`}`,
    );
    made.push({ id: event.event_id, fault });
  }
  const standing = made.filter((one) => one.fault === null).map((one) => one.id);
  return { events, story, model, room, heads: standing.length === 0 ? [base] : lastOf(standing, model) };
}

/** Those that none of the others has in its past, sorted as events cite them. */
function lastOf(ids: readonly string[], model: Model): string[] {
  return ids.filter((id) => !ids.some((other) => other !== id && model.records.get(other)?.past.has(id) === true)).sort(utf8Compare);
}

function doneBy(deed: Deed, person: string | null): Deed {
  if (person === null || deed.sender.startsWith('@:')) return deed;
  return { ...deed, sender: person, signers: [keyring.signer(`${serverOf(person)}/k1`)] };
}
