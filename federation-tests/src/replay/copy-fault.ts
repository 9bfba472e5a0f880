import {
  checkCopy,
  type JsonObject,
  readCopy,
  type Result,
  type RoomVersion,
  type SignatureCheck,
  type UnverifiedCopy,
} from '@openguild/core';
import { canonical, type Fate, fateOf } from '../model/copies.ts';

/** What a body may nest: more than any event. */
const DEPTH = 200;

/** What is wrong with a text, whatever it says (CJ rules). */
const TEXTS: readonly ((text: string) => string)[] = [
  (text) => `\ufeff${text}`,
  (text) => `${text} 1`,
  (text) => text.slice(0, -1),
  (text) => text.replace('{', '{"type":"x",'),
  (text) => text.replace('{', '{"\\u0074ype":"x",'),
  (text) => text.replace(/"origin_ts":([0-9]+)/, '"origin_ts":$1.0'),
  (text) => text.replace(/"origin_ts":([0-9]+)/, '"origin_ts":0$1'),
  (text) => text.replace(/"origin_ts":([0-9]+)/, '"origin_ts":1e3'),
  (text) => text.replace(/"origin_ts":([0-9]+)/, '"origin_ts":-0'),
  (text) => text.replace(/"origin_ts":([0-9]+)/, '"origin_ts":9007199254740992'),
  (text) => text.replace('"type":"', '"type":"\n'),
  (text) => text.replace('"type":"', '"type":"\\x'),
  (text) => text.replace('"type":"', '"type":"\\ud800'),
  (text) => text.replace('}', ',}'),
];

const encoder = new TextEncoder();

/** What engine and model make of one copy. */
export interface CopyFault {
  readonly engine: string;
  readonly model: string;
}

/**
 * EV, RED, SIG, CJ: where engine and model take a copy of the native version differently, as a value and as texts of several forms, some of them with a fault; null: nowhere. `some`: which of the texts are read.
 * `equations`: SIG-5 with what precedes it, as a server asks it and by the model.
 */
export function copyFault(
  pdu: JsonObject,
  version: RoomVersion,
  equations: { readonly engine: (check: SignatureCheck) => boolean; readonly model: (check: SignatureCheck) => boolean },
  some: <T>(list: readonly T[]) => readonly T[] = (list) => list,
): CopyFault | null {
  const fate = fateOf(pdu, version.id, equations.model);
  const model = said(fate);
  const parting = (how: string, read: Result<UnverifiedCopy>): CopyFault | null => {
    const engine = taken(read, equations.engine);
    return engine === model ? null : { engine: `${how} ${engine}`, model: `${model} (${fate.rule || 'no rule'})` };
  };
  const read = (text: string): Result<UnverifiedCopy> => readCopy(encoder.encode(text), version, { maxDepth: DEPTH });
  const first = parting('as a value', checkCopy(pdu, version));
  if (first !== null || !isWritable(pdu)) return first;
  const text = canonical(pdu);
  for (const form of some([text, JSON.stringify(pdu, null, 1), text.replaceAll('"m.', '"\\u006d.')])) {
    const fault = parting('as a text', read(form));
    if (fault !== null) return fault;
  }
  const bad = some(TEXTS)
    .map((change) => change(text))
    .find((form) => form !== text && read(form).ok);
  return bad === undefined ? null : { engine: `reads ${bad.slice(0, 300)}`, model: 'that is no JSON by section 1' };
}

function taken(read: Result<UnverifiedCopy>, verify: (check: SignatureCheck) => boolean): string {
  if (!read.ok || !read.value.signatures.every(verify)) return 'dropped';
  const { event } = read.value;
  return `${event.redacted ? 'redacted' : 'whole'} ${event.event_id} ${canonical(event.pdu)}`;
}

function said({ kind, id, kept }: Fate): string {
  return kept === undefined ? 'dropped' : `${kind} ${id} ${canonical(kept)}`;
}

/** Is its text read as itself again? */
function isWritable(pdu: JsonObject): boolean {
  const text = JSON.stringify(pdu);
  return JSON.stringify(JSON.parse(text)) === text && !/\\ud[89a-f]/.test(text);
}
