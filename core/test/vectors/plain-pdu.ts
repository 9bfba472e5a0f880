import { createHash, createPrivateKey, type KeyObject, sign } from 'node:crypto';
import type { Pdu } from './plain-event.ts';

/**
 * Matrix PDUs made a second time, straight from the specification and with other libraries: what vectors compare the engine with. Slow, unchecked, and
 * sharing no code with it.
 */
export interface PlainServer {
  readonly name: string;
  readonly keyId: string;
  readonly secret: KeyObject;
}

/** A server with a key from a seed of 32 equal bytes. */
export function plainServer(name: string, seedByte: number): PlainServer {
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), Buffer.alloc(32, seedByte)]);
  return { name, keyId: 'ed25519:a', secret: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }) };
}

const MEMBERS = 'event_id type room_id sender state_key content hashes signatures depth prev_events auth_events origin_server_ts'.split(
  ' ',
);
const OLD_MEMBERS = 'prev_state origin membership'.split(' ');
const LEVELS = 'ban events events_default kick redact state_default users users_default'.split(' ');

/** "Redactions" of a version; inner members as `outer.inner`; null: all. */
function keptOf(version: number, type: string): readonly string[] | null {
  switch (type) {
    case 'm.room.create':
      return version >= 11 ? null : ['creator'];
    case 'm.room.member':
      return [
        'membership',
        ...(version >= 9 ? ['join_authorised_via_users_server'] : []),
        ...(version >= 11 ? ['third_party_invite.signed'] : []),
      ];
    case 'm.room.join_rules':
      return ['join_rule', ...(version >= 8 ? ['allow'] : [])];
    case 'm.room.power_levels':
      return [...LEVELS, ...(version >= 11 ? ['invite'] : [])];
    case 'm.room.aliases':
      return version <= 5 ? ['aliases'] : [];
    case 'm.room.history_visibility':
      return ['history_visibility'];
    case 'm.room.redaction':
      return version >= 11 ? ['redacts'] : [];
    default:
      return [];
  }
}

export function plainRedactedPdu(pdu: Pdu, version: number): Pdu {
  const members = version >= 11 ? MEMBERS : [...MEMBERS, ...OLD_MEMBERS];
  const content: Pdu = {};
  const given = pdu['content'] as Pdu;
  for (const name of keptOf(version, pdu['type'] as string) ?? Object.keys(given)) {
    const [outer = '', inner] = name.split('.');
    if (!Object.hasOwn(given, outer)) continue;
    if (inner === undefined) content[outer] = given[outer];
    else if (typeof given[outer] === 'object' && given[outer] !== null && !Array.isArray(given[outer]))
      content[outer] = pick(given[outer] as Pdu, [inner]);
  }
  return { ...pick(pdu, members), content };
}

function pick(object: Pdu, names: readonly string[]): Pdu {
  return Object.fromEntries(Object.entries(object).filter(([name]) => names.includes(name)));
}

/** Appendix "Canonical JSON". */
export function plainCanonical(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(plainCanonical).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const keys = Object.keys(value).sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return `{${keys.map((key) => `${JSON.stringify(key)}:${plainCanonical((value as Pdu)[key])}`).join(',')}}`;
}

function without(pdu: Pdu, ...names: string[]): Pdu {
  return Object.fromEntries(Object.entries(pdu).filter(([name]) => !names.includes(name)));
}

function sha256(value: unknown): Buffer {
  return createHash('sha256').update(plainCanonical(value)).digest();
}

function unpadded(bytes: Buffer): string {
  return bytes.toString('base64').replaceAll('=', '');
}

/** Appendix "Signing JSON", of the redacted event. */
export function plainPduMessage(pdu: Pdu, version: number): Buffer {
  return Buffer.from(plainCanonical(without(plainRedactedPdu(pdu, version), 'signatures', 'unsigned')));
}

/** Server-server API, "Calculating the reference hash for an event"; room versions, "Event IDs". */
export function plainPduId(pdu: Pdu, version: number): string {
  const hash = createHash('sha256').update(plainPduMessage(pdu, version)).digest();
  return `$${version === 3 ? unpadded(hash) : hash.toString('base64url')}`;
}

export function plainPduHash(pdu: Pdu): string {
  return unpadded(sha256(without(pdu, 'unsigned', 'signatures', 'hashes')));
}

/** Adds the content hash (or the hashes given) and the signatures of these servers. */
export function plainSignedPdu(bare: Pdu, version: number, servers: readonly PlainServer[], hashes?: Pdu): Pdu {
  const hashed: Pdu = { ...bare, hashes: hashes ?? { sha256: plainPduHash(bare) } };
  const message = plainPduMessage(hashed, version);
  const signatures = Object.fromEntries(servers.map((one) => [one.name, { [one.keyId]: unpadded(sign(null, message, one.secret)) }]));
  return { ...hashed, signatures };
}

/** Bytes of a whole PDU but `unsigned`, signatures included. */
export function plainPduSize(pdu: Pdu): number {
  return Buffer.byteLength(plainCanonical(without(pdu, 'unsigned')));
}
