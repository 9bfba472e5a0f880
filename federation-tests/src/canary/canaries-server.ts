import type { Canary } from './canary.ts';

const SIM = 'federation-tests/dist/sim';

/** Servers that are broken in what is no rule of an event: what the checkers of runs must notice. */
export const SERVER_CANARIES: readonly Canary[] = [
  {
    name: 'ENG-5',
    file: 'core/dist/room/room.js',
    find: 'verdicts(copy.signatures).indexOf(false)',
    put: 'verdicts(copy.signatures).indexOf(undefined)',
  },
  {
    name: 'ENG-9',
    file: 'core/dist/room/judge.js',
    find: 'export function softFault(room, event) {',
    put: 'export function softFault(room, event) { return null;',
  },
  {
    name: 'ENG-9 channel',
    file: 'core/dist/room/judge.js',
    find: 'return authorize(event, view, { kind: room.kind, proofValid: true });',
    put: "return room.kind === 'channel' ? null : authorize(event, view, { kind: room.kind, proofValid: true });",
  },
  // What was ahead stays so for ever.
  {
    name: 'ENG-10',
    runs: 'feud',
    file: 'storage/dist/runner/rejudger.js',
    find: 'const answer = open.room.rejudge(eventId);',
    put: 'const answer = { needs: null, value: { effects: null } };',
  },
  {
    name: 'ENG-11',
    file: 'core/dist/room/enter.js',
    find: 'return [...found.values()].sort(causally);',
    put: 'return [...found.values()].sort(causally).reverse();',
  },
  // What was parked is never taken up again; comparison brings it in the end.
  {
    name: 'FED-36',
    file: 'storage/dist/run-room.js',
    find: 'for (const parked of this.#lot.arrived(event_id))',
    put: 'for (const parked of [])',
  },
  // Whoever is thrown out is not told.
  {
    name: 'destinations',
    file: 'storage/dist/runner/room-writer.js',
    find: 'new Set([...before, ...(await this.serversOf(open, true))])',
    put: 'new Set(await this.serversOf(open, true))',
  },
  // One event too many counts as delivered.
  {
    name: 'sent',
    file: 'storage/dist/memory/memory-rooms.js',
    find: 'if (item.sequence <= sequence)',
    put: 'if (item.sequence <= sequence + 1)',
  },
  // What is told of a merge is what one branch says.
  { name: 'state-changes', file: 'core/dist/room/enter.js', find: 'current.changesTo(next)', put: 'current.changesTo(after)' },
  { name: 'FED-51 whole', file: 'core/dist/room/servers.js', find: "? 'whole' : 'redacted'", put: "? 'whole' : 'whole'" },
  // It makes something at once after a backup came back.
  {
    name: 'ENG-15',
    file: `${SIM}/server/life.js`,
    find: 'has: (roomId) => this.#restored.has(roomId)',
    put: 'has: () => false',
    runs: 'restored',
  },
  // Its disk forgets what was acknowledged last, in every crash.
  {
    name: 'durable',
    file: `${SIM}/environment/disk.js`,
    find: 'const waiting = this.#queue;',
    put: 'void this.rebuild(Math.max(0, this.backup() - 3)); const waiting = this.#queue;',
  },
  // Its stream hands out every event twice.
  {
    name: 'once stream',
    file: 'storage/dist/memory/memory-rooms.js',
    find: 'const position = this.#stream.push(',
    put: 'this.#stream.push({ position: this.#stream.length + 1, room_id, event_id }); const position = this.#stream.push(',
  },
  // It does not know a client's request again.
  {
    name: 'once request',
    file: 'storage/dist/memory/memory-rooms.js',
    find: 'this.#transactions.set(transactionKey(client_txn),',
    put: 'new Map().set(transactionKey(client_txn),',
  },
  // It sends everything a hundred times.
  {
    name: 'bounds',
    file: `${SIM}/server/outgoing.js`,
    find: "await this.#here.request(destination, { kind: 'send', body });",
    put: "for (let i = 0; i < 99; i++) this.#here.request(destination, { kind: 'send', body }).catch(() => undefined); await this.#here.request(destination, { kind: 'send', body });",
  },
  // It never goes on to the next of what waits for another server.
  {
    name: 'queues',
    file: `${SIM}/server/outgoing.js`,
    find: 'await store.outgoing.delivered(destination, last.sequence);',
    put: 'return;',
  },
  // It merges whenever all is in step.
  {
    name: 'liveness',
    file: `${SIM}/server/merger.js`,
    find: 'this.#lacks.delete(`${roomId} ${server}`);',
    put: 'this.#lacks.delete(`${roomId} ${server}`); this.#now(roomId).catch(() => undefined);',
  },
  // It does not ask for what others have more.
  { name: 'FED-61', file: `${SIM}/server/heads-exchange.js`, find: 'await this.#fetch(server, room, theirs.heads);', put: '' },
  // Something that is no event stops it.
  {
    name: 'poison',
    file: `${SIM}/server/answering.js`,
    find: "if (typeof pdu !== 'object' || pdu === null || Array.isArray(pdu))",
    put: 'if (pdu === undefined)',
  },
];
