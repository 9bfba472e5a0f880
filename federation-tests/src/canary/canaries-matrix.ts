import type { Canary } from './canary.ts';

const AUTH = 'core/dist/auth-matrix';
const LIFE = 'federation-tests/dist/matrix/matrix-life.js';

const CANARIES: readonly Canary[] = [
  { name: 'MX-3.2', file: `${AUTH}/rules-auth-events.js`, find: 'unexpected(one, wanted) ?? ', put: '' },
  {
    name: 'MX-3.4',
    file: `${AUTH}/rules-auth-events.js`,
    find: 'return noCreate(cited, flags);',
    put: 'return null;',
    implied: 'what is cited makes a state without a create event, which authorises nothing',
  },
  { name: 'MX-5.5.4', file: `${AUTH}/rules-member.js`, find: 'mine >= c.level(field) && theirs < mine', put: 'true' },
  { name: 'MX-6.1', file: `${AUTH}/authorize-matrix.js`, find: 'if (stranger !== null)', put: 'if (false)' },
  { name: 'MX-8.1', file: `${AUTH}/authorize-matrix.js`, find: 'c.requiredLevel <= mine', put: 'true' },
  { name: 'MX-10.9', file: `${AUTH}/rules-power-levels.js`, find: 'was === undefined || change.isOwn || was < mine', put: 'true' },
  {
    name: 'MX-10.10',
    file: `${AUTH}/rules-power-levels.js`,
    find: 'LEVELS_USER_AFTER, is === undefined || is <= mine',
    put: 'LEVELS_USER_AFTER, true',
  },
  {
    name: 'ENG-5 servers',
    file: 'core/dist/room/room.js',
    find: 'serverVerdicts(copy.servers).indexOf(false)',
    put: 'serverVerdicts(copy.servers).indexOf(undefined)',
  },
  {
    name: 'ENG-9 matrix',
    file: 'core/dist/room/judge.js',
    find: 'return room.matrix.byState(event, room.resolver.at(room.extremities).state);',
    put: 'return null;',
  },
  { name: 'MXB-12', file: 'core/dist/event/check-copy.js', find: 'return size <= limits.maxEventBytes ?', put: 'return true ?' },
  // Its disk forgets what was acknowledged last, in every crash.
  {
    name: 'durable matrix',
    file: 'federation-tests/dist/sim/environment/disk.js',
    find: 'const waiting = this.#queue;',
    put: 'void this.rebuild(Math.max(0, this.backup() - 3)); const waiting = this.#queue;',
  },
  // It acknowledges before the disk does.
  { name: 'early matrix', file: LIFE, find: 'this.#synced.then(', put: 'Promise.resolve().then(' },
  // It tells other servers that it has something before its disk has.
  { name: 'answer matrix', file: LIFE, find: 'await this.#synced;', put: '' },
  // It asks nobody for what is missing.
  { name: 'past matrix', file: 'federation-tests/dist/matrix/missing-past.js', find: 'page < PAGES', put: 'page < 0' },
  // What is no event stops it.
  { name: 'poison matrix', file: LIFE, find: "if (!copy.ok)\n            return '';", put: '' },
  // It sends everything ten times.
  {
    name: 'bounds matrix',
    file: LIFE,
    find: 'const batch = queue.slice(0, BATCH);',
    put: "const batch = queue.slice(0, BATCH); for (let i = 0; i < 9; i++) world.network.request(name, to, { kind: 'send', body: { pdus: batch.map(({ pdu }) => pdu) } }, TIMEOUT).catch(() => undefined);",
  },
];

/** Rules of Matrix versions, and servers of Matrix rooms that are broken in other ways. */
export const MATRIX_CANARIES: readonly Canary[] = CANARIES.map((canary) => ({ matrix: true, ...canary }));
