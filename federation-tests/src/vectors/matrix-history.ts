import {
  base64decode,
  checkCopy,
  type JsonObject,
  type JsonValue,
  NO_VOIDS,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
  serverSignatureChecks,
  type ServerSignatureCheck,
} from '@openguild/core';
import { verifyWithNode } from '@openguild/storage';
import { compareLists, compareStates, type Difference, differs, type HistoryResult, MalformedHistoryError } from './history-result.ts';
import { entryName, type Expected, type MatrixHistory, readMatrixHistory } from './matrix-expectations.ts';
import type { AnyHistory } from './read-histories.ts';
import { type Received, VectorHost } from './vector-host.ts';

export function isMatrixHistory(history: AnyHistory): boolean {
  return 'room_version' in history;
}

/** Sends each PDU through the whole pipeline and compares every answer with the expected one. Throws MalformedHistoryError. */
export async function judgeMatrixHistory(history: AnyHistory): Promise<HistoryResult> {
  const { id, room_version: name, disputed } = history;
  const events = (history['events'] as unknown[]).length;
  const version = typeof name === 'string' ? roomVersion(name) : undefined;
  const result = { id, events, disputed: disputed !== undefined };
  if (typeof name === 'string' && version === undefined)
    return { ...result, differences: [], skipped: `room version ${name} is not in the table` };
  if (version === undefined || version.authority === 'native') throw new MalformedHistoryError('room_version names no Matrix version');
  return { ...result, differences: await new MatrixReplay(readMatrixHistory(history), version).run(), skipped: null };
}

class MatrixReplay {
  readonly #history: MatrixHistory;
  readonly #version: RoomVersion;
  readonly #host: VectorHost;
  /** Accepted events that no accepted event has among its `prev_events`. */
  readonly #heads = new Set<string>();

  constructor(history: MatrixHistory, version: RoomVersion) {
    this.#history = history;
    this.#version = version;
    this.#host = new VectorHost((checks) => this.#verify(checks));
  }

  async run(): Promise<Difference[]> {
    const { events, event_ids: ids, foreign_events: foreign, final_state: final, extremities } = this.#history;
    for (const pdu of foreign) this.#knowElsewhere(pdu);
    const out: Difference[] = [];
    for (const [i, pdu] of events.entries()) out.push(...(await this.#judge(ids[i] as string, pdu)));
    out.push(...compareLists('the end', 'extremities', this.#heads, extremities));
    // A state of other heads than the history's own would differ for no reason of its own.
    if (out.length === 0) out.push(...compareStates('the end', await this.#stateAfter(extremities), final));
    return out;
  }

  async #judge(id: string, pdu: JsonValue): Promise<Difference[]> {
    const { room_id: roomId, expect, state_after: states } = this.#history;
    const copy = checkCopy(pdu, this.#version);
    const wrongId = copy.ok ? differs(id, 'event_id', id, copy.value.event.event_id) : [];
    if (wrongId.length > 0) return wrongId;
    const received = await this.#host.receive(roomId, pdu, this.#version.id);
    const accepted = copy.ok && isAccepted(received);
    if (accepted) this.#extend(copy.value.event);
    const expected = expect.get(id);
    if (expected === undefined) return differs(id, 'verdict', 'nothing is expected', accepted ? 'allow' : received.kind, ruleOf(received));
    const out = await this.#compareVerdict(id, pdu, received, expected);
    if (accepted && expected.auth === 'allow' && expected.replaces !== undefined)
      out.push(...(await this.#compareReplaced(copy.value.event, expected.replaces)));
    if (received.kind === 'dropped' && expected.auth === 'reject')
      await this.#host.keepRejected(roomId, pdu, this.#version.id, received.fault);
    const state = states.get(id);
    if (state !== undefined && out.length === 0) out.push(...compareStates(id, await this.#stateAfter([id]), state));
    return out;
  }

  #extend(event: RoomEvent): void {
    for (const prev of event.prev_events) this.#heads.delete(prev);
    this.#heads.add(event.event_id);
  }

  /** Verdict, where it fell, and whether each of the two judgements finds a fault. Names of rules are not compared. */
  async #compareVerdict(id: string, pdu: JsonValue, received: Received, expected: Expected): Promise<Difference[]> {
    const rule = ruleOf(received);
    const allowed = isAccepted(received);
    if (allowed !== (expected.auth === 'allow')) return differs(id, 'verdict', describe(expected), allowed ? 'allow' : received.kind, rule);
    if (expected.auth === 'allow') return [];
    const [byCited, byState] = await this.#judgements(id, received);
    const at = received.kind === 'dropped' || lacksMembership(pdu) ? 'event' : byCited ? 'auth_events' : 'state';
    const wrong = differs(id, 'at', expected.at, at, rule);
    if (wrong.length > 0 || expected.at === 'event') return wrong;
    return [
      ...differs(id, 'auth_events', word(expected.auth_events !== null), word(byCited), rule),
      ...differs(id, 'state', word(expected.state !== null), word(byState), rule),
    ];
  }

  /** Which of the two judgements finds a fault. */
  async #judgements(id: string, received: Received): Promise<[byCited: boolean, byState: boolean]> {
    if (received.kind === 'dropped') return [false, false];
    // Nothing is kept of a room whose create event was rejected. That event asked nothing of a state; no later one has a state to go by.
    if (!(await this.#host.knows(this.#history.room_id))) return [true, received.kind === 'unknown-room'];
    const { by_auth_events: cited, by_its_past: past } = await this.#host.ask(this.#history.room_id, (room) => room.explain(id));
    const [byCited, byState] = [cited, past].map((trace) => trace.some((step) => step.answer.startsWith('no'))) as [boolean, boolean];
    return [byCited, byState];
  }

  async #compareReplaced(event: RoomEvent, expected: string | null): Promise<Difference[]> {
    const { event_id: id, type, state_key: key } = event;
    const before = await this.#stateAfter(event.prev_events);
    return differs(id, 'replaces', expected ?? 'nothing', before.get(entryName([type, key ?? ''])) ?? 'nothing');
  }

  async #stateAfter(ids: readonly string[]): Promise<Map<string, string>> {
    if (!(await this.#host.knows(this.#history.room_id))) return new Map();
    const entries = await this.#host.stateAfter(this.#history.room_id, ids);
    return new Map(entries.map((entry) => [entryName(entry), entry[2]]));
  }

  #knowElsewhere(pdu: JsonValue): void {
    const copy = checkCopy(pdu, this.#version);
    if (!copy.ok) throw new MalformedHistoryError(`foreign_events: ${copy.rule}: ${copy.detail}`);
    const { event } = copy.value;
    this.#host.knowElsewhere({
      event,
      verdict: 'accepted',
      fault: null,
      soft_failed: false,
      rank: 0,
      depth: 0,
      void_delta: NO_VOIDS,
      state_base: null,
      state_delta: [],
    });
  }

  /** The history's keys are valid for ever. */
  async #verify(checks: readonly ServerSignatureCheck[]): Promise<boolean[]> {
    const { keys } = this.#history;
    if (keys === undefined) return checks.map(() => true);
    return Promise.all(
      checks.map(async (check) => {
        const options = serverSignatureChecks(check, (server, keyId) => {
          const bytes = base64decode(keys[server]?.[keyId] ?? '');
          return bytes === undefined ? [] : [{ public_key: bytes, valid_until_ts: null }];
        });
        return (await verifyWithNode(options)).includes(true);
      }),
    );
  }
}

function isAccepted(received: Received): boolean {
  return received.kind === 'accepted' || received.kind === 'soft-failed';
}

/** A membership event that says nothing: no state can matter to it (MX-5.1), so histories count it among the events that fail by themselves. */
export function lacksMembership(pdu: JsonValue): boolean {
  const { type, content } = pdu as JsonObject;
  return type === 'm.room.member' && !Object.hasOwn(content as JsonObject, 'membership');
}

function ruleOf(received: Received): string | null {
  return 'fault' in received ? received.fault.rule : null;
}

function describe(expected: Expected): string {
  return expected.auth === 'allow' ? 'allow' : `reject at ${expected.at}: ${expected.reason}`;
}

function word(faulty: boolean): string {
  return faulty ? 'a fault' : 'no fault';
}
