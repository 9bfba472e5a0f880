import {
  base64decodeLoosely,
  base64encode,
  canonicalJson,
  checkCopy,
  eventSignedBytes,
  PublishedKeys,
  type JsonObject,
  type JsonValue,
  readJson,
  type RoomEvent,
  type RoomVersion,
  roomVersion,
  type ServerSignatureCheck,
  serverSignatureChecks,
  sha256,
  signerFromSeed,
  signJson,
  utf8Encode,
  verifyPortable,
} from '@openguild/core';
import { differs, type Finding, find, first } from './finding.ts';
import { hexDecode } from './hex.ts';

interface Vector {
  readonly why: string;
  readonly rule: string;
}

/** matrix/canonical-json.json. Rule MXB-3 is about versions 3 to 5, which allow fractions. */
export function runMatrixCanonicalJson(
  vectors: readonly (Vector & { readonly input: string; readonly expect: string | null })[],
): Finding[] {
  return vectors.map((vector) =>
    find('matrix/canonical-json', vector, () => {
      const numbers = vector.rule === 'MXB-3' ? 'fractions' : 'integers';
      const read = readJson(utf8Encode(vector.input), { numbers });
      return differs('text', read.ok ? canonicalJson(read.value, 'code-points', numbers) : null, vector.expect);
    }),
  );
}

interface SigningVector extends Vector {
  readonly kind: 'json' | 'event';
  readonly input: JsonObject;
  readonly seed: string;
  readonly server: string;
  readonly key_id: string;
  readonly expect: JsonObject;
}

/** matrix/signing.json: the specification's own vectors. Its events are of version 3, and lack most of what an event has: only their bytes are asked for. */
export function runMatrixSigning(vectors: readonly SigningVector[]): Finding[] {
  const version = roomVersion('3') as RoomVersion;
  return vectors.map((vector) =>
    find('matrix/signing', vector, () => {
      const { input, server, key_id } = vector;
      const signer = signerFromSeed(base64decodeLoosely(vector.seed) as Uint8Array, key_id.slice('ed25519:'.length));
      if (vector.kind === 'json') return differs('signed', signJson(input, server, signer), vector.expect);
      const { hashes: _hashes, signatures: _signatures, unsigned: _unsigned, ...content } = input;
      const hashed = { ...input, hashes: { sha256: base64encode(sha256(utf8Encode(canonicalJson(content, version.keyOrder)))) } };
      const message = eventSignedBytes({ pdu: hashed } as unknown as RoomEvent, version);
      return differs('event', { ...hashed, signatures: { [server]: { [key_id]: base64encode(signer.sign(message)) } } }, vector.expect);
    }),
  );
}

interface KeysVector extends Vector {
  readonly keys: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

interface PduVector extends Vector {
  readonly version: string;
  readonly fill?: { readonly member: string; readonly text: string; readonly times: number };
  readonly input: JsonValue;
  readonly expect: null | {
    readonly event_id: string;
    readonly room_id: string;
    readonly redacted: boolean;
    readonly servers: Readonly<Record<string, boolean>>;
    readonly content?: JsonObject;
  };
}

/** matrix/pdus.json: one copy of an event; the first entry has the keys that the servers publish. */
export function runMatrixPdus([published, ...vectors]: readonly [KeysVector, ...PduVector[]]): Finding[] {
  const isRight = (check: ServerSignatureCheck): boolean =>
    serverSignatureChecks(check, (server, keyId) => {
      const text = published.keys[server.replace(/:[0-9]+$/, '')]?.[keyId];
      return text === undefined ? [] : [{ public_key: base64decodeLoosely(text) as Uint8Array, valid_until_ts: null }];
    }).some((one) => verifyPortable(one));
  return vectors.map((vector) =>
    find('matrix/pdus', vector, () => {
      const copy = checkCopy(filled(vector), roomVersion(vector.version) as RoomVersion);
      if (!copy.ok || vector.expect === null)
        return differs('outcome', copy.ok ? 'kept' : copy.rule, vector.expect === null ? vector.rule : 'kept');
      const { event, servers } = copy.value;
      const { event_id, room_id, redacted } = event;
      const { content, ...wanted } = vector.expect;
      return first(
        differs(
          'copy',
          { event_id, room_id, redacted, servers: Object.fromEntries(servers.map((one) => [one.server, isRight(one)])) },
          wanted,
        ),
        content === undefined ? null : differs('content', event.content, content),
      );
    }),
  );
}

function filled({ input, fill }: PduVector): JsonValue {
  if (fill === undefined) return input;
  const pdu = input as JsonObject;
  return { ...pdu, content: { ...(pdu['content'] as JsonObject), [fill.member]: fill.text.repeat(fill.times) } };
}

interface EdgeVector extends Vector {
  readonly input: { readonly public_key: string; readonly message: string; readonly signature: string };
  readonly expect: 'valid' | 'invalid';
}

/** matrix/signatures-edge.json: by the rule for published keys. */
export function runMatrixSignaturesEdge(vectors: readonly EdgeVector[]): Finding[] {
  return vectors.map((vector) =>
    find('matrix/signatures-edge', vector, () => {
      const { public_key, message, signature } = vector.input;
      const check = { key_id: '', public_key: hexDecode(public_key), message: hexDecode(message), signature: hexDecode(signature) };
      return differs('verdict', verifyPortable({ ...check, rule: 'published-keys' }) ? 'valid' : 'invalid', vector.expect);
    }),
  );
}

interface ServerKeysVector extends Vector {
  readonly version: string;
  readonly documents: readonly { readonly server_keys: JsonValue; readonly fetched_ts: number }[];
  readonly signed: {
    readonly server: string;
    readonly key_id: string;
    readonly origin_server_ts: number;
    readonly message: string;
    readonly signature: string;
  };
  readonly expect: { readonly documents: readonly boolean[]; readonly signature: 'valid' | 'invalid' };
}

/** matrix/server-keys.json: which key documents count, and which signatures their keys make right. */
export function runMatrixServerKeys(vectors: readonly ServerKeysVector[]): Finding[] {
  return vectors.map((vector) =>
    find('matrix/server-keys', vector, () => {
      const keys = new PublishedKeys(verifyPortable);
      const documents = vector.documents.map((one) => keys.add(one.server_keys, one.fetched_ts) === null);
      const { server, key_id, origin_server_ts: at_ts, message, signature } = vector.signed;
      const valid = keys.isSigned({
        server,
        at_ts,
        enforce_validity: (roomVersion(vector.version) as RoomVersion).enforceKeyValidity,
        options: [{ key_id, signature: base64decodeLoosely(signature) as Uint8Array }],
        message: utf8Encode(message),
      });
      return differs('keys', { documents, signature: valid ? 'valid' : 'invalid' }, vector.expect);
    }),
  );
}
