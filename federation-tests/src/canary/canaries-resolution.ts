import type { Canary } from './canary.ts';

const RESOLVE = 'state-resolution/dist/resolve-hierarchical.js';
const CHANNEL_KEY = 'state-resolution/dist/resolve-channel-key.js';

/** One for each RES rule, at least. */
export const RESOLUTION_CANARIES: readonly Canary[] = [
  {
    name: 'RES-1',
    file: 'core/dist/room/enter.js',
    find: 'const after = judgement.before.state.with(own);',
    put: 'const after = judgement.before.state;',
  },
  {
    name: 'RES-2',
    file: 'state-resolution/dist/key-value.js',
    find: 'weight = rank;',
    put: ';',
    worlds: { acts: ['olga grants max [mod]', 'adam grants max [low]', 'adam grants max [mod]'], events: 3 },
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
  {
    name: 'RES-5 unjudged',
    file: RESOLVE,
    find: '!voidBefore.has(this.#node(candidate).id)',
    put: 'true',
    worlds: { acts: ['moss bans max', 'olga kicks moss', 'olga grants max [mod]', 'adam closes'], events: 4 },
  },
  { name: 'RES-6', file: RESOLVE, find: 'return fault === null ? this.#undoneBy(number, past, read)', put: 'return fault === null ? null' },
  {
    name: 'RES-6 companion',
    file: 'core/dist/auth/native-rules.js',
    find: 'event.type === TYPES.GRANT ? [',
    put: 'false ? [',
    worlds: { acts: ['max leaves, that is max', 'max joins', 'olga grants max [mod]', 'moss bans max'], events: 4 },
  },
  { name: 'RES-7', file: RESOLVE, find: 'numbers.filter((number) => this.#verdicts[number] === STANDS)', put: 'numbers' },
  { name: 'RES-8 past', runs: 'disputed', file: CHANNEL_KEY, find: 'judge.guildPastInside(c.event, o.event)', put: 'false' },
  { name: 'RES-8 authorised', runs: 'feud', file: CHANNEL_KEY, find: 'Number(b.authorised) - Number(a.authorised)', put: '0' },
  { name: 'RES-8 rank', runs: 'disputed', file: CHANNEL_KEY, find: '(b.rank ?? 0) - (a.rank ?? 0)', put: '0' },
  { name: 'RES-9', file: 'core/dist/dag/region.js', find: 'while (open.size > 1)', put: 'while (open.size > 2)' },
];
