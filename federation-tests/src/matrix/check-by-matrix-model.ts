import { roomVersion, type StoredEvent } from '@openguild/core';
import { Keyring } from '../sim/environment/keyring.ts';
import type { Finding } from '../sim/ledger.ts';
import type { MatrixServer } from './matrix-server.ts';
import { matrixEvent, verifySigned } from './model/from-event.ts';
import { isSameRule, MatrixModel } from './model/matrix-model.ts';
import { type MatrixState, rowsOf } from './model/event.ts';

const STAND_INS = new Keyring(false);

export interface ByModel {
  readonly findings: readonly Finding[];
  /** Rule -> events that it rejected. */
  readonly reached: ReadonlyMap<string, number>;
}

/**
 * The independent model judges every event that an honest server stored, and comes to the same verdict, rule and state; where the room ends too. What a
 * server took into its history its present state allowed, and what it did not take that state refused (ENG-9).
 */
export function checkByMatrixModel(honest: readonly MatrixServer[], versionId: string): ByModel {
  const model = new MatrixModel({
    version: Number(versionId),
    knowsVersion: (name) => roomVersion(name) !== undefined,
    verify: verifySigned((check) => STAND_INS.verify(check)),
  });
  const found: Finding[] = [];
  // Each server's own order has what is cited before what cites it.
  for (const server of honest)
    for (const stored of server.events()) {
      if (model.records.has(stored.event.event_id)) continue;
      const findings = judged(model, server, stored);
      found.push(...findings);
      // What follows would only repeat it.
      if (findings.some(({ invariant }) => invariant === 'authority')) return { findings: found, reached: model.reached };
    }
  found.push(...honest.flatMap((server) => [...ends(model, server), ...softFailures(model, server)]));
  return { findings: found, reached: model.reached };
}

function judged(model: MatrixModel, server: MatrixServer, { event, verdict, fault: rejection }: StoredEvent): Finding[] {
  const { event_id, type, sender, prev_events: prev } = event;
  // What lacks a signature no server stored.
  const { fault } = model.receive(matrixEvent(event, () => true));
  const engine = verdict === 'rejected' ? (rejection?.rule ?? 'no rule') : null;
  if (!isSameRule(fault, engine)) {
    const invariant = (fault === null) === (engine === null) ? 'rule' : 'authority';
    const say = (rule: string | null): string => (rule === null ? 'accepts it' : `rejects it by ${rule}`);
    return [{ invariant, detail: `${type} ${event_id} of ${sender}: the engine ${say(engine)}, the model ${say(fault)}`, event_id }];
  }
  if (fault !== null || prev.length < 2) return [];
  const wrong = stateDiffers([...server.state([event_id]).entries()], model.at([event_id]));
  return wrong === null ? [] : [{ invariant: 'state', detail: `the states after ${event_id} differ at: ${wrong}`, event_id }];
}

function ends(model: MatrixModel, server: MatrixServer): Finding[] {
  const { heads } = server.running;
  const wrong = stateDiffers([...server.state(heads).entries()], model.at(heads));
  return wrong === null ? [] : [{ invariant: 'state', detail: `where the room ends on ${server.name} the states differ at: ${wrong}` }];
}

function softFailures(model: MatrixModel, { name, judgedTwice }: MatrixServer): Finding[] {
  return judgedTwice.flatMap(({ event_id, ends: at, soft }) => {
    // What the model judges otherwise altogether was told above; what was lost in a crash nobody can judge any more.
    if (![event_id, ...at].every((id) => model.records.get(id)?.fault === null)) return [];
    const right = model.softFault(event_id, at);
    if (isSameRule(right, soft)) return [];
    const say = (rule: string | null): string => (rule === null ? 'takes it in' : `soft-fails it by ${rule}`);
    return [{ invariant: 'soft-failure', detail: `${name} ${say(soft)}, and by the model ${say(right)}: ${event_id}`, event_id }];
  });
}

/** The first row of one state that the other has not. */
function stateDiffers(rows: readonly (readonly string[])[], state: MatrixState): string | null {
  const own = rows.map((row) => row.join(' '));
  const model = rowsOf(state);
  return own.find((row) => !model.includes(row)) ?? model.find((row) => !own.includes(row)) ?? null;
}
