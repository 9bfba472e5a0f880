import { createPublicKey, verify } from 'node:crypto';
import type { StateSoFar, V2Rules } from '@openguild/state-resolution';
import { MatrixAuthIndex } from '../../src/auth-matrix/auth-index.ts';
import { authorizeByAuthEvents, authorizeMatrix } from '../../src/auth-matrix/authorize-matrix.ts';
import type { MatrixAuthContext, MatrixLookup } from '../../src/auth-matrix/matrix-case.ts';
import { matrixV2Rules } from '../../src/auth-matrix/matrix-v2-rules.ts';
import { resolveMatrixStates } from '../../src/auth-matrix/resolve-states.ts';
import type { RoomEvent, SignatureCheck } from '../../src/event/types.ts';
import { serverOf } from '../../src/identifiers.ts';
import { StateMap } from '../../src/state/state-map.ts';
import { type MatrixHistory, matrixEvent, type StateRow, type Verdict } from './history-file.ts';
import { TESTED_VERSIONS, type TestedVersion } from './versions.ts';

/** One way in which the rules here and the history differ. */
export interface Difference {
  readonly event: string;
  readonly what: string;
  readonly expected: string;
  readonly got: string;
}

interface Judged {
  readonly event: RoomEvent;
  readonly rejected: boolean;
  readonly after: StateMap;
}

const PREFIX = Buffer.from('302a300506032b6570032100', 'hex');

/**
 * Judges a history event by event with the auth rules and the resolution alone: no engine, no store. IDs are taken as given, signatures as valid where they
 * are there, but for those of third-party invitations, which are part of the rules.
 */
export class MatrixReplay {
  readonly differences: Difference[] = [];
  readonly #history: MatrixHistory;
  readonly #version: TestedVersion;
  readonly #judged = new Map<string, Judged>();
  readonly #foreign = new Map<string, RoomEvent>();
  readonly #index: MatrixAuthIndex;
  readonly #context: MatrixAuthContext;

  constructor(history: MatrixHistory) {
    this.#history = history;
    this.#version = TESTED_VERSIONS.get(history.room_version) as TestedVersion;
    const createId = `$${history.room_id.slice(1)}`;
    const index = (history.event_ids ?? []).indexOf(createId);
    const create = history.events[index];
    this.#context = {
      create: create === undefined ? undefined : matrixEvent(create, createId),
      isAccepted: false,
      isKnownVersion: (version) => ['1', '2', ...TESTED_VERSIONS.keys()].includes(version),
      isSignedBy: (event, server) => isSignedBy(event, server),
      isValid,
    };
    this.#index = new MatrixAuthIndex(this.#version.flags);
    for (const event of foreignEvents(history)) this.#foreign.set(event.event_id, event);
  }

  run(): void {
    const { events, event_ids: ids = [], expect, state_after: after, final_state: final, extremities } = this.#history;
    for (const [i, pdu] of events.entries()) {
      const id = ids[i] as string;
      const event = matrixEvent(pdu, id);
      const before = this.#stateBefore(event.prev_events);
      const verdict = this.#judge(event, before);
      this.#keep(event, verdict, before);
      this.#compareVerdict(id, expect[id] as Verdict, verdict);
      const rows = after[id];
      if (rows !== undefined) this.#compareState(id, rows, (this.#judged.get(id) as Judged).after);
    }
    this.#compare('extremities', 'ids', [...extremities].sort(compare).join(' '), this.#extremities().sort(compare).join(' '));
    this.#compareState('final_state', final, this.#stateBefore(this.#extremities()));
  }

  #event(id: string): RoomEvent {
    const judged = this.#judged.get(id);
    if (judged === undefined) throw new Error(`${id} is not known`);
    return judged.event;
  }

  #stateBefore(prev: readonly string[]): StateMap {
    const states = prev.map((id) => (this.#judged.get(id) as Judged).after);
    const rules = matrixV2Rules(this.#index, this.#version.flags, this.#context, (id) => this.#event(id));
    return resolveMatrixStates(states, { index: this.#index, rules: checked(rules), switches: this.#version.switches });
  }

  #judge(event: RoomEvent, before: StateMap): Verdict {
    const alone = this.#byItself(event);
    if (alone !== null) return { auth: 'reject', at: 'event', reason: alone };
    const byAuthEvents = this.#byAuthEvents(event);
    const byState = this.#authorize(event, (type, stateKey) => {
      const id = before.get(type, stateKey);
      return id === undefined ? undefined : this.#event(id);
    });
    if (byAuthEvents === null && byState === null) return { auth: 'allow' };
    const at = byAuthEvents === null ? 'state' : 'auth_events';
    return { auth: 'reject', at, reason: (byAuthEvents ?? byState) as string, auth_events: byAuthEvents, state: byState };
  }

  /** What is wrong with the event whatever the room: a membership that is none, a signature that it must have. */
  #byItself(event: RoomEvent): string | null {
    if (event.type === 'm.room.member' && !Object.hasOwn(event.content, 'membership')) return 'membership';
    const third = event.content['membership'] === 'invite' && Object.hasOwn(event.content, 'third_party_invite');
    if (!third && !isSignedBy(event, serverOf(event.sender))) return 'signature';
    const authoriser = event.content['join_authorised_via_users_server'];
    const needsAuthoriser = event.type === 'm.room.member' && event.content['membership'] === 'join' && typeof authoriser === 'string';
    if (this.#version.flags.restrictedJoins && needsAuthoriser && !isSignedBy(event, serverOf(authoriser))) return 'authoriser signature';
    return null;
  }

  #byAuthEvents(event: RoomEvent): string | null {
    const cited = event.auth_events.map((id) => {
      const judged = this.#judged.get(id);
      return judged ?? { event: this.#foreign.get(id) as RoomEvent, rejected: false };
    });
    return authorizeByAuthEvents(event, cited, this.#version.flags, this.#context)?.rule ?? null;
  }

  #authorize(event: RoomEvent, lookup: MatrixLookup): string | null {
    return authorizeMatrix(event, lookup, this.#version.flags, this.#context)?.rule ?? null;
  }

  #keep(event: RoomEvent, verdict: Verdict, before: StateMap): void {
    const rejected = verdict.auth === 'reject';
    const enters = !rejected && event.state_key !== undefined;
    const after = enters ? before.with([[event.type, event.state_key as string, event.event_id]]) : before;
    this.#judged.set(event.event_id, { event, rejected, after });
    if (!rejected) this.#index.add(event.event_id, (id) => this.#event(id));
  }

  #extremities(): string[] {
    const accepted = [...this.#judged.values()].filter((one) => !one.rejected);
    const cited = new Set(accepted.flatMap((one) => one.event.prev_events));
    return accepted.map((one) => one.event.event_id).filter((id) => !cited.has(id));
  }

  /** As the histories ask: verdict, the check that failed, and whether each of the two failed; which rule it was is another's name. */
  #compareVerdict(id: string, expected: Verdict, got: Verdict): void {
    const form = (v: Verdict): string =>
      v.auth === 'allow' || v.at === 'event'
        ? `${v.auth} ${v.auth === 'allow' ? '' : v.at}`
        : `reject ${v.at} auth_events=${(v.auth_events ?? null) === null ? 'ok' : 'bad'} state=${(v.state ?? null) === null ? 'ok' : 'bad'}`;
    if (form(expected) !== form(got)) this.#add(id, 'verdict', JSON.stringify(expected), JSON.stringify(got));
  }

  #compareState(where: string, rows: readonly StateRow[], got: StateMap): void {
    const form = (all: Iterable<StateRow>): string[] => Array.from(all, (row) => JSON.stringify(row)).sort(compare);
    const [expected, found] = [form(rows), form(got.entries())];
    this.#compare(
      where,
      'state',
      expected.filter((row) => !found.includes(row)).join(),
      found.filter((row) => !expected.includes(row)).join(),
    );
  }

  #compare(where: string, what: string, expected: string, got: string): void {
    if (expected !== got) this.#add(where, what, expected, got);
  }

  #add(event: string, what: string, expected: string, got: string): void {
    this.differences.push({ event, what, expected, got });
  }
}

/** The rules, which must say the same of every event by the index and by the events themselves: `faultOf` finds no fault exactly in what is allowed. */
function checked(rules: V2Rules): V2Rules {
  const hasFault = (number: number, at: StateSoFar): boolean => {
    try {
      return rules.faultOf(number, at).rule !== '';
    } catch {
      return false;
    }
  };
  return {
    ...rules,
    allows(number, at) {
      const allowed = rules.allows(number, at);
      if (allowed === hasFault(number, at)) throw new Error(`event ${number}: index and events disagree`);
      return allowed;
    },
  };
}

/** The other room is one chain without IDs: each event's is the prev event of the next; the last event's is what else is cited and not known. */
function foreignEvents({ foreign_events: foreign = [], events, event_ids: own = [] }: MatrixHistory): RoomEvent[] {
  const known = new Set([...own, ...foreign.flatMap((pdu) => pdu.prev_events)]);
  const lastId = events.flatMap((pdu) => pdu.auth_events).find((id) => !known.has(id)) ?? '$not-cited';
  return foreign.map((pdu, i) => matrixEvent(pdu, foreign[i + 1]?.prev_events[0] ?? lastId));
}

function isSignedBy(event: RoomEvent, server: string): boolean {
  return Object.hasOwn(event.pdu['signatures'] as object, server);
}

function isValid({ public_key: key, message, signature }: SignatureCheck): boolean {
  return verify(null, message, createPublicKey({ key: Buffer.concat([PREFIX, key]), format: 'der', type: 'spki' }), signature);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
