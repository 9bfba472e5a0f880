import { canonicalJson, type NumberRule, quoted, sortedKeys } from '../json/canonical.ts';
import { utf8Borrowed, utf8Length } from '../json/utf8.ts';
import type { JsonObject, JsonValue } from '../json/value.ts';
import type { RoomVersion } from '../version/version-record.ts';
import { keepsMember, keptContent } from './redact.ts';

/** The canonical forms of one event. Every member is written once for both. */
export interface EventForms {
  /** Hash of the form without `hashes` (EV-15, MXB-13). */
  readonly contentHash: Uint8Array;
  /** Redacted: what the event hash is taken of (EV-16, MXB-15). */
  readonly redacted: string;
  /** Bytes of the whole event's form (EV-14). */
  readonly size: number;
}

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
  const bytes = utf8Borrowed(`${content}}`);
  const size = bytes.length + hashesSize;
  return { contentHash: version.hash(bytes), redacted: `${redacted}}`, size };
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
function keptMember(pdu: JsonObject, content: JsonObject, whole: string, version: RoomVersion): string {
  const kept = keptContent(pdu['type'] as string, content, version.redaction);
  return kept === content ? whole : `"content":${canonicalJson(kept, version.keyOrder, numberRule(version))}`;
}

/** Which numbers an event of this version may hold. */
export function numberRule({ strictNumbers }: Pick<RoomVersion, 'strictNumbers'>): NumberRule {
  return strictNumbers ? 'integers' : 'fractions';
}
