import { hash as digest } from 'node:crypto';
import { base58encode, base64encode, type JsonObject, type JsonValue, publicKeyOf, roomVersion, type Signer } from '@openguild/core';
import { canonical, redacted } from '../../model/copies.ts';
import { littleEndian, ORDER } from '../../model/signatures.ts';
import type { Random } from '../environment/random.ts';

/** A whole copy that is right, and with which keys it is signed. */
export interface Sound {
  readonly pdu: JsonObject;
  readonly signers: readonly Signer[];
  readonly versionId: string;
  /** The guild, or the plain room. */
  readonly mainRoom: string;
  readonly random: Random;
  /** The secret of the first signer, if the run has real keys. */
  readonly seed: Uint8Array | undefined;
}

type Fault = (sound: Sound) => JsonObject;

/** Changes what the event hash covers: hashed and signed anew, so that nothing else is wrong with it. */
const sealed =
  (change: (pdu: JsonObject, random: Random, sound: Sound) => JsonObject): Fault =>
  (sound) => {
    const { pdu, signers, versionId, random } = sound;
    const changed = change(pdu, random, sound);
    const version = roomVersion(versionId);
    if (version === undefined) throw new Error(`unknown room version ${versionId}`);
    const hash = (value: JsonObject): Uint8Array => version.hash(new TextEncoder().encode(canonical(value)));
    const { signatures: _old, unsigned, hashes: given, ...body } = changed;
    const hashes = { ...(given as JsonObject), blake3: base58encode(hash(body)) };
    const message = Buffer.concat([Buffer.from('openguild.event\n'), hash(redacted({ ...body, hashes }))]);
    const byKey = Object.fromEntries(signers.map((signer) => [signer.key_id, base64encode(signer.sign(new Uint8Array(message)))]));
    return { ...body, hashes, signatures: { [String(pdu['origin_server'])]: byKey }, ...(unsigned === undefined ? {} : { unsigned }) };
  };

/** Changes what the event hash does not cover. */
const loose =
  (change: (pdu: JsonObject, random: Random) => JsonObject): Fault =>
  ({ pdu, random }) =>
    change(pdu, random);

/** The signature by the first key, changed. */
const signature = (change: (text: string, sound: Sound) => string | null): Fault => {
  return (sound) => {
    const { pdu } = sound;
    const table = pdu['signatures'] as Record<string, Record<string, string>>;
    const [name] = Object.keys(table) as [string];
    const [key] = Object.keys(table[name] ?? {}) as [string];
    const text = change(table[name]?.[key] ?? '', sound);
    return text === null ? pdu : { ...pdu, signatures: { ...table, [name]: { ...table[name], [key]: text } } };
  };
};

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
const ID = '$11111111111111111111111111111111';

/** What is wrong with a copy, by the rule that it breaks alone: what chance seldom hits. */
export const FAULTS: readonly (readonly [rule: string, fault: Fault])[] = [
  ['EV-2', sealed((pdu) => ({ ...pdu, extra: 1 }))],
  // Left out, it would be the right copy.
  ['EV-2', loose((pdu) => ({ ...pdu, extra: 1 }))],
  ['EV-3', sealed((pdu, random) => ({ ...pdu, type: random.pick(['x'.repeat(256), 'a\nb', 'ä'.repeat(128)]) }))],
  ['EV-4', sealed((pdu, random) => ({ ...pdu, state_key: random.pick(['x'.repeat(256), 'a\u0000b']) }))],
  ['EV-5', sealed((pdu) => ({ ...pdu, origin_server: 'other.example' }))],
  ['EV-6', sealed((pdu) => ({ ...pdu, origin_ts: -1 }))],
  ['EV-7', sealed((pdu) => creating(pdu))],
  ['EV-7', sealed((pdu, _random, sound) => creatingNamed(pdu, sound))],
  ['EV-8', sealed((pdu) => ({ ...pdu, prev_events: [...(pdu['prev_events'] as string[]), ...(pdu['prev_events'] as string[])] }))],
  ['EV-8', sealed((pdu) => ({ ...pdu, prev_events: [...(pdu['prev_events'] as string[]), ID] }))],
  ['EV-9', sealed((pdu) => (pdu['auth_events'] === undefined ? { ...pdu, auth_events: [] } : { ...pdu, auth_events: [ID, ID] }))],
  ['EV-10', sealed((pdu) => (pdu['guild_heads'] === undefined ? pdu : { ...pdu, guild_heads: twice(pdu['guild_heads'] as string[]) }))],
  ['EV-11', sealed((pdu) => ({ ...pdu, signed_by: twice(pdu['signed_by'] as string[]) }))],
  ['EV-12', sealed((pdu) => ({ ...pdu, hashes: { sha256: 'x' } }))],
  ['EV-13', sealed((pdu) => ({ ...pdu, content: { ...(pdu['content'] as JsonObject), nested: nested(70) } }))],
  ['EV-14', sealed((pdu) => ({ ...pdu, content: { ...(pdu['content'] as JsonObject), body: 'x'.repeat(66_000) } }))],
  ['EV-15', loose((pdu) => ({ ...pdu, content: { ...(pdu['content'] as JsonObject), lie: 1 } }))],
  ['EV-17', loose((pdu) => ({ ...pdu, signatures: { ...(pdu['signatures'] as JsonObject), 'x.example': 5 } }))],
  ['EV-18', loose((pdu) => ({ ...pdu, signatures: { ...(pdu['signatures'] as JsonObject), ...underAnother(pdu) } }))],
  ['EV-21', loose((pdu) => ({ ...pdu, unsigned: { padding: 'x'.repeat(1_000) } }))],
  [
    'EV-21',
    loose((pdu) => ({ ...pdu, signatures: { ...(pdu['signatures'] as JsonObject), 'x.example': { 'ed25519:x': 'x'.repeat(86) } } })),
  ],
  ['SIG-2', signature((text) => `${text}==`)],
  // 64 bytes leave four bits of the last character without meaning.
  ['SIG-2', signature((text) => text.slice(0, -1) + (ALPHABET[ALPHABET.indexOf(text.slice(-1)) + 1] ?? 'B'))],
  ['SIG-3', signature((text) => withS(text, (s) => s + ORDER))],
  ['SIG-4', signature((_text, sound) => identityR(sound))],
  ['SIG-5', signature((_text, { random }) => base64encode(random.bytes(64)))],
];

/** A create event in the middle of a room. */
function creating(pdu: JsonObject): JsonObject {
  const rest = Object.fromEntries(Object.entries(pdu).filter(([name]) => name !== 'guild_heads'));
  return { ...rest, type: 'm.guild.create', state_key: '', prev_events: [], auth_events: [] };
}

/** A channel's create event with a state key: its room would begin with it. */
function creatingNamed(pdu: JsonObject, { mainRoom, versionId }: Sound): JsonObject {
  const { room_id: _room, auth_events: _auth, prev_events, guild_heads = (prev_events as string[]).slice(0, 10), ...rest } = pdu;
  const content = { guild: mainRoom, kind: 'text', room_version: versionId };
  return { ...rest, guild_heads, type: 'm.channel.create', state_key: 'x', prev_events: [], content };
}

function twice(list: readonly string[]): string[] {
  return [...list, ...list];
}

function nested(depth: number): JsonValue {
  let value: JsonValue = 'x';
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

function underAnother(pdu: JsonObject): JsonObject {
  const [table] = Object.values(pdu['signatures'] as Record<string, JsonObject>);
  return { 'x.example': table ?? {} };
}

function withS(text: string, change: (s: bigint) => bigint): string {
  const bytes = Buffer.from(text, 'base64');
  return base64encode(new Uint8Array(Buffer.concat([bytes.subarray(0, 32), bytesOf(change(littleEndian(bytes.subarray(32))))])));
}

/** Whoever knows the secret can make the equation hold for R = the identity: S = h * a. Null: there is no secret, the keys are stand-ins. */
function identityR({ pdu, signers, seed, versionId }: Sound): string | null {
  const version = roomVersion(versionId);
  const [signer] = signers;
  if (seed === undefined || signer === undefined || version === undefined) return null;
  const half = digest('sha512', seed, 'buffer').subarray(0, 32);
  half[0] = (half[0] as number) & 248;
  half[31] = ((half[31] as number) & 63) | 64;
  const { signatures: _s, unsigned: _u, ...body } = pdu;
  const eventHash = version.hash(new TextEncoder().encode(canonical(redacted(body))));
  const r = new Uint8Array(32);
  r[0] = 1;
  const key = publicKeyOf(signer.key_id) as Uint8Array;
  const h = littleEndian(digest('sha512', Buffer.concat([r, key, Buffer.from('openguild.event\n'), eventHash]), 'buffer')) % ORDER;
  return base64encode(new Uint8Array(Buffer.concat([r, bytesOf((h * littleEndian(half)) % ORDER)])));
}

function bytesOf(value: bigint): Uint8Array {
  return Uint8Array.from({ length: 32 }, (_, i) => Number((value >> BigInt(8 * i)) & 255n));
}
