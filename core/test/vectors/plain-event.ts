import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import { blake3 } from '@noble/hashes/blake3.js';
import bs58 from 'bs58';
import canonicalize from 'canonicalize';

/**
 * Events made a second time, straight from PROTOCOL.md with other libraries: what vectors and tests compare the engine with.
 * Slow, unchecked, and sharing no code with it.
 */
export type Pdu = Record<string, unknown>;

export interface PlainKey {
  readonly id: string;
  readonly secret: KeyObject;
}

/** RED-2, for the types that vectors use. */
const KEPT: Record<string, readonly string[]> = {
  'm.guild.create': ['room_version', 'root', 'keys', 'owner_key', 'predecessor'],
  'm.channel.create': ['room_version', 'guild', 'kind'],
  'm.room.member': ['membership', 'root', 'stay', 'ban', 'join_authorised_via'],
  'm.guild.authority': ['roles'],
  'm.guild.member_roles': ['stay', 'roles', 'key'],
  'm.server.admission': ['root', 'keys', 'rank', 'proof'],
};

/** A key pair from a seed of 32 equal bytes, with its key ID. */
export function plainKey(seedByte: number): PlainKey {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seedByte)]);
  const secret = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const { x } = createPublicKey(secret).export({ format: 'jwk' });
  return { id: `ed25519:${bs58.encode(Buffer.from(x as string, 'base64url'))}`, secret };
}

export function base64(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('base64').replaceAll('=', '');
}

export function without(pdu: Pdu, ...names: string[]): Pdu {
  return Object.fromEntries(Object.entries(pdu).filter(([name]) => !names.includes(name)));
}

function hash(value: unknown): Uint8Array {
  return blake3(Buffer.from(canonicalize(value) as string));
}

/** RED-1 */
export function plainRedacted(pdu: Pdu): Pdu {
  const content = Object.fromEntries(Object.entries(pdu['content'] as Pdu).filter(([key]) => KEPT[pdu['type'] as string]?.includes(key)));
  return { ...without(pdu, 'unsigned'), content };
}

/** EV-14: the size that is limited. */
export function plainSize(pdu: Pdu): number {
  return Buffer.byteLength(canonicalize(without(pdu, 'signatures', 'unsigned')) as string);
}

function eventHash(pdu: Pdu): Uint8Array {
  return hash(without(plainRedacted(pdu), 'signatures', 'unsigned'));
}

/** EV-16 */
export function plainId(pdu: Pdu): string {
  return `$${bs58.encode(eventHash(pdu))}`;
}

/** SIG-1 */
export function plainMessage(pdu: Pdu): Uint8Array {
  return Buffer.concat([Buffer.from('openguild.event\n'), eventHash(pdu)]);
}

export function plainSignature(pdu: Pdu, key: PlainKey): string {
  return base64(sign(null, plainMessage(pdu), key.secret));
}

/** Adds `hashes`, `signed_by` and `signatures`: the first key signs as the origin server, further ones as whom they are given for. */
export function plainSigned(bare: Pdu, keys: readonly (readonly [name: string, key: PlainKey])[]): Pdu {
  const named = { signed_by: keys.map(([, key]) => key.id), ...bare };
  const hashed: Pdu = { ...named, hashes: { blake3: bs58.encode(hash(without(named, 'unsigned'))) } };
  const signatures: Record<string, Record<string, string>> = {};
  for (const [name, key] of keys) signatures[name] = { ...signatures[name], [key.id]: plainSignature(hashed, key) };
  return { ...hashed, signatures };
}
