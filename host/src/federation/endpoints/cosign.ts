import {
  base64encode,
  checkCopy,
  eventMessage,
  fail,
  membershipOf,
  ok,
  type JsonObject,
  type Result,
  type RoomEvent,
  type RoomVersion,
  nativeVersion,
  serverOf,
  type SignatureCheck,
} from '@openguild/core';
import type { InviteCode, Store } from '@openguild/storage';
import { HostError } from '../../http/errors.ts';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import { KeyedLock } from '../../services/keyed-lock.ts';
import type { Rooms } from '../../services/rooms.ts';
import type { ServerIdentity } from '../../services/server-keys.ts';
import { notAdmitted } from '../access.ts';
import { readPeerBody } from '../peer-body.ts';
import { mayVouch } from '../local-members.ts';
import { usable } from './join-request.ts';

const MAX_BODY_BYTES = 262_144;

export interface CosignOptions {
  readonly identity: ServerIdentity;
  readonly store: Store;
  readonly rooms: Rooms;
  readonly verify: (checks: readonly SignatureCheck[]) => Promise<readonly boolean[]>;
  readonly now: () => number;
}

interface CosignBody {
  readonly code: string;
  readonly event: JsonObject;
}

/** Key-value space of joins that were signed already: event ID -> the code it used. */
const COSIGNED = 'federation.cosigned';

/**
 * FED-77: `POST /_federation/cosign`: signs one join that a code of this host vouches for, and counts one use of the code. What is signed is an event of the asking server, whole and
 * checked field by field: never a template, never anything but this one join. The same event asked again gets the same signature and counts no further use.
 */
export function cosignRoute(options: CosignOptions): ServerRoute {
  const lock = new KeyedLock();
  return serverRoute({
    method: 'POST',
    path: '/_federation/cosign',
    rate: 'federation',
    maxBodyBytes: MAX_BODY_BYTES,
    handle: async ({ origin, rawBody }) => {
      const body = readPeerBody<CosignBody>(rawBody, 'federation-cosign');
      const code = await options.store.invites.findCode(body.code);
      const room = code && (await options.store.rooms.open(code.guild_id));
      const version = room && nativeVersion(room.room_version);
      if (code === undefined || version === undefined) throw notAdmitted();
      const read = readJoin(body.event, version, options.identity);
      if (!read.ok) throw new HostError('BAD_REQUEST', read.detail, { rule: read.rule });
      const { event, others } = read.value;
      const fault = joinFault(event, origin, code, options.identity);
      if (fault !== null) throw new HostError('BAD_REQUEST', fault, { rule: 'FED-77' });
      if (!(await options.verify(others)).every((valid) => valid))
        throw new HostError('BAD_REQUEST', 'a signature of the event is wrong', { rule: 'FED-77' });
      await lock.run(code.code, () => redeem(event, code, options));
      return { body: { signature: base64encode(options.identity.daily.sign(eventMessage(event))) } };
    },
  });
}

/** Reads the join as if our signature were there already: with zeros in its place, which nobody verifies. */
function readJoin(pdu: JsonObject, version: RoomVersion, identity: ServerIdentity): Result<{ event: RoomEvent; others: SignatureCheck[] }> {
  const ours = identity.daily.key_id;
  const { signatures } = pdu;
  if (typeof signatures !== 'object' || signatures === null || Array.isArray(signatures))
    return fail('FED-77', 'the event has no signatures');
  const filled = { ...(signatures as JsonObject), [identity.serverName]: { [ours]: base64encode(new Uint8Array(64)) } };
  const copy = checkCopy({ ...pdu, signatures: filled }, version);
  if (!copy.ok) return copy;
  return ok({ event: copy.value.event, others: copy.value.signatures.filter((check) => check.key_id !== ours) });
}

const CONTENT_KEYS: ReadonlySet<string> = new Set(['membership', 'root', 'join_authorised_via']);

/** FED-77: what must be true of a join before it is signed; null if all is. */
function joinFault(event: RoomEvent, origin: string, code: InviteCode, identity: ServerIdentity): string | null {
  if (event.type !== 'm.room.member' || event.redacted) return 'the event is no join';
  if (event.content['membership'] !== 'join') return 'the event is no join';
  if (event.state_key !== event.sender) return 'a join is for oneself';
  if (serverOf(event.sender) !== origin) return 'the sender is not a user of the server that signed the request';
  if (event.room_id !== code.guild_id) return 'the event belongs to another room than the code';
  if (event.content['join_authorised_via'] !== code.creator) return 'join_authorised_via is not the creator of the code';
  if (Object.keys(event.content).some((key) => !CONTENT_KEYS.has(key))) return 'the join says more than it may';
  if (event.signed_by.length !== 2 || event.signed_by[1] !== identity.daily.key_id)
    return 'signed_by is not one key of the sender, then ours';
  return null;
}

async function redeem(event: RoomEvent, code: InviteCode, options: CosignOptions): Promise<void> {
  const { store, rooms, now } = options;
  const before = await store.values.get(COSIGNED, event.event_id);
  if (before?.['code'] === code.code) return;
  const allowed = await rooms.judge(code.guild_id, (view) => mayVouch(view, code.creator) && membershipOf(view, event.sender) !== 'ban');
  const current = await store.invites.findCode(code.code);
  if (!allowed || current === undefined || !usable(current, code.guild_id, now())) throw notAdmitted();
  if (!(await store.invites.redeemCode(code.code, now()))) throw notAdmitted();
  await store.values.set(COSIGNED, event.event_id, { code: code.code });
}
