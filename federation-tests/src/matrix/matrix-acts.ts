import { type JsonObject, type JsonValue, type RoomEvent, roomVersion, serverOf } from '@openguild/core';
import type { Random } from '../sim/environment/random.ts';
import type { MatrixLife } from './matrix-life.ts';
import { drawOddWish, invitedByThird, thirdParty } from './matrix-palette.ts';
import type { Wish } from './matrix-server.ts';

/** What is said of a room at some place of it. */
export interface Standing {
  get(type: string, key?: string): JsonObject | undefined;
  senderOf(type: string, key: string): string | undefined;
  membership(user: string): string;
}

/** What a server sees of its room now: where its next event will come after. */
export class MatrixState implements Standing {
  readonly #event: (type: string, key: string) => RoomEvent | undefined;

  constructor(life: MatrixLife) {
    const state = life.state(life.heads);
    this.#event = (type, key) => {
      const id = state.get(type, key);
      return id === undefined ? undefined : life.stored(id)?.event;
    };
  }

  get(type: string, key = ''): JsonObject | undefined {
    return this.#event(type, key)?.content;
  }

  senderOf(type: string, key: string): string | undefined {
    return this.#event(type, key)?.sender;
  }

  membership(user: string): string {
    return String(this.get('m.room.member', user)?.['membership'] ?? 'leave');
  }
}

export const MATRIX_ACTS = [
  ...['join', 'join', 'join', 'leave', 'invite', 'invite', 'knock', 'kick', 'ban', 'unban', 'unban', 'levels', 'levels', 'levels'],
  ...['rules', 'topic', 'message', 'message', 'redact', 'acl', 'third party', 'invited by third', 'odd'],
] as const;
const LEVELS: readonly number[] = [0, 10, 50, 75, 100];

/** Draws an act by a user; often allowed, never always. */
export function drawMatrixWish(
  random: Random,
  now: Standing,
  sender: string,
  users: readonly string[],
  versionId: string,
  known: readonly string[],
): Wish {
  const target = random.pick(users);
  const member = (user: string, membership: string, more: JsonObject = {}): Wish => ({
    type: 'm.room.member',
    sender,
    state_key: user,
    content: { membership, ...more },
  });
  const state = (type: string, content: JsonObject): Wish => ({ type, sender, state_key: '', content });
  switch (random.pick(MATRIX_ACTS)) {
    case 'join':
      return joining(random, now, sender, users, versionId, member);
    case 'leave':
      return member(sender, 'leave');
    case 'invite':
      return member(target, 'invite');
    case 'knock':
      return member(sender, 'knock');
    case 'kick':
      return member(target, 'leave');
    case 'ban':
      return member(target, 'ban');
    case 'unban':
      return member(users.find((user) => now.membership(user) === 'ban') ?? target, 'leave');
    case 'levels':
      return state('m.room.power_levels', levels(random, now, target, versionId));
    case 'rules':
      return state('m.room.join_rules', joinRules(random, versionId));
    case 'redact': {
      const redacts = known.length === 0 ? '$none' : random.pick(known);
      const inContent = roomVersion(versionId) !== undefined && Number(versionId) >= 11;
      return { type: 'm.room.redaction', sender, content: inContent ? { redacts } : {}, ...(inContent ? {} : { redacts }) };
    }
    case 'topic':
      return state('m.room.topic', { topic: `t${random.int(100)}` });
    case 'acl':
      return state('m.room.server_acl', { allow: ['*'], deny: [`x${random.int(9)}.example`] });
    case 'third party':
      return thirdParty(random, sender, users);
    case 'invited by third':
      return { ...invitedByThird(random, now, sender, users), sender };
    case 'odd':
      return { ...drawOddWish(random, now, sender, users), sender };
    default:
      return { type: 'm.room.message', sender, content: { body: `m${random.int(1_000)}` } };
  }
}

function joining(
  random: Random,
  now: Standing,
  sender: string,
  users: readonly string[],
  versionId: string,
  member: (user: string, membership: string, more?: JsonObject) => Wish,
): Wish {
  const rule = String(now.get('m.room.join_rules')?.['join_rule'] ?? 'invite');
  // In versions that do not know it now and then as well.
  if (!rule.includes('restricted') || (Number(versionId) < 8 && random.chance(0.5))) return member(sender, 'join');
  const joined = users.filter((user) => now.membership(user) === 'join');
  if (joined.length === 0) return member(sender, 'join');
  const via = random.pick(joined);
  return { ...member(sender, 'join', { join_authorised_via_users_server: via }), vouches: serverOf(via) };
}

function joinRules(random: Random, versionId: string): JsonObject {
  const version = Number(versionId);
  const rules = [
    'public',
    'public',
    'invite',
    ...(version >= 7 ? ['knock'] : []),
    ...(version >= 8 ? ['restricted'] : []),
    ...(version >= 10 ? ['knock_restricted'] : []),
  ];
  return { join_rule: random.pick(rules), allow: [{ type: 'm.room_membership', room_id: '!other:x.example' }] };
}

function levels(random: Random, now: Standing, target: string, versionId: string): JsonObject {
  const before = now.get('m.room.power_levels') ?? {};
  const users: Record<string, JsonValue> = { ...(before['users'] as JsonObject | undefined) };
  if (random.chance(0.2)) delete users[target];
  else users[target] = random.pick(LEVELS);
  const content: Record<string, JsonValue> = { ...before, users };
  if (random.chance(0.3))
    content[random.pick(['ban', 'kick', 'invite', 'redact', 'state_default', 'users_default', 'events_default'])] = random.pick(LEVELS);
  if (random.chance(0.2)) content['events'] = { 'm.room.topic': random.pick(LEVELS), 'm.room.power_levels': random.pick(LEVELS) };
  if (Number(versionId) >= 6 && random.chance(0.1)) content['notifications'] = { room: random.pick(LEVELS) };
  return content;
}
