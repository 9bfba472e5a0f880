import { canonicalJson, type NumberRule, sortedKeys } from '../json/canonical.ts';
import { utf8Encode } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { keepsMember, keptContent } from './redact.ts';

/** The canonical forms of one event, in bytes. Content, the bulk of it, is written once for all of them. */
export interface EventBytes {
  /** Without `hashes`: what the content hash is taken of (EV-15, MXB-13). */
  readonly content: Uint8Array;
  /** Redacted: what the event hash is taken of (EV-16, MXB-15). */
  readonly redacted: Uint8Array;
  /** Length of the whole event's form (EV-14). */
  readonly size: number;
}

/** `pdu` must be plain JSON of the right shape. `signatures` and `unsigned` are in none of the forms. */
export function eventBytes(pdu: JsonObject, version: RoomVersion): EventBytes {
  const members = canonicalMembers(pdu, version);
  const content = utf8Encode(joined(members, (name) => name !== 'hashes'));
  // The hashes and the comma before them; empty only in an event that is being built.
  const hashesText = members.get('hashes');
  const size = content.length + (hashesText === undefined ? 0 : utf8Encode(hashesText).length + 1);
  return { content, redacted: redactedBytes(pdu, members, version), size };
}

/** Which numbers an event of this version may hold. */
export function numberRule({ strictNumbers }: Pick<RoomVersion, 'strictNumbers'>): NumberRule {
  return strictNumbers ? 'integers' : 'fractions';
}

function redactedBytes(pdu: JsonObject, members: ReadonlyMap<string, string>, version: RoomVersion): Uint8Array {
  const content = keptContent(pdu['type'] as string, pdu['content'] as JsonObject, version.redaction);
  const redacted = new Map(members).set('content', `"content":${canonicalJson(content, version.keyOrder, numberRule(version))}`);
  return utf8Encode(joined(redacted, (name) => keepsMember(name, version)));
}

/** `"name":value` for each member under a hash, in canonical order. */
function canonicalMembers(pdu: JsonObject, version: RoomVersion): Map<string, string> {
  const members = new Map<string, string>();
  const numbers = numberRule(version);
  for (const name of sortedKeys(pdu, version.keyOrder)) {
    if (name === 'signatures' || name === 'unsigned') continue;
    members.set(name, `${JSON.stringify(name)}:${canonicalJson(pdu[name] as JsonValue, version.keyOrder, numbers)}`);
  }
  return members;
}

function joined(members: ReadonlyMap<string, string>, keep: (name: string) => boolean): string {
  let text = '';
  for (const [name, member] of members) if (keep(name)) text += (text === '' ? '{' : ',') + member;
  return text + '}';
}
