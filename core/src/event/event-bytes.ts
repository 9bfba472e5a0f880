import { canonicalJson, type NumberRule, quoted, sortedKeys } from '../json/canonical.ts';
import { utf8Encode, utf8Length } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { keepsMember, keptContent } from './redact.ts';

/** The canonical forms of one event, in bytes. Every member is written once for both. */
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
  const numbers = numberRule(version);
  let content = '';
  let redacted = '';
  let hashesSize = 0;
  for (const name of sortedKeys(pdu, version.keyOrder)) {
    if (name === 'signatures' || name === 'unsigned') continue;
    const value = pdu[name] as JsonValue;
    const member = `${quoted(name)}:${canonicalJson(value, version.keyOrder, numbers)}`;
    // The hashes and the comma before them; empty only in an event that is being built.
    if (name === 'hashes') hashesSize = utf8Length(member) + 1;
    else content += (content === '' ? '{' : ',') + member;
    if (!keepsMember(name, version)) continue;
    redacted += (redacted === '' ? '{' : ',') + (name === 'content' ? keptMember(pdu, value as JsonObject, member, version) : member);
  }
  const bytes = utf8Encode(`${content}}`);
  return { content: bytes, redacted: utf8Encode(`${redacted}}`), size: bytes.length + hashesSize };
}

/** `content` as redaction leaves it; `whole` is its text as it is. */
function keptMember(pdu: JsonObject, content: JsonObject, whole: string, version: RoomVersion): string {
  const kept = keptContent(pdu['type'] as string, content, version.redaction);
  return kept === content ? whole : `"content":${canonicalJson(kept, version.keyOrder, numberRule(version))}`;
}

/** Which numbers an event of this version may hold. */
export function numberRule({ strictNumbers }: Pick<RoomVersion, 'strictNumbers'>): NumberRule {
  return strictNumbers ? 'integers' : 'fractions';
}
