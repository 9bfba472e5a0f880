import { BITS, type JsonObject, type JsonValue, readJson, utf8Encode } from '@openguild/core';

/** What an act may ask about the state before it. */
export interface Before {
  /** Name of the first join of a user's present stay, or `none`. */
  stayOf(user: string): string;
  /** Name of the event that holds an entry, or `none`. */
  holderOf(type: string, stateKey: string): string;
  /** Content of the event that holds an entry. */
  contentOf(type: string, stateKey: string): JsonObject | undefined;
}

/** An event before it is made. Names stand for IDs (`{"$ref": name}`) and for keys (`a.example/k1`), as in spec/vectors/scenarios.json. */
export interface Deed {
  readonly type: string;
  readonly sender: string;
  readonly stateKey: string | undefined;
  readonly content: (before: Before) => JsonObject;
}

export const PEOPLE: Readonly<Record<string, string>> = Object.fromEntries(
  ['olga:a', 'adam:a', 'mod:a', 'bea:b', 'moss:b', 'max:b', 'sam:e', 'eve:e', 'cleo:c'].map((who) => {
    const [name, server] = who.split(':') as [string, string];
    return [name, `@${name}:${server}.example`];
  }),
);

const EVERYDAY = BITS.CREATE_INVITE | BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES;
const MODERATOR = EVERYDAY | BITS.MANAGE_ROLES | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_MESSAGES | BITS.ADMIT_SERVERS;
const ADMIN = MODERATOR | BITS.MANAGE_CHANNELS | BITS.MANAGE_GUILD;
const ROLES: Readonly<Record<string, JsonObject>> = {
  everyone: { rank: 0, allow: String(EVERYDAY) },
  admin: { rank: 90, allow: String(ADMIN) },
  mod: { rank: 50, allow: String(MODERATOR) },
  low: { rank: 10, allow: String(EVERYDAY) },
};

/** An act that is not understood. */
export class ActFault extends Error {
  override readonly name = 'ActFault';
}

export function userOf(word: string | undefined): string {
  if (word === undefined) throw new ActFault('whom? a name is missing');
  if (word.startsWith('@')) return word;
  const known = Object.hasOwn(PEOPLE, word) ? PEOPLE[word] : undefined;
  if (known === undefined) throw new ActFault(`${word} is nobody: ${Object.keys(PEOPLE).join(', ')}, or @name:server`);
  return known;
}

const serverOf = (user: string): string => user.slice(user.indexOf(':') + 1);
export const keysOf = (server: string): string[] => [0, 1, 2].map((n) => `${server}/k${n}`);

type Verb = (who: string, words: readonly string[], native: boolean, rest: string) => Deed;

function member(who: string, target: string, content: (before: Before) => JsonObject): Deed {
  return { type: 'm.room.member', sender: who, stateKey: target, content };
}

function simple(sender: string, type: string, stateKey: string | undefined, content: JsonObject): Deed {
  return { type, sender, stateKey, content: () => content };
}

/** `name=value` words. */
function settings(words: readonly string[]): [string, string][] {
  return words.map((word) => {
    const at = word.indexOf('=');
    if (at < 1) throw new ActFault(`${word} should be name=value`);
    return [word.slice(0, at), word.slice(at + 1)];
  });
}

function level(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new ActFault(`${text} is no integer`);
  return value;
}

function roleTable(words: readonly string[]): JsonObject {
  const roles: Record<string, JsonValue> = { ...ROLES };
  for (const [name, value] of settings(words)) {
    const [rank, bits] = value.split(':');
    const allow = (bits ?? '').split('|').filter((bit) => bit !== '');
    const mask = allow.reduce((sum, bit) => {
      if (!Object.hasOwn(BITS, bit)) throw new ActFault(`${bit} is no permission: ${Object.keys(BITS).join(', ')}`);
      return sum | BITS[bit as keyof typeof BITS];
    }, 0n);
    roles[name] = { rank: level(rank ?? ''), allow: String(mask) };
  }
  return roles;
}

function powerLevels(before: Before, words: readonly string[]): JsonObject {
  const now = before.contentOf('m.room.power_levels', '') ?? {};
  const users: Record<string, JsonValue> = { ...(now['users'] as JsonObject | undefined) };
  const content: Record<string, JsonValue> = { ...now };
  for (const [name, value] of settings(words)) {
    if (name.startsWith('@') || Object.hasOwn(PEOPLE, name)) users[userOf(name)] = level(value);
    else content[name] = level(value);
  }
  return { ...content, users };
}

const VERBS: Readonly<Record<string, Verb>> = {
  joins: (who, _, native) => member(who, who, () => ({ membership: 'join', ...(native ? { root: `${serverOf(who)}/k0` } : {}) })),
  leaves: (who) => member(who, who, () => ({ membership: 'leave' })),
  knocks: (who) => member(who, who, () => ({ membership: 'knock' })),
  invites: (who, [whom]) => member(who, userOf(whom), () => ({ membership: 'invite' })),
  kicks: (who, [whom]) => member(who, userOf(whom), () => ({ membership: 'leave' })),
  bans: (who, [whom]) => member(who, userOf(whom), () => ({ membership: 'ban' })),
  unbans: (who, [whom], native) => {
    const target = userOf(whom);
    return member(who, target, (before) => ({
      membership: 'leave',
      ...(native ? { ban: { $ref: before.holderOf('m.room.member', target) } } : {}),
    }));
  },
  grants: (who, [whom, roles = 'none']) => {
    const target = userOf(whom);
    const list = roles === 'none' ? [] : roles.split(',');
    return {
      type: 'm.guild.member_roles',
      sender: who,
      stateKey: target,
      content: (before) => ({ stay: { $ref: before.stayOf(target) }, roles: list }),
    };
  },
  roles: (who, words) => simple(who, 'm.guild.authority', '', { roles: roleTable(words) }),
  opens: (who) => simple(who, 'm.room.join_rules', '', { join_rule: 'public' }),
  closes: (who) => simple(who, 'm.room.join_rules', '', { join_rule: 'invite' }),
  admits: (who, [server = '', rank = '50']) =>
    simple(who, 'm.server.admission', server, { root: `${server}/k0`, keys: keysOf(server), rank: level(rank), proof: `${server}/k0` }),
  power: (who, words) => ({ type: 'm.room.power_levels', sender: who, stateKey: '', content: (before) => powerLevels(before, words) }),
  merges: (who) => simple(`@:${serverOf(who)}`, 'm.room.merge', undefined, {}),
  topic: (who, _, __, rest) => simple(who, 'm.room.topic', '', { topic: rest }),
  says: (who, _, native, rest) => simple(who, 'm.room.message', undefined, { body: rest, ...(native ? {} : { msgtype: 'm.text' }) }),
  sends: (who, _, __, rest) => anything(who, rest),
};

export const VERB_NAMES = Object.keys(VERBS);

/** `WHO VERB …`, and for what no verb says `WHO sends TYPE [STATE KEY] {content}`, the brackets for state events only. */
export function readDeed(act: string, native: boolean): Deed {
  const [who = '', verb = '', ...words] = act.split(/\s+/);
  const make = Object.hasOwn(VERBS, verb) ? VERBS[verb] : undefined;
  if (make === undefined) throw new ActFault(`${verb === '' ? 'what does it do' : `${verb} is no verb`}: ${VERB_NAMES.join(', ')}`);
  const rest = act.slice(act.indexOf(verb, who.length) + verb.length).trim();
  return make(userOf(who), words, native, rest);
}

const ANYTHING = /^(?<type>\S+)\s*(?:\[(?<key>[^\]]*)\])?\s*(?<content>\{.*\})$/s;

function anything(who: string, rest: string): Deed {
  const match = ANYTHING.exec(rest)?.groups as { type: string; key?: string; content: string } | undefined;
  if (match === undefined) throw new ActFault('sends TYPE [STATE KEY] {content}: the brackets only for state events');
  const read = readJson(utf8Encode(match.content), { numbers: 'fractions' });
  if (!read.ok) throw new ActFault(`content: ${read.rule}: ${read.detail}`);
  return simple(who, match.type, match.key, read.value as JsonObject);
}
