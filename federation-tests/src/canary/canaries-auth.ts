import { RULES } from '@openguild/core';
import type { Canary } from './canary.ts';

const CASE = 'core/dist/auth/case.js';
const SELECTION = 'core/dist/auth/auth-selection.js';
const JUDGE = 'core/dist/room/judge.js';

/** Rules that `Case.demand` asks. */
const IMPLIED: Readonly<Record<string, string>> = {
  'AUTH-1.1': 'rooms begin with their create event (ENG-1), and no event lacks a past (EV-8)',
  'AUTH-1.2': 'a create event has no room_id (EV-7), so a second one is another room',
  'AUTH-1.7': 'ENG-3 refuses the room before its create event is judged',
};

/** Rules that are asked elsewhere than in `Case.demand`, and those that cannot be skipped but only be soft. */
const ELSEWHERE: ReadonlySet<string> = new Set(['AUTH-2.1', 'AUTH-2.2', 'AUTH-2.3', 'AUTH-2.4', 'AUTH-2.5', 'AUTH-2.6', 'AUTH-2.7']);

function demanded(rule: string): Canary {
  const shape = rule.startsWith('AUTH-3.') && rule !== 'AUTH-3.12';
  const implied = IMPLIED[rule];
  return {
    name: rule,
    file: CASE,
    ...(shape
      ? { find: "if (read.ok || !('rule' in read))", put: `if (read.ok || !('rule' in read) || read.rule === '${rule}')` }
      : { find: 'if (holds && this.#trace === undefined)', put: `if ((holds || rule === '${rule}') && this.#trace === undefined)` }),
    // Malformed contents are made on purpose or not at all.
    ...(rule.startsWith('AUTH-3.') ? { runs: 'aimed' } : {}),
    ...(implied === undefined ? {} : { implied }),
  };
}

const AUTH = 'core/dist/auth';

/** One for each AUTH rule, at least. */
export const AUTH_CANARIES: readonly Canary[] = [
  ...Object.values(RULES)
    .filter((rule) => !ELSEWHERE.has(rule))
    .map(demanded),
  { name: 'AUTH-1.8', file: 'core/dist/room/internals.js', find: "channel: 'm.channel.create'", put: "channel: 'm.channel.created'" },
  { name: 'AUTH-2.1', file: JUDGE, find: 'const badPrev = prev.find(rejected);', put: 'const badPrev = undefined;' },
  { name: 'AUTH-2.2', file: JUDGE, find: 'const badHead = cited.find(rejected);', put: 'const badHead = undefined;' },
  { name: 'AUTH-2.5', file: JUDGE, find: 'if (beyond !== undefined)', put: 'if (false)' },
  { name: 'AUTH-2.5 every', file: JUDGE, find: 'for (const stored of prev) {', put: 'for (const stored of prev.slice(0, 1)) {' },
  {
    name: 'AUTH-2.6',
    file: JUDGE,
    find: "if (room.kind === 'channel')\n        return null;\n    const selection",
    put: 'return null;\n    const selection',
  },
  {
    name: 'AUTH-4.4 root',
    file: 'core/dist/auth/members.js',
    find: "admissionOf(view, serverOf(user))?.root === root ? 'join' : 'leave'",
    put: "'join'",
    worlds: { acts: ['adam replaces b', 'adam kicks max'], events: 2 },
  },
  { name: 'AUTH-4.5 stay', file: 'core/dist/auth/members.js', find: '.stay ?? event.event_id', put: '.nothing ?? event.event_id' },
  {
    name: 'AUTH-4.7 stay',
    file: 'core/dist/auth/members.js',
    find: 'return grant.stay === stayOf(view, user) ? grant : undefined;',
    put: 'return grant;',
  },
  { name: 'AUTH-4.8 ceiling', file: 'core/dist/auth/rank.js', find: 'return Math.min(highest, ceiling);', put: 'return highest;' },
  {
    name: 'AUTH-4.10 key',
    runs: 'aimed',
    file: 'core/dist/auth/rank.js',
    find: 'return key === undefined || event.signed_by.includes(key);',
    put: 'return true;',
  },
  { name: 'AUTH-4.12 keys', file: 'core/dist/auth/rank.js', find: 'KEYS_RANK - place', put: 'KEYS_RANK' },
  {
    name: 'AUTH-4.13 deleted',
    file: 'core/dist/auth/members.js',
    find: 'event !== undefined && !accepted(readListing(event)).deleted',
    put: 'event !== undefined',
  },
  {
    name: 'AUTH-7.3 taken',
    runs: 'feud',
    file: `${AUTH}/rules-roles.js`,
    find: '...[...old].filter((one) => !wanted.has(one))',
    put: '',
  },
  {
    name: 'AUTH-4.18 unsigned',
    runs: 'feud',
    file: 'core/dist/auth/permissions.js',
    find: '(whole ?? tally.bits) & BITS.ADMINISTRATOR',
    put: 'tally.bits & BITS.ADMINISTRATOR',
  },
  // Too strict: what is refused here nobody ever makes.
  { name: 'AUTH-6.11 strict', runs: 'feud', file: CASE, find: 'this.demand(rule, rank < mine,', put: 'this.demand(rule, 2 * rank < mine,' },
  {
    name: 'AUTH-4.18 administrators',
    runs: 'feud',
    file: 'core/dist/auth/permissions.js',
    find: '(whole ?? tally.bits) & BITS.ADMINISTRATOR',
    put: '0n & BITS.ADMINISTRATOR',
  },
  { name: 'AUTH-4.18 deny', file: 'core/dist/auth/permissions.js', find: '~(deny & CHANNEL_BITS)', put: '~0n' },
  {
    name: 'AUTH-4.18 stay',
    runs: 'fenced',
    file: 'core/dist/auth/permissions.js',
    find: 'own.stay === stayOf(view, user) ? own.allow : 0n',
    put: 'own.allow',
  },
  {
    name: 'AUTH-11.1',
    file: 'core/dist/auth/event-types.js',
    find: "membership === 'leave' || membership === 'ban'",
    put: "membership === 'leave'",
  },
  {
    name: 'AUTH-2.3',
    file: JUDGE,
    find: 'if (creates !== (prev.length === 0))',
    put: 'if (false)',
    implied: 'EV-8 says the same of the copy',
  },
  {
    name: 'AUTH-2.4',
    file: 'core/dist/event/check-shape.js',
    find: "isIdList(pdu['guild_heads'], 1,",
    put: "isIdList(pdu['guild_heads'], 1,",
    implied: 'it is EV-10, which has a canary of its own',
  },
  { name: 'AUTH-2.7', file: JUDGE, find: 'if (ahead !== undefined)', put: 'if (false)' },
  { name: 'AUTH-3.1', file: 'core/dist/version/redaction-table.js', find: "['stay', 'roles', 'key']", put: "['stay', 'roles']" },
  {
    name: 'AUTH-3.13',
    runs: 'aimed',
    file: `${AUTH}/content.js`,
    find: 'Object.keys(value).length === names.length && names',
    put: 'names',
  },
  { name: 'AUTH-3.14', runs: 'aimed', file: `${AUTH}/content.js`, find: 'MAX_RANK = 65_535', put: 'MAX_RANK = 2_000_000_000' },
  {
    name: 'AUTH-4.1',
    file: `${AUTH}/servers.js`,
    find: 'return { root, keys, rank: OWNER_RANK };',
    put: 'return { root, keys, rank: 60 };',
  },
  {
    name: 'AUTH-4.2',
    file: `${AUTH}/servers.js`,
    find: 'return own === undefined ? admission.keys : accepted(readKeys(own));',
    put: 'return admission.keys;',
  },
  {
    name: 'AUTH-4.3',
    file: `${AUTH}/members.js`,
    find: 'return view.origin.sender;',
    put: "return membershipOf(view, view.origin.sender) === 'join' ? view.origin.sender : '';",
  },
  {
    name: 'AUTH-4.6',
    file: `${AUTH}/members.js`,
    find: '[[EVERYONE, { rank: 0, allow: 0n }]]',
    put: '[[EVERYONE, { rank: 0, allow: 1n }]]',
  },
  {
    name: 'AUTH-4.9',
    file: `${AUTH}/rank.js`,
    find: 'levels.users.get(user) ?? levels.of.users_default',
    put: 'levels.users.get(user) ?? 0',
  },
  {
    name: 'AUTH-4.11',
    file: `${AUTH}/rank.js`,
    find: 'return hasPersonKey(view, event) ? userRank(view, event.sender) : 0;',
    put: 'return userRank(view, event.sender);',
  },
  { name: 'AUTH-4.14', file: `${AUTH}/permission-bits.js`, find: 'KICK_MEMBERS: 1n << 1n', put: 'KICK_MEMBERS: 1n << 6n' },
  { name: 'AUTH-4.15', runs: 'aimed', file: `${AUTH}/permission-bits.js`, find: '/^(?:0|[1-9][0-9]{0,19})$/', put: '/^[0-9]{1,20}$/' },
  { name: 'AUTH-4.16', file: `${AUTH}/permissions.js`, find: "tally.to(ALL_BITS, 'administrator', user);", put: ';' },
  {
    name: 'AUTH-4.17',
    file: `${AUTH}/permissions.js`,
    find: "tally.to(everyone | (tally.bits & EVERYDAY_BITS), 'without-person-key', user);",
    put: ';',
  },
  { name: 'AUTH-10.1', file: SELECTION, find: 'return [...ids].sort(utf8Compare);', put: 'return [...ids];' },
  { name: 'AUTH-10.2', file: SELECTION, find: ', [TYPES.KEYS, admission.root]]', put: ']' },
  { name: 'AUTH-10.3', file: SELECTION, find: '[TYPES.GRANT, user],', put: '' },
  { name: 'AUTH-10.4', file: SELECTION, find: 'only === undefined || more.length > 0 ? [] : standing(view, only.id)', put: '[]' },
  {
    name: 'AUTH-10.5',
    file: SELECTION,
    find: 'return [...standing(view, sender), ...standing(view, target)];',
    put: 'return standing(view, sender);',
  },
];
