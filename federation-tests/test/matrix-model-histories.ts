import {
  base64decode,
  checkCopy,
  type JsonValue,
  type RoomVersion,
  roomVersion,
  type ServerSignatureCheck,
  serverSignatureChecks,
  type UnverifiedCopy,
} from '@openguild/core';
import { verifyNowWithNode } from '@openguild/storage';
import type { AnyHistory } from '../src/index.ts';
import { matrixEvent, verifySigned } from '../src/matrix/model/from-event.ts';
import { type MatrixJudged, MatrixModel } from '../src/matrix/model/matrix-model.ts';
import { type Expected, type MatrixHistory, readMatrixHistory } from '../src/vectors/matrix-expectations.ts';
import { lacksMembership } from '../src/vectors/matrix-history.ts';

/** What the model says otherwise than a history of spec/matrix expects. */
export function compareByModel(given: AnyHistory): string[] {
  const history = readMatrixHistory(given);
  const version = roomVersion(history.room_version) as RoomVersion;
  const model = new MatrixModel({
    version: Number(version.id),
    knowsVersion: (name) => roomVersion(name) !== undefined,
    verify: verifySigned(verifyNowWithNode),
  });
  const copyOf = (pdu: JsonValue): UnverifiedCopy => {
    const copy = checkCopy(pdu, version);
    if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
    return copy.value;
  };
  for (const pdu of history.foreign_events) model.takeForeign(matrixEvent(copyOf(pdu).event, () => true));
  const out: string[] = [];
  const ends = new Set<string>();
  for (const pdu of history.events) {
    const { event, servers } = copyOf(pdu);
    const dropped = servers.every((check) => isRight(check, history)) ? null : 'MXB-17';
    const judged = model.receive(
      matrixEvent(event, () => true),
      dropped,
    );
    if (judged.fault === null) {
      for (const id of event.prev_events) ends.delete(id);
      ends.add(event.event_id);
    }
    out.push(...verdictDiffers(pdu, judged, history.expect.get(event.event_id) as Expected));
    const state = history.state_after.get(event.event_id);
    if (state !== undefined) out.push(...statesDiffer(event.event_id, model.at([event.event_id]), state));
  }
  return [...out, ...statesDiffer('the end', model.at([...ends]), history.final_state)];
}

function isRight(check: ServerSignatureCheck, { keys }: MatrixHistory): boolean {
  if (keys === undefined) return true;
  return serverSignatureChecks(check, (server, keyId) => {
    const bytes = base64decode(keys[server]?.[keyId] ?? '');
    return bytes === undefined ? [] : [{ public_key: bytes, valid_until_ts: null }];
  }).some(verifyNowWithNode);
}

function verdictDiffers(pdu: JsonValue, { event, byCited, byState, fault, before }: MatrixJudged, expected: Expected): string[] {
  const differs = (what: string): string[] => [`${event.type} ${event.id}: ${what}, expected ${JSON.stringify(expected)}`];
  if ((fault === null) !== (expected.auth === 'allow')) return differs(`the model says ${fault ?? 'allow'}`);
  if (expected.auth === 'allow') {
    const replaced = before.get(JSON.stringify([event.type, event.stateKey])) ?? null;
    return expected.replaces === undefined || expected.replaces === replaced ? [] : differs(`it replaces ${replaced}`);
  }
  const byItself = lacksMembership(pdu) || (byCited === null && byState === null);
  const at = byItself ? 'event' : byCited === null ? 'state' : 'auth_events';
  if (at !== expected.at) return differs(`at ${at}, ${fault}`);
  if (at === 'event') return [];
  if ((byCited === null) !== (expected.auth_events === null)) return differs(`by what it cites ${byCited}`);
  return (byState === null) === (expected.state === null) ? [] : differs(`by the state ${byState}`);
}

function statesDiffer(where: string, state: ReadonlyMap<string, string>, expected: ReadonlyMap<string, string>): string[] {
  const rows = [...state].map(([entry, id]) => `${(JSON.parse(entry) as string[]).join('|')} ${id}`);
  const others = [...expected].map((row) => row.join(' '));
  const wrong = rows.find((row) => !others.includes(row)) ?? others.find((row) => !rows.includes(row));
  return wrong === undefined ? [] : [`the state after ${where} differs at ${wrong}`];
}
