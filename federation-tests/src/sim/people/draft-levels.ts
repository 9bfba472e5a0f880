import type { JsonObject, JsonValue } from '@openguild/core';
import { stateWish, type Wish, type Wisher } from './state-now.ts';

/** The power levels of a plain room. */
export function levels(wisher: Wisher, target: string): Wish {
  const { random, now: state } = wisher;
  const now = state.get('m.room.power_levels')?.content ?? {};
  const users: Record<string, JsonValue> = { ...(now['users'] as JsonObject | undefined), [target]: random.pick([0, 10, 50, 60, 90]) };
  if (random.chance(0.15)) delete users[target];
  const content: Record<string, JsonValue> = { ...now, users };
  if (random.chance(0.3))
    content[random.pick(['ban', 'kick', 'invite', 'state_default', 'events_default', 'users_default', 'admit'])] = random.pick([
      0, 10, 50, 60,
    ]);
  if (random.chance(0.1)) content['users_default'] = random.pick([0, 10, 50]);
  if (random.chance(0.2)) content['events'] = { 'm.room.topic': random.pick([0, 50, 90]), 'm.room.message': random.pick([0, 0, 10]) };
  return stateWish(wisher, 'm.room.power_levels', '', content);
}
