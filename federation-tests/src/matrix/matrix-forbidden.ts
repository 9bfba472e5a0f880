import type { JsonObject, RoomEvent } from '@openguild/core';
import type { Random } from '../sim/environment/random.ts';
import { MatrixState } from './matrix-acts.ts';
import type { MatrixLife } from './matrix-life.ts';
import type { Wish } from './matrix-server.ts';
import { entryOf } from './model/event.ts';
import { selectedEntries } from './model/rules.ts';

/** Events that are rejected for certain, by a reading of the rules that asks the engine for nothing but the state. */

/** Authorization rules, "Considering the event's auth_events": one too many, or one that must be there left out. */
export function wrongAuthEvents(random: Random, life: MatrixLife, wish: Wish, versionId: string): RoomEvent | undefined {
  const right = life.authOf(wish, life.heads);
  const state = life.state(life.heads);
  const wanted = selectedEntries({ ...wish, stateKey: wish.state_key }, Number(versionId));
  const others = [...state.entries()].filter(([type, key]) => !wanted.has(entryOf(type, key)));
  const needed = [
    ...(Number(versionId) < 12 ? [state.get('m.room.create', '')] : []),
    notJoining(wish) ? state.get('m.room.member', wish.sender) : undefined,
  ];
  const left = needed.filter((id) => id !== undefined);
  if (others.length > 0 && (left.length === 0 || random.chance(0.5))) return life.craft(wish, { auth: [...right, random.pick(others)[2]] });
  if (left.length === 0) return undefined;
  const out = random.pick(left);
  return life.craft(wish, { auth: right.filter((id) => id !== out) });
}

/** Who does this must be in the room by what is cited. */
function notJoining({ type, sender, state_key: target }: Wish): boolean {
  return type !== 'm.room.member' || target !== sender;
}

/** Something that its maker may not do: more power than his, somebody above or beside him thrown out, a state event above him, a word from outside. */
export function forbiddenAct(random: Random, life: MatrixLife, own: readonly string[], users: readonly string[]): RoomEvent | undefined {
  const now = new MatrixState(life);
  const levels = now.get('m.room.power_levels');
  if (levels === undefined) return undefined;
  const level = (user: string): number => levelOf(levels, user);
  // Mostly by whoever may do most, so that one rule alone forbids it.
  const sender = random.chance(0.3) ? random.pick(own) : own.reduce((best, user) => (level(user) > level(best) ? user : best));
  const above = users.filter((user) => user !== sender && level(user) >= level(sender));
  const acts: Wish[] = [];
  const add = (type: string, content: JsonObject, key?: string): unknown =>
    acts.push({ type, sender, content, ...(key === undefined ? {} : { state_key: key }) });
  const listed = (levels['users'] ?? {}) as JsonObject;
  add('m.room.power_levels', { ...levels, users: { ...listed, [sender]: level(sender) + 1 } }, '');
  // More than both have: what is not changed is not asked.
  const other = random.pick(own);
  const more = Math.max(level(sender), level(other)) + random.pick([1, 50]);
  add('m.room.power_levels', { ...levels, users: { ...listed, [other]: more } }, '');
  if (above.length > 0) {
    add('m.room.member', { membership: random.pick(['ban', 'leave']) }, random.pick(above));
    const listedAbove = above.filter((user) => Object.hasOwn(listed, user));
    if (listedAbove.length > 0) add('m.room.power_levels', { ...levels, users: { ...listed, [random.pick(listedAbove)]: -1 } }, '');
  }
  const events = (levels['events'] ?? {}) as JsonObject;
  if (Number(events['m.room.topic'] ?? levels['state_default'] ?? 50) > level(sender))
    add('m.room.topic', { topic: `h${random.next()}` }, '');
  if (now.membership(sender) !== 'join') add('m.room.message', { body: `h${random.next()}` });
  return life.craft(random.pick(acts));
}

/** Of users who did not make the room: from version 12 its creators stand above all levels. */
function levelOf(levels: JsonObject, user: string): number {
  const users = (levels['users'] ?? {}) as JsonObject;
  return Number(users[user] ?? levels['users_default'] ?? 0);
}
