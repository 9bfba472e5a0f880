import { NATIVE_VERSION, type Outcome, type RoomEvent, roomVersion, type SignatureCheck, utf8Compare } from '@openguild/core';
import { type MatrixState, rowsOf } from '../matrix/model/event.ts';
import { matrixEvent, verifySigned } from '../matrix/model/from-event.ts';
import { isSameRule, MatrixModel } from '../matrix/model/matrix-model.ts';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import type { HistoryRooms } from './history-rooms.ts';
import { standingFault } from './standings.ts';

/** Where model and engine part over one event. */
export interface Parting {
  readonly what: 'verdict' | 'rule' | 'rank' | 'void' | 'state' | 'standing';
  readonly engine: string;
  readonly model: string;
}

/** An independent model that judges a history beside the engine. */
export interface ModelSide {
  receive(event: RoomEvent): void;
  /** The rule that rejects an event; null: it is accepted. */
  fault(eventId: string): string | null | undefined;
  /** `outcome`: what the engine made of an event of which it kept nothing, its room's create event being rejected. */
  compare(engine: HistoryRooms, event: RoomEvent, outcome?: Outcome): Parting | null;
  /** The state after these accepted events together, as the engine's are written. */
  rowsAt(roomId: string, eventIds: readonly string[]): string[];
  /** Where they part over what somebody may do where the rooms end; null: nowhere, or it is not asked. */
  standings(engine: HistoryRooms): Parting | null;
  /** What it says of an event, in words. */
  said(eventId: string): string;
}

export function modelSide(version: string, verify: (check: SignatureCheck) => boolean): ModelSide {
  return version === NATIVE_VERSION ? new NativeSide(verify) : new MatrixSide(version, verify);
}

export class NativeSide implements ModelSide {
  readonly #model: Model;
  readonly #verify: (check: SignatureCheck) => boolean;

  constructor(verify: (check: SignatureCheck) => boolean, model = new Model()) {
    this.#model = model;
    this.#verify = verify;
  }

  receive(event: RoomEvent): void {
    this.#model.receive(modelEvent(event, this.#verify));
  }

  fault(eventId: string): string | null | undefined {
    return this.#model.records.get(eventId)?.fault;
  }

  compare(engine: HistoryRooms, event: RoomEvent, outcome?: Outcome): Parting | null {
    const stored = engine.stored(event.event_id);
    const judged = this.#model.records.get(event.event_id);
    if (judged === undefined) return null;
    const verdicts = compareVerdicts(engine, event, judged.fault, outcome);
    if (verdicts !== null || judged.fault !== null || stored === undefined) return verdicts;
    if (stored.rank !== judged.rank) return { what: 'rank', engine: String(stored.rank), model: String(judged.rank) };
    const voids = [...judged.voidBefore].sort(utf8Compare).join(' ');
    const kept = engine.voidsBefore(stored).join(' ');
    if (kept !== voids) return { what: 'void', engine: kept, model: voids };
    if (event.prev_events.length < 2) return null;
    return compareRows(engine.stateAfter(event.room_id, event.prev_events), this.rowsAt(event.room_id, event.prev_events));
  }

  rowsAt(roomId: string, ids: readonly string[]): string[] {
    return [...this.#model.at(roomId, ids).state].map(([key, id]) => `${key.replace('\n', ' ')} ${id}`);
  }

  standings(engine: HistoryRooms): Parting | null {
    const channels = engine.rooms.filter(({ kind }) => kind === 'channel').map((room) => room.room_id);
    for (const { room_id, kind, extremities } of engine.rooms) {
      if (kind === 'channel') continue;
      const own = this.#model.viewAt(room_id, extremities);
      const users = [...engine.ask(room_id, (room) => room.currentState()).ofType('m.room.member')].map(([user]) => user);
      const fault = engine.ask(room_id, (room) =>
        room.judgeBy((view) => users.map((user) => standingFault(view, own, user, channels)).find((one) => one !== null)),
      );
      if (fault !== undefined) return { what: 'standing', ...fault };
    }
    return null;
  }

  said(eventId: string): string {
    const judged = this.#model.records.get(eventId);
    if (judged === undefined) return 'The model never had it';
    return judged.fault === null
      ? `The model accepts it: rank ${judged.rank}, void before it: ${[...judged.voidBefore].join(' ') || 'nothing'}`
      : `The model rejects it by ${judged.fault}`;
  }
}

export class MatrixSide implements ModelSide {
  readonly #model: MatrixModel;

  constructor(version: string, verify: (check: SignatureCheck) => boolean) {
    this.#model = new MatrixModel({
      version: Number(version),
      knowsVersion: (name) => roomVersion(name) !== undefined,
      verify: verifySigned(verify),
    });
  }

  /** What lacks a signature the engine drops, and nobody asks a model; nor about what cites something that never came, over which the engine broke down. */
  receive(event: RoomEvent): void {
    if (![...event.prev_events, ...event.auth_events].every((id) => this.#model.records.has(id))) return;
    this.#model.receive(matrixEvent(event, () => true));
  }

  fault(eventId: string): string | null | undefined {
    return this.#model.records.get(eventId)?.fault;
  }

  /** The rule that would reject an event. */
  wouldReject(event: RoomEvent): string | null {
    return this.#model.judged(matrixEvent(event, () => true)).fault;
  }

  get reached(): ReadonlyMap<string, number> {
    return this.#model.reached;
  }

  stateAt(ids: readonly string[]): MatrixState {
    return this.#model.at(ids);
  }

  compare(engine: HistoryRooms, event: RoomEvent, outcome?: Outcome): Parting | null {
    const { event_id: id, room_id: roomId, prev_events: prev } = event;
    const verdicts = compareVerdicts(engine, event, this.fault(id) ?? null, outcome);
    if (verdicts !== null) return verdicts;
    return this.fault(id) === null && prev.length > 1 ? compareRows(engine.stateAfter(roomId, [id]), this.rowsAt(roomId, [id])) : null;
  }

  /** MX: levels are asked about with every event. */
  standings(): null {
    return null;
  }

  rowsAt(_: string, ids: readonly string[]): string[] {
    return rowsOf(this.#model.at(ids));
  }

  said(eventId: string): string {
    const judged = this.#model.records.get(eventId);
    if (judged === undefined) return 'The model never had it';
    const { byCited, byState, before } = judged;
    const verdict = (rule: string | null): string => (rule === null ? 'allowed' : `refused by ${rule}`);
    return [`By what it cites it is ${verdict(byCited)}, by the state before it ${verdict(byState)}. That state:`, ...rowsOf(before)].join(
      '\n',
    );
  }
}

/** Where they part over the state in which a room ends. */
export function compareEnds(engine: HistoryRooms, model: ModelSide): Parting | null {
  for (const { room_id, extremities } of engine.rooms) {
    const parting = compareRows(engine.stateAfter(room_id, extremities), model.rowsAt(room_id, extremities));
    if (parting !== null) return parting;
  }
  return model.standings(engine);
}

function compareVerdicts(engine: HistoryRooms, { event_id: id }: RoomEvent, fault: string | null, outcome?: Outcome): Parting | null {
  const stored = engine.stored(id);
  if (stored === undefined && outcome?.kind !== 'rejected') return null;
  const refusal = stored?.fault ?? (outcome?.kind === 'rejected' ? outcome.fault : null);
  const rule = stored === undefined || stored.verdict === 'rejected' ? (refusal?.rule ?? 'rejected') : 'accepted';
  const modelRule = fault ?? 'accepted';
  if (isSameRule(rule, modelRule)) return null;
  return { what: (rule === 'accepted') === (modelRule === 'accepted') ? 'rule' : 'verdict', engine: rule, model: modelRule };
}

function compareRows(engine: readonly string[], model: readonly string[]): Parting | null {
  const wrong = engine.find((line) => !model.includes(line)) ?? model.find((line) => !engine.includes(line));
  if (wrong === undefined) return null;
  const said = (rows: readonly string[]): string => (rows.includes(wrong) ? wrong : 'nothing of the kind');
  return { what: 'state', engine: said(engine), model: said(model) };
}
