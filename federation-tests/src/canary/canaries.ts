import { RULES } from '@openguild/core';

/** One rule switched off, by a change of the compiled engine as it is loaded. */
export interface Canary {
  /** The rule, and a word if it has several parts. */
  readonly name: string;
  /** The end of the file's path. */
  readonly file: string;
  readonly find: string;
  readonly put: string;
  /** Why no run can show that it is gone: what refuses the same before it, or in its place. */
  readonly implied?: string;
}

const CASE = 'core/dist/auth/case.js';
const JUDGE = 'core/dist/room/judge.js';

/** Rules that `Case.demand` asks. */
const IMPLIED: Readonly<Record<string, string>> = {
  'AUTH-1.1': 'rooms begin with their create event (ENG-1), and no event lacks a past (EV-8)',
  'AUTH-1.2': 'a create event has no room_id (EV-7), so a second one is another room',
  'AUTH-1.3': 'a guild made wrongly is nobody else’s: only its own server could have it',
  'AUTH-1.7': 'ENG-3 refuses the room before its create event is judged',
};

/** Rules that are asked elsewhere than in `Case.demand`, and those that cannot be skipped but only be soft. */
const ELSEWHERE: ReadonlySet<string> = new Set([
  'AUTH-2.1',
  'AUTH-2.2',
  'AUTH-2.3',
  'AUTH-2.4',
  'AUTH-2.5',
  'AUTH-2.6',
  'AUTH-2.7',
  'AUTH-1.7',
]);

function demanded(rule: string): Canary {
  const shape = rule.startsWith('AUTH-3.') && rule !== 'AUTH-3.12';
  const implied = IMPLIED[rule];
  return {
    name: rule,
    file: CASE,
    ...(shape
      ? { find: "if (read.ok || !('rule' in read))", put: `if (read.ok || !('rule' in read) || read.rule === '${rule}')` }
      : { find: 'if (holds && this.#trace === undefined)', put: `if ((holds || rule === '${rule}') && this.#trace === undefined)` }),
    ...(implied === undefined ? {} : { implied }),
  };
}

const RESOLVE = 'state-resolution/dist/resolve-hierarchical.js';
const CHANNEL_KEY = 'state-resolution/dist/resolve-channel-key.js';

export const CANARIES: readonly Canary[] = [
  ...Object.values(RULES)
    .filter((rule) => !ELSEWHERE.has(rule))
    .map(demanded),
  { name: 'AUTH-2.1', file: JUDGE, find: 'const badPrev = prev.find(rejected);', put: 'const badPrev = undefined;' },
  { name: 'AUTH-2.2', file: JUDGE, find: 'const badHead = cited.find(rejected);', put: 'const badHead = undefined;' },
  { name: 'AUTH-2.5', file: JUDGE, find: 'if (beyond !== undefined)', put: 'if (false)' },
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
  { name: 'AUTH-4.18 deny', file: 'core/dist/auth/permissions.js', find: '~(deny & CHANNEL_BITS)', put: '~0n' },
  {
    name: 'AUTH-4.18 stay',
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
  { name: 'RES-3 ban', file: 'core/dist/auth/native-rules.js', find: "event.content['membership'] === 'ban'", put: 'false' },
  {
    name: 'RES-4 order',
    file: RESOLVE,
    find: 'this.#node(b).rank - this.#node(a).rank || a - b);\n        for',
    put: 'this.#node(a).rank - this.#node(b).rank || a - b);\n        for',
  },
  {
    name: 'RES-5',
    file: RESOLVE,
    find: 'const fault = this.#inItsOwnPast(number, past, read);',
    put: 'this.#inItsOwnPast(number, past, read); const fault = null;',
  },
  { name: 'RES-5 unjudged', file: RESOLVE, find: '!voidBefore.has(this.#node(candidate).id)', put: 'true' },
  { name: 'RES-6', file: RESOLVE, find: 'return fault === null ? this.#undoneBy(number, past, read)', put: 'return fault === null ? null' },
  { name: 'RES-6 companion', file: 'core/dist/auth/native-rules.js', find: 'event.type === TYPES.GRANT ? [', put: 'false ? [' },
  { name: 'RES-7', file: RESOLVE, find: 'numbers.filter((number) => this.#verdicts[number] === STANDS)', put: 'numbers' },
  { name: 'RES-8 past', file: CHANNEL_KEY, find: 'judge.guildPastInside(c.event, o.event)', put: 'false' },
  { name: 'RES-8 authorised', file: CHANNEL_KEY, find: 'Number(b.authorised) - Number(a.authorised)', put: '0' },
  { name: 'RES-8 rank', file: CHANNEL_KEY, find: '(b.rank ?? 0) - (a.rank ?? 0)', put: '0' },
  { name: 'ENG-5', file: 'core/dist/room/room.js', find: '.indexOf(false)', put: '.indexOf(undefined)' },
  { name: 'FED-51 whole', file: 'core/dist/room/servers.js', find: "? 'whole' : 'redacted'", put: "? 'whole' : 'whole'" },
];
