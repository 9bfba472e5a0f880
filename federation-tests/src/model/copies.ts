import { base58decode, base58encode, type JsonObject, type JsonValue, roomVersion, type SignatureCheck } from '@openguild/core';

/**
 * What EV, RED and SIG say about one copy of an event of the native version, once more: written to be read, one rule after another. It shares no code
 * with the engine but the hash function, base58 and the type of JSON.
 */
export interface Fate {
  /** `whole`: kept as it is. `redacted`: kept without what redaction removes. `dropped`: not kept. */
  readonly kind: 'whole' | 'redacted' | 'dropped';
  /** Why it is not whole. */
  readonly rule: string;
  /** Undefined where the event has no ID. */
  readonly id: string | undefined;
  /** What is kept, without `unsigned` and signatures that `signed_by` does not name (EV-21). */
  readonly kept?: JsonObject;
}

type Verify = (check: SignatureCheck) => boolean;

const MAX_BYTES = 65_536;
const MAX_DEPTH = 64;
const NEEDED = ['type', 'sender', 'origin_server', 'origin_ts', 'content', 'prev_events', 'hashes', 'signed_by', 'signatures'];
const ALLOWED: ReadonlySet<string> = new Set([...NEEDED, 'room_id', 'state_key', 'auth_events', 'guild_heads', 'unsigned']);
const CREATES = ['m.guild.create', 'm.channel.create', 'm.room.create'];

/** RED-2 */
const KEPT: Readonly<Record<string, readonly string[]>> = {
  'm.guild.create': ['room_version', 'root', 'keys', 'owner_key', 'predecessor'],
  'm.channel.create': ['room_version', 'guild', 'kind'],
  'm.room.create': ['room_version', 'root', 'keys', 'owner_key', 'predecessor'],
  'm.room.member': ['membership', 'root', 'stay', 'ban', 'join_authorised_via'],
  'm.room.join_rules': ['join_rule'],
  'm.room.power_levels': [
    ...['users', 'events', 'users_default', 'events_default', 'state_default'],
    ...['admit', 'ban', 'kick', 'invite', 'redact'],
  ],
  'm.guild.authority': ['roles'],
  'm.guild.member_roles': ['stay', 'roles', 'key'],
  'm.guild.channel': ['kind', 'deleted'],
  'm.guild.successor': ['guild'],
  'm.channel.overwrites': ['overwrites'],
  'm.server.admission': ['root', 'keys', 'rank', 'proof'],
  'm.server.keys': ['keys'],
  'm.room.redaction': ['redacts'],
};

/** What a server must do with a copy. `verify`: the equation of SIG-5 with what precedes it. */
export function fateOf(pdu: JsonValue, versionId: string, verify: Verify): Fate {
  const version = roomVersion(versionId);
  if (version === undefined) return { kind: 'dropped', rule: 'EV-1', id: undefined };
  if (!isObject(pdu)) return { kind: 'dropped', rule: 'EV-2', id: undefined };
  const shape = shapeFault(pdu, versionId);
  if (shape !== null) return { kind: 'dropped', rule: shape, id: undefined };
  const bare = redacted(pdu);
  const form = bytesOf(without(bare, 'signatures', 'unsigned'));
  const limit = limitFault(bare, form.length);
  if (limit !== null) return { kind: 'dropped', rule: limit, id: undefined };
  const eventHash = version.hash(form);
  const id = `$${base58encode(eventHash)}`;
  const signed = signatureFault(pdu, eventHash, verify);
  if (signed !== null) return { kind: 'dropped', rule: signed, id };
  const { hashes: stated } = pdu;
  const content = bytesOf(without(pdu, 'signatures', 'unsigned', 'hashes'));
  // The hashes stand between two members, with a comma of their own.
  const size = content.length + bytesOf({ hashes: stated as JsonValue }).length - 1;
  const own = limitFault(pdu, size) ?? (readable(pdu['content'] as JsonValue) ? null : 'EV-20');
  const fits = (form: Uint8Array): boolean => (stated as JsonObject)['blake3'] === base58encode(version.hash(form));
  if (own === null && fits(content)) return { kind: 'whole', rule: '', id, kept: named(without(pdu, 'unsigned')) };
  // Redaction may take nothing but what was put in wrongly.
  const kind = fits(bytesOf(without(bare, 'signatures', 'hashes'))) ? 'whole' : 'redacted';
  return { kind, rule: own ?? 'EV-15', id, kept: named(bare) };
}

/** EV-21 */
function named(e: JsonObject): JsonObject {
  const tables = Object.entries(e['signatures'] as Record<string, JsonObject>).map(([name, table]) => {
    const kept = Object.entries(table).filter(([key]) => (e['signed_by'] as string[]).includes(key));
    return [name, Object.fromEntries(kept)] as const;
  });
  return { ...e, signatures: Object.fromEntries(tables.filter(([, table]) => Object.keys(table).length > 0)) };
}

/** EV-2 to EV-12 */
function shapeFault(e: JsonObject, versionId: string): string | null {
  if (!NEEDED.every((name) => Object.hasOwn(e, name)) || !Object.keys(e).every((name) => ALLOWED.has(name)) || !isObject(e['content']))
    return 'EV-2';
  if (!text(e['type'], 255) || e['type'] === '') return 'EV-3';
  if (Object.hasOwn(e, 'state_key') && !text(e['state_key'], 255)) return 'EV-4';
  const { sender, origin_ts: ts } = e;
  if (typeof sender !== 'string' || !isUser(sender) || e['origin_server'] !== sender.slice(sender.indexOf(':') + 1)) return 'EV-5';
  if (typeof ts !== 'number' || !Number.isSafeInteger(ts) || ts < 0) return 'EV-6';
  const creates = CREATES.includes(e['type']);
  const { room_version: named } = e['content'];
  if (creates ? Object.hasOwn(e, 'room_id') || e['state_key'] !== '' || named !== versionId : !isRoom(e['room_id'])) return 'EV-7';
  if (!ids(e['prev_events'], creates ? 0 : 1, creates ? 0 : 20)) return 'EV-8';
  const channel = Object.hasOwn(e, 'guild_heads');
  if (channel === Object.hasOwn(e, 'auth_events') || (creates && channel !== (e['type'] === 'm.channel.create'))) return 'EV-9';
  if (channel ? !ids(e['guild_heads'], 1, 10) : !ids(e['auth_events'], 0, creates ? 0 : 10)) return channel ? 'EV-10' : 'EV-9';
  const by = e['signed_by'];
  if (!Array.isArray(by) || by.length < 1 || by.length > 8 || new Set(by).size !== by.length || !by.every(isKey)) return 'EV-11';
  const { hashes } = e;
  return isObject(hashes) && Object.keys(hashes).join() === 'blake3' && isHash(hashes['blake3']) ? null : 'EV-12';
}

/** EV-13, EV-14. `size`: bytes without signatures. */
function limitFault(e: JsonObject, size: number): string | null {
  if (depthOf(e) > MAX_DEPTH) return 'EV-13';
  return size > MAX_BYTES ? 'EV-14' : null;
}

/** EV-17 to EV-19, SIG-1 to SIG-5 */
function signatureFault(e: JsonObject, eventHash: Uint8Array, verify: Verify): string | null {
  const given = e['signatures'] as JsonValue;
  if (!isObject(given) || !Object.values(given).every(isObject)) return 'EV-17';
  const message = Buffer.concat([Buffer.from('openguild.event\n'), eventHash]);
  for (const [i, key] of (e['signed_by'] as string[]).entries()) {
    const under = Object.keys(given).filter((name) => Object.hasOwn(given[name] as JsonObject, key));
    const [name = ''] = under;
    if (under.length !== 1 || (i === 0 ? name !== e['origin_server'] : !isUser(name) && !isServer(name))) return 'EV-18';
    const written = (given[name] as JsonObject)[key];
    if (typeof written !== 'string') return 'EV-19';
    const signature = Buffer.from(written, 'base64');
    if (signature.length !== 64 || signature.toString('base64').replace(/=+$/, '') !== written) return 'EV-19';
    const public_key = base58decode(key.slice('ed25519:'.length)) as Uint8Array;
    if (!verify({ key_id: key, public_key, message: new Uint8Array(message), signature: new Uint8Array(signature) })) return 'SIG-5';
  }
  return null;
}

function bytesOf(value: JsonObject): Uint8Array {
  return encoder.encode(canonical(value));
}

const encoder = new TextEncoder();

/** RED-1 */
export function redacted(e: JsonObject): JsonObject {
  const keep = KEPT[e['type'] as string] ?? [];
  const content = Object.fromEntries(Object.entries(e['content'] as JsonObject).filter(([name]) => keep.includes(name)));
  return { ...without(e, 'unsigned'), content };
}

/** CJ-16 to CJ-19. JavaScript's own order of texts is that of their UTF-16 code units, and its escapes are those of RFC 8785. */
export function canonical(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonical).join()}]`;
  if (!isObject(value)) return JSON.stringify(value);
  const names = Object.keys(value).sort((a, b) => (a < b ? -1 : 1));
  return `{${names.map((name) => `${JSON.stringify(name)}:${canonical(value[name] as JsonValue)}`).join()}}`;
}

function depthOf(value: JsonValue): number {
  if (typeof value !== 'object' || value === null) return 0;
  let most = 0;
  for (const inner of Object.values(value)) most = Math.max(most, depthOf(inner as JsonValue));
  return most + 1;
}

/** What the strict reader could have read (CJ-5 to CJ-10). */
function readable(value: JsonValue): boolean {
  if (typeof value === 'number') return Number.isSafeInteger(value) && !Object.is(value, -0);
  if (typeof value === 'string') return value.isWellFormed();
  if (typeof value !== 'object' || value === null) return true;
  return Object.entries(value).every(([name, inner]) => name.isWellFormed() && readable(inner as JsonValue));
}

function without(e: JsonObject, ...names: readonly string[]): JsonObject {
  return Object.fromEntries(Object.entries(e).filter(([name]) => !names.includes(name)));
}

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function text(value: JsonValue | undefined, most: number): value is string {
  return (
    typeof value === 'string' && value.isWellFormed() && Buffer.byteLength(value) <= most && !/[\u0000-\u001f\u007f-\u009f]/.test(value)
  );
}

/** Texts that are known to be the base58 of 32 bytes: most come again and again. */
const hashes = new Set<string>();
const MAX_HASHES = 50_000;

function isHash(value: JsonValue | undefined): boolean {
  if (typeof value !== 'string') return false;
  if (hashes.has(value)) return true;
  if (base58decode(value)?.length !== 32) return false;
  if (hashes.size >= MAX_HASHES) hashes.clear();
  hashes.add(value);
  return true;
}

function isKey(value: JsonValue): boolean {
  return typeof value === 'string' && value.startsWith('ed25519:') && isHash(value.slice('ed25519:'.length));
}

/** ID-2, as far as DNS names go. */
function isServer(name: string): boolean {
  const [host = '', port, ...more] = name.split(':');
  if (more.length > 0 || name.length > 230 || (port !== undefined && !/^[1-9][0-9]{0,4}$/.test(port))) return false;
  const labels = host.split('.');
  return labels.every((label) => /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/.test(label)) && !/^[0-9]+$/.test(labels.at(-1) ?? '');
}

function isUser(id: string): boolean {
  const match = /^@([a-z0-9._=/+-]*):(.+)$/.exec(id);
  return id.length <= 255 && match !== null && isServer(match[2] as string);
}

function isRoom(value: JsonValue | undefined): boolean {
  const match = typeof value === 'string' && value.length <= 255 ? /^!([^:]+):(.+)$/.exec(value) : null;
  return match !== null && isHash(match[1] as string) && isServer(match[2] as string);
}

/** EV-8: ascending, none twice. IDs are ASCII, so JavaScript's order is that of bytes. */
function ids(value: JsonValue | undefined, least: number, most: number): boolean {
  return (
    Array.isArray(value) &&
    value.length >= least &&
    value.length <= most &&
    value.every(
      (id, i) => typeof id === 'string' && id.startsWith('$') && isHash(id.slice(1)) && (i === 0 || (value[i - 1] as string) < id),
    )
  );
}
