import {
  base64decode,
  checkCopy,
  type JsonValue,
  roomVersion,
  type RoomVersion,
  serverSignatureChecks,
  type ServerSignatureCheck,
  type StateEntry,
} from '@openguild/core';
import { verifyWithNode } from '@openguild/storage';
import { compareStates, type Difference, type HistoryResult } from './history-result.ts';
import type { AnyHistory } from './read-histories.ts';
import { type Received, VectorHost } from './vector-host.ts';

type Row = StateEntry;

type Expected =
  | { readonly auth: 'allow' }
  | {
      readonly auth: 'reject';
      readonly at: 'event' | 'auth_events' | 'state';
      readonly reason: string;
      readonly auth_events?: string | null;
      readonly state?: string | null;
    };

/** A Matrix history: spec/matrix/README.md says what the fields mean. */
interface MatrixHistory {
  readonly id: string;
  readonly room_version: string;
  readonly room_id: string;
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
  readonly events: readonly JsonValue[];
  readonly event_ids: readonly string[];
  readonly foreign_events?: readonly JsonValue[];
  readonly expect: Readonly<Record<string, Expected>>;
  readonly state_after: Readonly<Record<string, readonly Row[]>>;
  readonly extremities: readonly string[];
  readonly final_state: readonly Row[];
  readonly disputed?: unknown;
}

export function isMatrixHistory(history: AnyHistory): boolean {
  return 'room_version' in history && 'final_state' in history;
}

export async function judgeMatrixHistory(history: AnyHistory): Promise<HistoryResult> {
  const matrix = history as unknown as MatrixHistory;
  const { id, events, room_version: version } = matrix;
  const known = roomVersion(version) !== undefined;
  const differences: Difference[] = known ? await new MatrixReplay(matrix).run() : [];
  return {
    id,
    events: events.length,
    differences,
    disputed: matrix.disputed !== undefined,
    skipped: known ? null : `room version ${version} is not in the table`,
  };
}

class MatrixReplay {
  readonly #history: MatrixHistory;
  readonly #host: VectorHost;

  constructor(history: MatrixHistory) {
    this.#history = history;
    this.#host = new VectorHost((checks) => this.#verify(checks));
  }

  async run(): Promise<Difference[]> {
    const { events, event_ids: ids, foreign_events: foreign, final_state: final, extremities, room_version: version } = this.#history;
    for (const pdu of foreign ?? []) this.#knowElsewhere(pdu);
    const out: Difference[] = [];
    for (const [i, pdu] of events.entries()) out.push(...(await this.#judge(ids[i] as string, pdu, version)));
    const end = await this.#stateAfter(extremities);
    return [...out, ...compareStates('the end', end, rows(final))];
  }

  async #judge(id: string, pdu: JsonValue, version: string): Promise<Difference[]> {
    const received = await this.#host.receive(this.#history.room_id, pdu, version);
    const expected = this.#history.expect[id];
    if (expected === undefined) return [];
    const out = await this.#compareVerdict(id, received, expected);
    if (received.kind === 'dropped' && expected.auth === 'reject')
      await this.#host.keepRejected(this.#history.room_id, pdu, version, received.fault);
    const state = this.#history.state_after[id];
    if (state !== undefined && out.length === 0) out.push(...compareStates(id, await this.#stateAfter([id]), rows(state)));
    return out;
  }

  /** Verdict, where it fell, and whether each of the two judgements finds a fault. Names of rules are not compared. */
  async #compareVerdict(id: string, received: Received, expected: Expected): Promise<Difference[]> {
    const rule = 'fault' in received ? received.fault.rule : null;
    const differs = (field: string, wanted: string, got: string): Difference[] =>
      wanted === got ? [] : [{ event: id, field, expected: wanted, got, rule }];
    const allowed = received.kind === 'accepted' || received.kind === 'soft-failed';
    const wrong = differs(
      'verdict',
      describe(expected),
      allowed ? 'allow' : expected.auth === 'reject' ? describe(expected) : received.kind,
    );
    if (wrong.length > 0 || expected.auth === 'allow' || expected.at === 'event') return wrong;
    if (received.kind === 'dropped') return differs('at', expected.at, 'event');
    // Nothing is kept of a room whose create event was rejected, so there is no more to ask.
    if (!(await this.#host.knows(this.#history.room_id))) return [];
    const { by_auth_events: cited, by_its_past: past } = await this.#host.ask(this.#history.room_id, (room) => room.explain(id));
    const [byCited, byState] = [cited, past].map((trace) => (trace.some((step) => step.answer.startsWith('no')) ? 'fault' : 'none')) as [
      string,
      string,
    ];
    return [
      ...differs('at', expected.at, byCited === 'fault' ? 'auth_events' : 'state'),
      ...differs('auth_events', expected.auth_events === null ? 'none' : 'fault', byCited),
      ...differs('state', expected.state === null ? 'none' : 'fault', byState),
    ];
  }

  async #stateAfter(ids: readonly string[]): Promise<Map<string, string>> {
    if (!(await this.#host.knows(this.#history.room_id))) return new Map();
    return rows(await this.#host.stateAfter(this.#history.room_id, ids));
  }

  #knowElsewhere(pdu: JsonValue): void {
    const version = roomVersion(this.#history.room_version) as RoomVersion;
    const copy = checkCopy(pdu, version);
    if (!copy.ok) throw new Error(`foreign event: ${copy.rule}: ${copy.detail}`);
    const { event } = copy.value;
    this.#host.knowElsewhere({
      event,
      verdict: 'accepted',
      fault: null,
      soft_failed: false,
      rank: 0,
      depth: 0,
      void_before: [],
      state_base: null,
      state_delta: [],
    });
  }

  /** The history's keys are valid for ever. */
  async #verify(checks: readonly ServerSignatureCheck[]): Promise<boolean[]> {
    return Promise.all(
      checks.map(async (check) => {
        const options = serverSignatureChecks(check, (server, keyId) => {
          const bytes = base64decode(this.#history.keys[server]?.[keyId] ?? '');
          return bytes === undefined ? undefined : { public_key: bytes, valid_until_ts: null };
        });
        return (await verifyWithNode(options)).includes(true);
      }),
    );
  }
}

function describe(expected: Expected): string {
  return expected.auth === 'allow' ? 'allow' : `reject at ${expected.at}: ${expected.reason}`;
}

function rows(entries: Iterable<Row>): Map<string, string> {
  return new Map(Array.from(entries, ([type, stateKey, id]) => [`${type}|${stateKey}`, id]));
}
