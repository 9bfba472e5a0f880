import { checkCopy, type JsonObject, type RoomEvent, roomVersion } from '@openguild/core';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import { MissingEventsError, Replica } from '../replica.ts';
import type { History } from '../sim/history-file.ts';
import { Keyring } from '../sim/keyring.ts';

/** Where two judgements of one history part. */
export interface Difference {
  readonly event: RoomEvent;
  readonly what: 'verdict' | 'rule' | 'rank' | 'void' | 'state';
  readonly engine: string;
  readonly other: string;
  /** Whose the other judgement is. */
  readonly by: 'model' | 'engine in another order';
}

export interface Judged {
  readonly replica: Replica;
  readonly model: Model;
  readonly events: readonly RoomEvent[];
  /** Lines that were no readable events, or cite what is not there. */
  readonly unusable: number;
  readonly differences: readonly Difference[];
}

/** Judges a history by the engine, once as it comes and once in another order, and by the model; says where they part, the first of each event. */
export function judgeHistory({ header, pdus }: History, stopAtFirst = false): Judged {
  const keyring = new Keyring(header.real_signatures !== false);
  const verify = (check: Parameters<Keyring['verify']>[0]): boolean => keyring.verify(check);
  const [replica, backwards] = [new Replica('straight.example', 1_000, verify), new Replica('other.example', 1_000, verify)];
  const model = new Model();
  const events: RoomEvent[] = [];
  const differences: Difference[] = [];
  let unusable = 0;
  const version = roomVersion(header.room_version);
  if (version === undefined) throw new Error(`unknown room version ${header.room_version}`);
  for (const pdu of pdus) {
    const copy = checkCopy(pdu, version);
    const outcome = copy.ok ? attempt(() => replica.receive(pdu)) : undefined;
    if (!copy.ok || outcome === undefined || outcome.kind === 'dropped' || outcome.kind === 'known') {
      unusable += 1;
      continue;
    }
    const { event } = copy.value;
    events.push(event);
    model.receive(modelEvent(event, header.room_version, verify));
    const difference = compareWithModel(replica, model, event);
    if (difference === null) continue;
    differences.push(difference);
    // The rest would only follow from it.
    if (stopAtFirst || difference.what === 'verdict') return { replica, model, events, unusable, differences };
  }
  receiveInAnotherOrder(backwards, pdus);
  for (const event of events) {
    const [engine, other] = [summary(replica, event), summary(backwards, event)];
    if (engine === other) continue;
    differences.push({ event, what: 'state', engine, other, by: 'engine in another order' });
    break;
  }
  return { replica, model, events, unusable, differences };
}

function compareWithModel(replica: Replica, model: Model, event: RoomEvent): Difference | null {
  const stored = replica.events.get(event.event_id);
  const judged = model.records.get(event.event_id);
  if (stored === undefined || judged === undefined) return null;
  const differ = (what: Difference['what'], engine: string, other: string): Difference => ({ event, what, engine, other, by: 'model' });
  const rule = stored.verdict === 'rejected' ? (stored.fault?.rule ?? 'rejected') : 'accepted';
  const modelRule = judged.fault ?? 'accepted';
  if (rule !== modelRule) return differ((rule === 'accepted') === (modelRule === 'accepted') ? 'rule' : 'verdict', rule, modelRule);
  if (judged.fault !== null) return null;
  if (stored.rank !== judged.rank) return differ('rank', String(stored.rank), String(judged.rank));
  const voids = (ids: Iterable<string>): string => [...ids].sort((a, b) => (a < b ? -1 : 1)).join(' ');
  if (voids(stored.void_before) !== voids(judged.voidBefore)) return differ('void', voids(stored.void_before), voids(judged.voidBefore));
  if (event.prev_events.length < 2) return null;
  const engine = replica.stateAfter(event.room_id, event.prev_events).split('\n');
  const own = [...model.at(event.room_id, event.prev_events).state].map(([key, id]) => `${key.replace('\n', ' ')} ${id}`);
  const wrong = engine.find((line) => line !== '' && !own.includes(line)) ?? own.find((line) => !engine.includes(line));
  return wrong === undefined
    ? null
    : differ('state', engine.includes(wrong) ? wrong : 'nothing of the kind', own.includes(wrong) ? wrong : 'nothing of the kind');
}

/** The same set by another way: last things first, each waiting for what it cites. */
function receiveInAnotherOrder(replica: Replica, pdus: readonly JsonObject[]): void {
  let waiting = [...pdus].reverse();
  for (let before = -1; before !== waiting.length; ) {
    before = waiting.length;
    waiting = waiting.filter((pdu) => attempt(() => replica.receive(pdu)) === undefined);
  }
}

function summary(replica: Replica, event: RoomEvent): string {
  const stored = replica.events.get(event.event_id);
  if (stored === undefined) return 'never judged';
  if (stored.verdict === 'rejected') return `rejected by ${stored.fault?.rule}`;
  return `rank ${stored.rank}, void ${stored.void_before.join(' ')}, state\n${replica.stateAfter(event.room_id, [event.event_id])}`;
}

function attempt<T>(work: () => T): T | undefined {
  try {
    return work();
  } catch (error) {
    if (error instanceof MissingEventsError) return undefined;
    throw error;
  }
}
