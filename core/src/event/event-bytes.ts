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
  const { content, redacted } = memberTexts(pdu, version, maxDepth);
  const bytes = contentForm.text(content);
  const hashes = redacted.find((member) => member.startsWith(HASHES));
  return { contentHash: version.hash(bytes), redacted: redactedForm.text(`{${redacted.join(',')}}`), size: sizeWith(bytes, hashes) };
}

/** The same of an event that is being built and whose `hashes` are empty; and these, whose only member is called `hashName` and spelt by `spellHash`. */
export function formsOfNew(
  bare: JsonObject,
  version: RoomVersion,
  spellHash: (contentHash: Uint8Array) => string,
): { readonly forms: EventForms; readonly hashes: JsonObject } {
  const { content, redacted } = memberTexts(bare, version, Infinity);
  const bytes = contentForm.text(content);
  const contentHash = version.hash(bytes);
  const hashes = { [version.hashName]: spellHash(contentHash) };
  const member = HASHES + canonicalJson(hashes, version.keyOrder);
  redacted[redacted.findIndex((one) => one.startsWith(HASHES))] = member;
  return { hashes, forms: { contentHash, redacted: redactedForm.text(`{${redacted.join(',')}}`), size: sizeWith(bytes, member) } };
}

const HASHES = '"hashes":';

/** The form without `hashes`, and the members of the redacted one. */
function memberTexts(pdu: JsonObject, version: RoomVersion, maxDepth: number): { readonly content: string; readonly redacted: string[] } {
  const numbers = numberRule(version);
  let content = '';
  const redacted: string[] = [];
  for (const name of sortedKeys(pdu, version.keyOrder)) {
    if (name === 'signatures' || name === 'unsigned') continue;
    const value = pdu[name] as JsonValue;
    const member = `${MEMBERS.get(name) ?? `${quoted(name)}:`}${canonicalJson(value, version.keyOrder, numbers, maxDepth)}`;
    if (name !== 'hashes') content += (content === '' ? '{' : ',') + member;
    if (keepsMember(name, version)) redacted.push(name === 'content' ? keptMember(pdu, value as JsonObject, member, version) : member);
  }
  return { content: `${content}}`, redacted };
}

/** Bytes of the whole form: the hashes, where there are any, and the comma before them come to the others. */
function sizeWith(content: Uint8Array, hashes: string | undefined): number {
  return content.length + (hashes === undefined ? 0 : utf8Length(hashes) + 1);
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
