import type { Canary } from './canary.ts';

/** Servers that are broken in what is no rule of events: each invariant that the checkers know must be seen to be broken by one of them. */
export const SERVER_CANARIES: readonly Canary[] = [
  {
    name: 'ENG-5',
    file: 'core/dist/room/room.js',
    find: 'verdicts(copy.signatures).indexOf(false)',
    put: 'verdicts(copy.signatures).indexOf(undefined)',
  },
  { name: 'FED-51 whole', file: 'core/dist/room/servers.js', find: "? 'whole' : 'redacted'", put: "? 'whole' : 'whole'" },
];
