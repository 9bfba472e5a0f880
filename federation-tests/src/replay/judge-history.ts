import { checkCopy, explainText, type JsonObject, type Outcome, type RoomEvent, type RoomVersion } from '@openguild/core';
import type { History, HistoryHeader } from '../sim/history-file.ts';
import type { Finding } from '../sim/ledger.ts';
import { copyDiffers } from '../matrix/matrix-copies.ts';
import { isSigned } from '../model/signatures.ts';
import { type CopyFault, copyFault } from './copy-fault.ts';
import { HistoryRooms, verifierOf } from './history-rooms.ts';
import { compareEnds, type ModelSide, modelSide, type Parting } from './model-side.ts';
import { errorText } from '../error-text.ts';
import { UNMADE } from './unmade.ts';

/** Whose judgement is compared with that of the file's own order. */
export type Side = 'model' | 'engine in another order' | `server ${string}`;

/** Where two judgements of one history part. */
export interface Difference {
  readonly event: RoomEvent;
  /** `copy`: the engine reads another event of its bytes, or none. `breakdown`: it throws instead of judging. */
  readonly what: 'copy' | 'verdict' | 'rule' | 'rank' | 'void' | 'state' | 'standing' | 'breakdown';
  readonly engine: string;
  readonly other: string;
  /** Whose the other judgement is. */
  readonly by: Side;
  /** How the other side comes to its judgement, in words. */
  readonly trace: string;
}

/** Where engine and model part over one event, as a finding. `where`: what the event was for. */
export function findingOf(
  { event, what, engine, other }: Pick<Difference, 'event' | 'what' | 'engine' | 'other'>,
  where: string,
): Finding & { readonly event_id: string } {
  const invariant = { verdict: 'authority', copy: 'copies', breakdown: 'no-error' }[what as string] ?? what;
  const detail = `${event.type} ${event.event_id} of ${event.sender}, ${where}: ${what} by the engine ${engine}, by the model ${other}`;
  return { invariant, detail, event_id: event.event_id };
}

export interface Judged {
  readonly engine: HistoryRooms;
  readonly events: readonly RoomEvent[];
  /** Lines that were no readable events, or cite what is not there: their number in the file's order of PDUs, from 1, and why. */
  readonly unusable: readonly { readonly line: number; readonly why: string }[];
  readonly differences: readonly Difference[];
  /** Who else judged it. */
  readonly sides: readonly Side[];
  /** Matrix versions: signatures that nobody could check, since the history brings no keys. */
  readonly signaturesTaken: boolean;
}

/**
 * Judges a history by the engine: as it comes, in another order, and in the order of each server that it tells of; and by the model of its version. Says where
 * they part, the first of each side. With `only` one side is asked and no other.
 */
export function judgeHistory(history: History, stopAtFirst = false, only?: Side): Judged {
  const { header, pdus } = history;
  const engine = new HistoryRooms(header);
  const model = only === undefined || only === 'model' ? modelSide(header.room_version, verifierOf(header)) : null;
  const events: RoomEvent[] = [];
  const differences: Difference[] = [];
  const unusable: Judged['unusable'][number][] = [];
  const orders = only === 'model' ? [] : ordersOf(history).filter(({ by }) => only === undefined || by === only);
  const sides: Side[] = [...(model === null ? [] : (['model'] as const)), ...orders.map((order) => order.by)];
  const judged = (): Judged => {
    const signaturesTaken = engine.version.authority !== 'native' && header.keys === undefined;
    return { engine, events, unusable, differences, sides, signaturesTaken };
  };
  const seen = new Set<string>();
  for (const [i, pdu] of pdus.entries()) {
    // Of a copy alone its text may be what matters.
    const misread = model === null ? null : copyDifference(engine, pdu, pdus.length === 1);
    if (misread !== null) {
      differences.push(misread);
      return judged();
    }
    let taken: ReturnType<HistoryRooms['take']>;
    try {
      taken = engine.take(pdu);
    } catch (error) {
      differences.push(breakdown(engine, model, pdu, error));
      return judged();
    }
    if (taken.kind !== 'judged' || seen.has(taken.event.event_id)) {
      unusable.push({ line: i + 1, why: whyUnusable(taken) });
      continue;
    }
    const { event } = taken;
    seen.add(event.event_id);
    events.push(event);
    if (model === null) continue;
    model.receive(event);
    const difference = compareWithModel(engine, model, event, taken.outcome);
    if (difference === null) continue;
    differences.push(difference);
    // The rest would only follow from it.
    if (stopAtFirst || difference.what === 'verdict') return judged();
  }
  const last = events.at(-1);
  if (model !== null && last !== undefined && differences.length === 0) {
    const difference = atEnds(engine, model, last);
    if (difference !== null) differences.push(difference);
    if (difference !== null && stopAtFirst) return judged();
  }
  for (const { by, pdus: ordered } of orders) {
    const difference = inOrder(engine, ordered, events, by);
    if (difference !== null) differences.push(difference);
    if (difference !== null && stopAtFirst) break;
  }
  return judged();
}

function whyUnusable(taken: ReturnType<HistoryRooms['take']>): string {
  if (taken.kind === 'unusable') return `${taken.rule}: ${taken.detail}`;
  return taken.kind === 'waits' ? `it cites what is not there: ${taken.for.slice(0, 3).join(', ')}` : 'it is there already';
}

/** Where the engine reads a copy otherwise than its bytes say. */
function copyDifference({ header, version }: HistoryRooms, pdu: JsonObject, asText: boolean): Difference | null {
  const wrong = version.authority === 'native' ? nativeCopyFault(header, version, pdu) : copyDiffers(pdu, version.id, asText);
  if (wrong === null) return null;
  return { event: asWritten(pdu), what: 'copy', engine: wrong.engine, other: wrong.model, by: 'model', trace: 'It judges nothing of it.' };
}

/** Only where a copy is what was found: reading each in every form takes long. */
function nativeCopyFault(header: HistoryHeader, version: RoomVersion, pdu: JsonObject): CopyFault | null {
  if (header.found?.startsWith('copies') !== true) return null;
  const verify = verifierOf(header);
  return copyFault(pdu, version, { engine: verify, model: header.real_signatures === false ? verify : isSigned });
}

/** What a copy says of itself, whether it is an event or not. */
function asWritten(pdu: JsonObject): RoomEvent {
  const text = (name: string): string => (typeof pdu[name] === 'string' ? pdu[name] : '');
  const content = (typeof pdu['content'] === 'object' ? pdu['content'] : {}) as JsonObject;
  return { ...UNMADE, room_id: text('room_id'), type: text('type'), sender: text('sender'), content, pdu };
}

/** Other orders of the same events: backwards, and each server's own; what a server never had comes last. */
function ordersOf({ header, pdus, received }: History): { readonly by: Side; readonly pdus: readonly JsonObject[] }[] {
  const backwards = { by: 'engine in another order', pdus: [...pdus].reverse() } as const;
  const { version } = new HistoryRooms(header);
  const byId = new Map<string, JsonObject>();
  if (received.length > 0)
    for (const pdu of pdus) {
      const copy = checkCopy(pdu, version);
      if (copy.ok) byId.set(copy.value.event.event_id, pdu);
    }
  const ofServers = received.map(({ server, events }) => {
    const own = new Set(events.map(({ event_id }) => byId.get(event_id)).filter((pdu) => pdu !== undefined));
    return { by: `server ${server}`, pdus: [...own] } as const;
  });
  return [backwards, ...ofServers];
}

/** The same events in another order, what cites something that has not come waiting for it; and where that first makes a difference. */
function inOrder(engine: HistoryRooms, pdus: readonly JsonObject[], events: readonly RoomEvent[], by: Side): Difference | null {
  const other = new HistoryRooms(engine.header);
  let taking: JsonObject | undefined;
  const waits = (pdu: JsonObject): boolean => {
    taking = pdu;
    return other.take(pdu).kind === 'waits';
  };
  let waiting = pdus;
  try {
    for (let before = -1; before !== waiting.length; ) {
      before = waiting.length;
      waiting = waiting.filter(waits);
    }
  } catch (error) {
    return { ...breakdown(engine, null, taking ?? {}, error), by };
  }
  return firstDifference(engine, other, events, by);
}

function firstDifference(engine: HistoryRooms, other: HistoryRooms, events: readonly RoomEvent[], by: Side): Difference | null {
  for (const event of events) {
    const [own, others] = [summary(engine, event), summary(other, event)];
    // What a server never had, it cannot judge otherwise.
    if (own === others || (others === NEVER && by.startsWith('server '))) continue;
    return { event, what: 'state', engine: own, other: others, by, trace: explained(other, event) };
  }
  return null;
}

/** The engine threw: no event does that to an engine that is as it should be. */
export function breakdown({ version }: HistoryRooms, model: ModelSide | null, pdu: JsonObject, error: unknown): Difference {
  const copy = checkCopy(pdu, version);
  if (!copy.ok) throw error;
  const { event } = copy.value;
  model?.receive(event);
  const fault = model?.fault(event.event_id);
  const other = model === null ? 'a verdict' : fault === null ? 'accepted' : (fault ?? 'no verdict');
  const trace = errorText(error);
  return { event, what: 'breakdown', engine: String(error), other, by: model === null ? 'engine in another order' : 'model', trace };
}

/** Where engine and model part over an event that both have judged, what they both know being all that it cites; null: nowhere. */
export function compareWithModel(engine: HistoryRooms, model: ModelSide, event: RoomEvent, outcome?: Outcome): Difference | null {
  return differenceOf(model.compare(engine, event, outcome), event, model);
}

/** Where they part over the states in which the rooms end, the last event being this one; null: nowhere. */
export function atEnds(engine: HistoryRooms, model: ModelSide, last: RoomEvent): Difference | null {
  return differenceOf(compareEnds(engine, model), last, model);
}

function differenceOf(parting: Parting | null, event: RoomEvent, model: ModelSide): Difference | null {
  if (parting === null) return null;
  const { what, engine, model: other } = parting;
  return { event, what, engine, other, by: 'model', trace: model.said(event.event_id) };
}

const NEVER = 'never judged';

/** All that must not depend on the order. Where an event follows one other, its state follows from that one's and what it changes. */
function summary(rooms: HistoryRooms, event: RoomEvent): string {
  const stored = rooms.stored(event.event_id);
  if (stored === undefined) return NEVER;
  if (stored.verdict === 'rejected') return `rejected by ${stored.fault?.rule}`;
  const state =
    event.prev_events.length < 2 ? stored.state_delta.map((row) => row.join(' ')) : rooms.stateAfter(event.room_id, [event.event_id]);
  return `rank ${stored.rank}, void ${rooms.voidsBefore(stored).join(' ')}, state\n${state.join('\n')}`;
}

/** What an engine says of an event that it has; else that it has not. */
export function explained(rooms: HistoryRooms, event: RoomEvent): string {
  if (rooms.stored(event.event_id) === undefined) return 'It never judged the event.';
  return explainText(rooms.ask(event.room_id, (room) => room.explain(event.event_id)));
}
