import {
  checkCopy,
  type JsonObject,
  type JsonValue,
  readCopy,
  type Result,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
  serverOf,
  type Signer,
  type UnverifiedCopy,
} from '@openguild/core';
import type { Random } from '../sim/environment/random.ts';
import type { History } from '../sim/history-file.ts';
import type { Finding } from '../sim/ledger.ts';
import { drawMatrixCopy } from './drawn-copies.ts';
import { canonical, contentHash, type MatrixFate, matrixFateOf } from './model/copies.ts';
import { byCodePoints } from './model/event.ts';

/** Looked at in each history. */
const COPIES = 8;

/** What is wrong, and what shows it. */
export interface Told {
  readonly history: History;
  readonly findings: readonly Finding[];
}

/** Copies of which nobody asks what they do in a room: what the engine makes of each. The first of which it should make something else is the history. */
export function matrixCopies(random: Random, versions: readonly string[], seed: string): Told | null {
  for (let i = 0; i < COPIES; i++) {
    const versionId = random.pick(versions);
    const pdu = drawMatrixCopy(random, Number(versionId));
    const wrong = copyDiffers(pdu, versionId, true);
    if (wrong === null) continue;
    const { type, sender, room_id = '' } = pdu;
    const detail = `a copy of ${String(type)} of ${String(sender)}, version ${versionId}: by the engine ${wrong.engine}\nby the model ${wrong.model}`;
    const header = { openguild_export: 1, room_id: String(room_id), room_version: versionId, real_signatures: false, seed } as const;
    const found = `copies: ${detail.slice(0, 300)}`;
    return { history: { header: { ...header, found }, pdus: [pdu], received: [] }, findings: [{ invariant: 'copies', detail }] };
  }
  return null;
}

/** Copies that were looked at, and found right: what is a history again, with less in it, is mostly made of them. */
const right = new WeakSet<JsonObject>();

/**
 * Where the engine does otherwise with a copy than MXB-1 to MXB-17 say, in words; null: nowhere. It gets the copy as a value; with `asText` also as text, in canonical
 * form and not, as far as these say the same.
 */
export function copyDiffers(
  pdu: JsonObject,
  versionId: string,
  asText: boolean,
): { readonly engine: string; readonly model: string } | null {
  if (!asText && right.has(pdu)) return null;
  const version = roomVersion(versionId) as RoomVersion;
  const model = fateText(matrixFateOf(pdu, Number(versionId)), versionId);
  // A reader of text knows no -0 where fractions are allowed, and whose numbers are strict reads `unsigned` strictly, too.
  const isValue = version.strictNumbers || !numbersIn(pdu).some((one) => Object.is(one, -0));
  const ways = [...(isValue ? [checkCopy(pdu, version)] : []), ...(asText ? readAsText(pdu, version) : [])];
  const engine = ways.map(copyText).find((text) => text !== model);
  if (engine !== undefined) return { engine, model };
  right.add(pdu);
  return null;
}

function readAsText(pdu: JsonObject, version: RoomVersion): Result<UnverifiedCopy>[] {
  const limits = { maxDepth: 600, numbers: version.strictNumbers ? 'integers' : 'fractions' } as const;
  const read = (text: string): Result<UnverifiedCopy> => readCopy(Buffer.from(text), version, limits);
  const { unsigned = null } = pdu;
  return [
    ...(numbersIn(unsigned).every(isPlain) ? [read(plainText(pdu))] : []),
    ...(numbersIn(pdu).every(isPlain) ? [read(canonical(pdu))] : []),
  ];
}

function numbersIn(value: JsonValue): number[] {
  if (typeof value === 'number') return [value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.values(value).flatMap((inner) => numbersIn(inner as JsonValue));
}

function isPlain(value: number): boolean {
  return Number.isSafeInteger(value) && !Object.is(value, -0);
}

/** In the order of its members, and with `-0` as such. */
function plainText(value: JsonValue): string {
  if (Object.is(value, -0)) return '-0';
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (Array.isArray(value)) return `[${value.map(plainText).join()}]`;
  return `{${Object.entries(value)
    .map(([name, inner]) => `${JSON.stringify(name)}: ${plainText(inner as JsonValue)}`)
    .join()}}`;
}

function fateText({ kind, id, kept, signers, message }: MatrixFate, versionId: string): string {
  if (kind === 'dropped') return kind;
  // MXB-19
  const when = Number(versionId) >= 5 ? `at ${String(kept['origin_server_ts'])}` : 'whenever';
  const room = Object.hasOwn(kept, 'room_id') ? kept['room_id'] : `!${id?.slice(1)}`;
  return [
    `${kind} ${id} of ${String(room)}`,
    `keeps ${canonical(kept)}`,
    `after ${[...new Set(kept['prev_events'] as string[])].join(' ')}`,
    ...signers.map((server) => `signed by ${server} ${when} with ${lookedAt(kept, server)}: ${message}`),
  ].join('\n');
}

/** MXB-17. Such as are none count for nothing. Fewer than nine, of which it would depend on the order of members which are looked at. */
function lookedAt({ signatures }: JsonObject, server: string): string {
  const all = signatures as JsonObject;
  const own = (Object.hasOwn(all, server) ? all[server] : {}) as JsonObject;
  return Object.entries(own)
    .filter(([keyId]) => keyId.startsWith('ed25519:'))
    .flatMap(([keyId, text]) => (typeof text === 'string' ? [[keyId, Buffer.from(text, 'base64')] as const] : []))
    .flatMap(([keyId, bytes]) => (bytes.length === 64 ? [`${keyId} ${bytes.toString('base64')}`] : []))
    .sort(byCodePoints)
    .join();
}

function copyText(read: Result<UnverifiedCopy>): string {
  if (!read.ok) return 'dropped';
  const { event, servers } = read.value;
  return [
    `${event.redacted ? 'redacted' : 'whole'} ${event.event_id} of ${event.room_id}`,
    `keeps ${canonical(event.pdu)}`,
    `after ${event.prev_events.join(' ')}`,
    ...servers.map(({ server, options, message, at_ts, enforce_validity }) => {
      const when = enforce_validity ? `at ${at_ts}` : 'whenever';
      const given = options.map(({ key_id, signature }) => `${key_id} ${Buffer.from(signature).toString('base64')}`).sort(byCodePoints);
      return `signed by ${server} ${when} with ${given.join()}: ${Buffer.from(message).toString('utf8')}`;
    }),
  ].join('\n');
}

/** An event with these members, hashed and signed as it stands: of versions 3 to 5 also with fractions. Null if no server would keep it. */
export function writtenEvent(bare: JsonObject, version: RoomVersion, signer: Signer): RoomEvent | null {
  const hashed = { ...bare, hashes: { sha256: contentHash(bare).toString('base64').replace(/=$/, '') }, signatures: {} };
  const { message } = matrixFateOf(hashed, Number(version.id));
  const signature = Buffer.from(signer.sign(Buffer.from(message))).toString('base64');
  const copy = checkCopy({ ...hashed, signatures: { [serverOf(String(bare['sender']))]: { [signer.key_id]: signature } } }, version);
  return copy.ok ? copy.value.event : null;
}
