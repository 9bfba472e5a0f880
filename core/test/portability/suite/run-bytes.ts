import {
  admissionMessage,
  base64decode,
  base64encode,
  canonicalJson,
  checkCopy,
  eventMessage,
  fail,
  isEventId,
  isRoomId,
  isServerName,
  isUserId,
  type JsonObject,
  type JsonValue,
  NATIVE_VERSION,
  publicKeyOf,
  readJson,
  redactEvent,
  roomVersion,
  signerFromSeed,
  storedEvent,
  utf8Compare,
  utf8Encode,
  verifyPortable,
} from '@openguild/core';
import { differs, type Finding, find, first } from './finding.ts';
import { hexDecode, hexEncode } from './hex.ts';
import { VERSION } from './vector-host.ts';

interface Vector {
  readonly why: string;
  readonly rule: string;
}

interface JsonVector extends Vector {
  readonly input?: string;
  readonly input_hex?: string;
  readonly input_repeat?: { readonly before: string; readonly text: string; readonly times: number; readonly after: string };
  readonly expect: string | null;
}

/** canonical-json.json: read strictly, write canonically. */
export function runCanonicalJson(vectors: readonly JsonVector[]): Finding[] {
  return vectors.map((vector) =>
    find('canonical-json', vector, () => {
      const read = readJson(bytesOf(vector));
      if (!read.ok) return vector.expect === null ? differs('rule', read.rule, vector.rule) : `${read.rule}: ${read.detail}`;
      return differs('text', canonicalJson(read.value), vector.expect);
    }),
  );
}

function bytesOf({ input, input_hex, input_repeat }: JsonVector): Uint8Array {
  if (input_hex !== undefined) return hexDecode(input_hex);
  if (input_repeat !== undefined)
    return utf8Encode(input_repeat.before + input_repeat.text.repeat(input_repeat.times) + input_repeat.after);
  return utf8Encode(input ?? '');
}

interface IdentifierVector extends Vector {
  readonly kind: 'server' | 'user' | 'room' | 'event' | 'key' | 'order';
  readonly input: string | readonly string[];
  readonly expect: string | readonly string[];
}

const WELL_FORMED: Readonly<Record<string, (text: string) => boolean>> = {
  server: isServerName,
  user: isUserId,
  room: isRoomId,
  event: isEventId,
  key: (text) => publicKeyOf(text) !== undefined,
};

/** identifiers.json */
export function runIdentifiers(vectors: readonly IdentifierVector[]): Finding[] {
  return vectors.map((vector) =>
    find('identifiers', vector, () => {
      if (vector.kind === 'order') return differs('order', [...(vector.input as readonly string[])].sort(utf8Compare), vector.expect);
      return differs(vector.kind, WELL_FORMED[vector.kind]?.(vector.input as string) === true ? 'valid' : 'invalid', vector.expect);
    }),
  );
}

interface EventVector extends Vector {
  readonly input: JsonObject;
  readonly version?: string;
  readonly fill?: { readonly member: string; readonly text: string; readonly times: number };
  readonly expect: null | {
    readonly event_id: string;
    readonly room_id: string;
    readonly redacted: boolean;
    readonly signatures: 'valid' | 'invalid';
    readonly stored?: JsonObject;
  };
}

/** events.json: one copy of an event, from bytes. */
export function runEvents(vectors: readonly EventVector[]): Finding[] {
  return vectors.map((vector) =>
    find('events', vector, () => {
      const { fill, input, expect } = vector;
      const filled =
        fill === undefined
          ? input
          : { ...input, content: { ...(input['content'] as JsonObject), [fill.member]: fill.text.repeat(fill.times) } };
      const version = roomVersion(vector.version ?? NATIVE_VERSION);
      const read = readJson(utf8Encode(JSON.stringify(filled)), { maxBytes: 2_000_000, maxDepth: 200 });
      const copy = version === undefined ? fail('EV-1', 'unknown version') : read.ok ? checkCopy(read.value, version) : read;
      if (!copy.ok || expect === null) return differs('outcome', copy.ok ? 'kept' : copy.rule, expect === null ? vector.rule : 'kept');
      const { event, signatures } = copy.value;
      const { event_id, room_id, redacted } = event;
      const valid = signatures.every((check) => verifyPortable(check)) ? 'valid' : 'invalid';
      const { stored, ...wanted } = expect;
      return first(
        differs('copy', { event_id, room_id, redacted, signatures: valid }, wanted),
        stored === undefined ? null : differs('stored', event.pdu, stored),
      );
    }),
  );
}

interface RedactionVector extends Vector {
  readonly input: { readonly type: string; readonly content: JsonObject };
  readonly expect: JsonObject;
}

/** redaction.json */
export function runRedaction(vectors: readonly RedactionVector[]): Finding[] {
  const around = { sender: '@a:a.example', origin_ts: 0, prev_events: [], auth_events: [], signed_by: [], room_id: '!' };
  return vectors.map((vector) =>
    find('redaction', vector, () =>
      differs(
        'content',
        redactEvent(storedEvent({ ...around, ...vector.input }, '$', { redacted: false }), VERSION).content,
        vector.expect,
      ),
    ),
  );
}

type SignatureVector = Vector &
  (
    | {
        readonly kind: 'event' | 'admission';
        readonly input: Readonly<Record<string, JsonValue>>;
        readonly expect: { readonly key_id: string; readonly message: string; readonly signature: string };
      }
    | { readonly kind: 'base64'; readonly input: string; readonly expect: string | null }
  );

/** signatures.json: what is signed, and how. */
export function runSignatures(vectors: readonly SignatureVector[]): Finding[] {
  return vectors.map((vector) =>
    find('signatures', vector, () => {
      if (vector.kind === 'base64') {
        const decoded = base64decode(vector.input);
        return differs('bytes', decoded === undefined ? null : hexEncode(decoded), vector.expect);
      }
      const { seed, event_id, room_id, server, root, keys } = vector.input as Readonly<Record<string, string>> & {
        keys: readonly string[];
      };
      const signer = signerFromSeed(hexDecode(seed as string));
      const message =
        vector.kind === 'event'
          ? eventMessage(storedEvent({ content: {} }, event_id as string, { redacted: false }))
          : admissionMessage(room_id as string, server as string, root as string, keys);
      const got = { key_id: signer.key_id, message: hexEncode(message), signature: base64encode(signer.sign(message)) };
      return differs('signature', got, vector.expect);
    }),
  );
}

interface EdgeVector extends Vector {
  readonly input: { readonly public_key: string; readonly message: string; readonly signature: string };
  readonly expect: 'valid' | 'invalid';
}

/** signatures-edge.json: which signatures are valid. */
export function runSignaturesEdge(vectors: readonly EdgeVector[]): Finding[] {
  return vectors.map((vector) =>
    find('signatures-edge', vector, () => {
      const { public_key, message, signature } = vector.input;
      const check = { key_id: '', public_key: hexDecode(public_key), message: hexDecode(message), signature: hexDecode(signature) };
      return differs('verdict', verifyPortable(check) ? 'valid' : 'invalid', vector.expect);
    }),
  );
}
