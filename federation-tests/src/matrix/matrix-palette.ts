import { base64encode, type JsonObject, type JsonValue, publicKeyOf } from '@openguild/core';
import { Keyring } from '../sim/environment/keyring.ts';
import type { Random } from '../sim/environment/random.ts';
import type { Standing } from './matrix-acts.ts';
import type { Wish } from './matrix-server.ts';
import { signedText } from './model/third-party.ts';

/** Of identity servers: they sign third-party invitations, here with stand-ins. */
const IDENTITY = new Keyring(false);
const IDENTITY_KEYS = ['identity/0', 'identity/1', 'identity/2'] as const;
const TOKENS = ['t0', 't1', 't2'] as const;

/** What is a level in some versions, or looks like one. */
export const ODD_LEVELS: readonly JsonValue[] = [
  '50',
  ' +075 ',
  '-1',
  '1e2',
  '',
  '5_0',
  true,
  null,
  [50],
  {},
  2 ** 53 - 1,
  '9007199254740993',
];
/** Levels until version 5 which no event that is built can have, but one that is written. */
export const FRACTIONS: readonly JsonValue[] = [50.5, 49.75, -0.5];
const LEVELS: readonly number[] = [-1, 0, 1, 25, 49, 50, 51, 75, 99, 100, 101];
const FIELDS = ['users_default', 'events_default', 'state_default', 'ban', 'kick', 'redact', 'invite'] as const;
const TYPES = ['m.room.topic', 'm.room.power_levels', 'm.room.message', 'm.room.third_party_invite', 'm.room.redaction'] as const;
const ODD_USERS = [
  '@:a.example',
  '@x',
  'u0:a.example',
  '@u0:',
  '@u 0:a.example',
  '@u0:a.example:8448',
  '@u0:[::1]:1',
  '@u0:a_b.example',
  '@u\u00000:a.example',
] as const;
const JOIN_RULES = ['public', 'invite', 'knock', 'restricted', 'knock_restricted', 'private', 'nonsense'] as const;
const MEMBERSHIPS = ['join', 'invite', 'leave', 'ban', 'knock', 'nonsense'] as const;

/** What nobody would send who means well: an event of any kind, with contents in which little is sure. */
export function drawOddWish(random: Random, now: Standing, sender: string, users: readonly string[]): Wish {
  const draws: readonly (() => Wish)[] = [
    () => oddMember(random, sender, users),
    () => oddMember(random, sender, users),
    () => oddLevels(random, now, sender, users),
    () => oddLevels(random, now, sender, users),
    () => thirdParty(random, sender, users),
    () => invitedByThird(random, now, sender, users),
    () => invitedByThird(random, now, sender, users),
    () =>
      state(
        'm.room.join_rules',
        sender,
        random.pick([{}, ...JOIN_RULES.map((rule) => ({ join_rule: rule })), { join_rule: 7 }]),
        oddKey(random, users),
      ),
    () =>
      state('m.room.aliases', sender, { aliases: [] }, random.pick([undefined, '', sender.slice(sender.indexOf(':') + 1), 'b.example'])),
    () => state('m.room.topic', sender, { topic: 'odd' }, oddKey(random, users)),
    () => ({ type: 'm.room.message', sender, content: {} }),
  ];
  return random.pick(draws)();
}

function state(type: string, sender: string, content: JsonObject, key: string | undefined): Wish {
  return { type, sender, content, ...(key === undefined ? {} : { state_key: key }) };
}

function oddKey(random: Random, users: readonly string[]): string | undefined {
  return random.pick(['', '', '', undefined, 'x', random.pick(users), '@']);
}

function oddMember(random: Random, sender: string, users: readonly string[]): Wish {
  const target = random.pick([sender, sender, random.pick(users), random.pick(users), random.pick(ODD_USERS), undefined]);
  const via = random.pick([undefined, undefined, random.pick(users), random.pick(users), random.pick([...ODD_USERS, 7])]);
  const content: JsonObject = {
    ...(random.chance(0.95) ? { membership: random.chance(0.95) ? random.pick(MEMBERSHIPS) : 7 } : {}),
    ...(via === undefined ? {} : { join_authorised_via_users_server: via }),
  };
  return state('m.room.member', sender, content, target);
}

/** Power levels with one or two changes, or of their own. */
export function oddLevels(random: Random, now: Standing, sender: string, users: readonly string[], odd = ODD_LEVELS): Wish {
  const content: Record<string, JsonValue> = { ...(random.chance(0.85) ? now.get('m.room.power_levels') : {}) };
  const level = (): JsonValue => (random.chance(0.15) ? random.pick(odd) : random.pick(LEVELS));
  const change = (name: string, key: string): void => {
    if (random.chance(0.03)) content[name] = random.pick([null, [], 7]);
    else {
      const entries: Record<string, JsonValue> = { ...(content[name] as JsonObject | undefined) };
      if (random.chance(0.3)) delete entries[key];
      else entries[key] = level();
      content[name] = entries;
    }
  };
  for (let i = random.between(1, 2); i > 0; i--) {
    const name = random.pick(['users', 'users', 'events', 'notifications', ...FIELDS]);
    if (name === 'users') change(name, random.chance(0.1) ? random.pick(ODD_USERS) : random.pick(users));
    else if (name === 'events') change(name, random.pick(TYPES));
    else if (name === 'notifications') change(name, random.pick(['room', 'other']));
    else if (random.chance(0.3)) delete content[name];
    else content[name] = level();
  }
  return state('m.room.power_levels', sender, content, random.chance(0.9) ? '' : oddKey(random, users));
}

function publicKey(random: Random): string {
  return base64encode(publicKeyOf(IDENTITY.signer(random.pick(IDENTITY_KEYS)).key_id) as Uint8Array);
}

/** An invitation of somebody of whom nobody knows yet who he will be. */
export function thirdParty(random: Random, sender: string, users: readonly string[]): Wish {
  const listed = {
    public_keys: [random.pick([{ public_key: publicKey(random) }, { public_key: 7 }, 7]), { public_key: publicKey(random) }],
  };
  const content = random.pick([{ public_key: publicKey(random) }, listed, { public_key: publicKey(random), ...listed }, {}]);
  const token = random.chance(0.95) ? random.pick(TOKENS) : random.pick(users);
  return state('m.room.third_party_invite', sender, { display_name: 'somebody', ...content }, token);
}

/** Who turned out to be meant; mostly by whoever invited. */
export function invitedByThird(random: Random, now: Standing, sender: string, users: readonly string[]): Wish {
  const target = random.pick(users);
  const token = random.pick(TOKENS);
  const inviter = random.chance(0.8) ? (now.senderOf('m.room.third_party_invite', token) ?? sender) : sender;
  const signed: Record<string, JsonValue> = {
    ...(random.chance(0.95) ? { mxid: random.chance(0.93) ? target : random.pick([...users, 7]) } : {}),
    ...(random.chance(0.95) ? { token: random.chance(0.97) ? token : 7 } : {}),
    é: 1,
  };
  const signatures = Array.from({ length: random.pick([0, 1, 1, 2, 3]) }, (_, i) => {
    const { sign } = IDENTITY.signer(random.pick(IDENTITY_KEYS));
    const bytes = random.chance(0.9) ? sign(new TextEncoder().encode(signedText(signed))) : random.bytes(64);
    return [`id${i}.example`, { [random.chance(0.95) ? 'ed25519:0' : 'x']: base64encode(bytes) }] as const;
  });
  const third = random.pick<JsonValue>([
    ...Array<JsonValue>(12).fill({ signed: { ...signed, signatures: Object.fromEntries(signatures) } }),
    {},
    { signed: 7 },
    null,
  ]);
  return state('m.room.member', inviter, { membership: 'invite', third_party_invite: third }, target);
}
