import { canonicalJson, type NumberRule, quoted, sortedKeys } from '../json/canonical.ts';
import type { CanonicalText } from '../json/canonical-text.ts';
import { utf8Length } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { FormBuffer } from './form-buffer.ts';
import { keepsMember, keptContent } from './redact.ts';

/** The canonical forms of one event. Every member is written once for both. */
export interface EventForms {
  /** Hash of the form without `hashes` (EV-15, MXB-13). */
  readonly contentHash: Uint8Array;
  /** Redacted: what the event hash is taken of (EV-16, MXB-15). Good until the next forms are made. */
  readonly redacted: Uint8Array;
  /** Bytes of the whole event's form (EV-14). */
  readonly size: number;
  /** The same with the signatures, where they were in the text. */
  readonly sizeSigned?: number;
}

const contentForm = new FormBuffer();
const redactedForm = new FormBuffer();

/**
 * `pdu` must have the right shape. `signatures` and `unsigned` are in none of the forms. `maxDepth`: levels that a member may have; what is deeper, or no
 * JSON by this version's rules, throws a TypeError.
 */
export function eventForms(pdu: JsonObject, version: RoomVersion, maxDepth = Infinity): EventForms {
  const numbers = numberRule(version);
  let content = '';
  let redacted = '';
  let hashesSize = 0;
  for (const name of sortedKeys(pdu, version.keyOrder)) {
    if (name === 'signatures' || name === 'unsigned') continue;
    const value = pdu[name] as JsonValue;
    const member = `${MEMBERS.get(name) ?? `${quoted(name)}:`}${canonicalJson(value, version.keyOrder, numbers, maxDepth)}`;
    // The hashes and the comma before them; empty only in an event that is being built.
    if (name === 'hashes') hashesSize = utf8Length(member) + 1;
    else content += (content === '' ? '{' : ',') + member;
    if (!keepsMember(name, version)) continue;
    redacted += (redacted === '' ? '{' : ',') + (name === 'content' ? keptMember(pdu, value as JsonObject, member, version) : member);
  }
  const bytes = contentForm.text(`${content}}`);
  const size = bytes.length + hashesSize;
  return { contentHash: version.hash(bytes), redacted: redactedForm.text(`${redacted}}`), size };
}

/** The same from the text in which the event came, if that is canonical and has no `unsigned`. */
export function formsOfText({ bytes, members }: CanonicalText, pdu: JsonObject, version: RoomVersion): EventForms {
  contentForm.begin();
  redactedForm.begin();
  let apart = 0;
  for (const { name, start, end } of members) {
    if (name === 'signatures' || name === 'hashes') apart += end - start + 1;
    if (name === 'signatures') continue;
    if (name !== 'hashes') contentForm.copy(bytes, start, end);
    if (!keepsMember(name, version)) continue;
    const kept = name === 'content' ? keptMember(pdu, pdu[name] as JsonObject, null, version) : null;
    if (kept === null) redactedForm.copy(bytes, start, end);
    else redactedForm.member(bytes, kept);
  }
  const content = contentForm.end(bytes);
  const hashes = members.find(({ name }) => name === 'hashes');
  const size = content.length + (hashes === undefined ? 0 : hashes.end - hashes.start + 1);
  return { contentHash: version.hash(content), redacted: redactedForm.end(bytes), size, sizeSigned: content.length + apart };
}

/** What stands before the values of members that events mostly have. */
const MEMBERS: ReadonlyMap<string, string> = new Map(
  [
    'auth_events',
    'content',
    'depth',
    'guild_heads',
    'hashes',
    'origin_server',
    'origin_server_ts',
    'origin_ts',
    'prev_events',
    'room_id',
    'sender',
  ]
    .concat(['signed_by', 'state_key', 'type'])
    .map((name) => [name, `"${name}":`]),
);

/** `content` as redaction leaves it; `whole` is its text as it is. */
function keptMember<Whole>(pdu: JsonObject, content: JsonObject, whole: Whole, version: RoomVersion): string | Whole {
  const kept = keptContent(pdu['type'] as string, content, version.redaction);
  return kept === content ? whole : `"content":${canonicalJson(kept, version.keyOrder, numberRule(version))}`;
}

/** Which numbers an event of this version may hold. */
export function numberRule({ strictNumbers }: Pick<RoomVersion, 'strictNumbers'>): NumberRule {
  return strictNumbers ? 'integers' : 'fractions';
}
