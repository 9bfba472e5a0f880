import { type StoredEvent, voidsBy } from '@openguild/core';
import { BIT } from '../model/event.ts';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import { channelBits, membership } from '../model/standing.ts';
import type { SimServer } from '../sim/server/server.ts';
import type { World } from '../sim/world.ts';
import { allOf } from './convergence.ts';

/**
 * Only what an entitled user did has effect: the independent model judges every event that any server stored, and comes to the same verdict, rule,
 * rank, void events and states.
 */
export async function checkByModel(world: World): Promise<Model> {
  const model = new Model();
  for (const roomId of [world.mainRoom, ...world.channels]) {
    const known = await everything(world, roomId);
    const byId = new Map(known.map(({ stored }) => [stored.event.event_id, stored]));
    for (const { stored, by } of known) {
      const { event } = stored;
      const fault = model.receive(modelEvent(event, (check) => world.isSigned(check)));
      const engine = stored.verdict === 'rejected' ? (stored.fault?.rule ?? 'no rule') : null;
      if (fault !== engine) {
        const invariant = (fault === null) === (engine === null) ? 'rule' : 'authority';
        const say = (rule: string | null): string => (rule === null ? 'accepts it' : `rejects it by ${rule}`);
        world.ledger.find(
          invariant,
          `${event.type} ${event.event_id} of ${event.sender}: the engine ${say(engine)}, the model ${say(fault)}`,
          event.event_id,
        );
        // What follows would only repeat it.
        if (invariant === 'authority') return model;
        continue;
      }
      if (fault === null) await compareStates(world, model, stored, by, byId);
    }
    judgeLost(world, model, roomId);
    await compareEnds(world, model, roomId);
  }
  for (const [rule, times] of model.reached) world.ledger.coverage.set(rule, (world.ledger.coverage.get(rule) ?? 0) + times);
  return model;
}

async function compareStates(
  world: World,
  model: Model,
  stored: StoredEvent,
  by: SimServer,
  byId: ReadonlyMap<string, StoredEvent>,
): Promise<void> {
  const { event } = stored;
  const judged = model.records.get(event.event_id);
  if (judged === undefined) return;
  if (judged.rank !== stored.rank)
    world.ledger.find('rank', `${event.event_id} ranks ${stored.rank}, by the model ${judged.rank}`, event.event_id);
  const voids = [...judged.voidBefore].sort(ascii).join(' ');
  const kept = [...voidsBy(stored.void_delta, (id) => byId.get(id) as StoredEvent)].sort(ascii).join(' ');
  if (voids !== kept) world.ledger.find('void', `before ${event.event_id} these are void: ${kept}; by the model ${voids}`, event.event_id);
  if (event.prev_events.length < 2) return;
  const state = (await by.disk.durable.rooms.stateAfter(event.room_id, event.event_id)) ?? [];
  const engine = state.map((entry) => entry.join(' ')).sort(ascii);
  const own = model.at(event.room_id, event.prev_events).state;
  const expected = new Map(own);
  if (event.state_key !== undefined) expected.set(`${event.type}\n${event.state_key}`, event.event_id);
  const theirs = [...expected].map(([key, id]) => `${key.replace('\n', ' ')} ${id}`).sort(ascii);
  const wrong = engine.find((line) => !theirs.includes(line)) ?? theirs.find((line) => !engine.includes(line));
  if (wrong !== undefined) world.ledger.find('state', `the states after ${event.event_id} differ at: ${wrong}`, event.event_id);
}

/** Events that only a server had which then went back to a backup: nobody has them, but what it did before it did by them. */
function judgeLost(world: World, model: Model, roomId: string): void {
  for (const event of world.ledger.events.values())
    if (event.room_id === roomId && !model.records.has(event.event_id) && event.prev_events.every((id) => model.records.has(id)))
      model.receive(modelEvent(event, (check) => world.isSigned(check)));
}

/** The state where a room ends, which no event may have in its past yet. */
async function compareEnds(world: World, model: Model, roomId: string): Promise<void> {
  for (const server of world.honest) {
    const room = await server.disk.durable.rooms.open(roomId);
    if (room === undefined || server.life === null) continue;
    const state = await server.life.runner.ask(roomId, (each) => each.currentState());
    const engine = [...state.entries()].map((entry) => entry.join(' ')).sort(ascii);
    const theirs = [...model.at(roomId, room.extremities).state].map(([key, id]) => `${key.replace('\n', ' ')} ${id}`).sort(ascii);
    const wrong = engine.find((line) => !theirs.includes(line)) ?? theirs.find((line) => !engine.includes(line));
    if (wrong !== undefined) world.ledger.find('state', `where ${roomId} ends on ${server.name} the states differ at: ${wrong}`);
  }
}

/** Nobody receives what he may not see: a server that was given a channel event whole had a member who may view it, when it was given or at the event. */
export function checkDisclosures(world: World, model: Model): void {
  const answers = new Map<string, boolean>();
  for (const { from, to, room_id, event_id, heads } of world.ledger.disclosures) {
    const event = model.records.get(event_id)?.event;
    const users = world.servers.find((server) => server.name === to)?.users ?? [];
    if (event === undefined) continue;
    const may = [event.guildHeads, ...heads].some((at) => {
      if (!at.every((id) => model.records.get(id)?.fault === null)) return false;
      const name = `${to} ${room_id} ${at.join(' ')}`;
      let answer = answers.get(name);
      if (answer === undefined) {
        const view = model.viewAt(world.mainRoom, at);
        answer = users.some((user) => membership(view, user) === 'join' && (channelBits(view, user, room_id, true) & BIT.view) !== 0n);
        answers.set(name, answer);
      }
      return answer;
    });
    if (!may) world.ledger.find('disclosure', `${from} gave ${event_id} of ${room_id} to ${to}, where nobody may view it`, event_id);
  }
}

/** Every event that some server stored, what is cited before what cites it. */
async function everything(world: World, roomId: string): Promise<{ readonly stored: StoredEvent; readonly by: SimServer }[]> {
  const found = new Map<string, { readonly stored: StoredEvent; readonly by: SimServer }>();
  for (const by of world.servers)
    for (const stored of await allOf(by, roomId)) if (!found.has(stored.event.event_id)) found.set(stored.event.event_id, { stored, by });
  return [...found.values()].sort((a, b) => a.stored.depth - b.stored.depth || ascii(a.stored.event.event_id, b.stored.event.event_id));
}

function ascii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
