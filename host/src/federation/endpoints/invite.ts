import {
  canonicalJson,
  checkCopy,
  isServerName,
  nativeVersion,
  serverOf,
  type JsonObject,
  type SignatureCheck,
  utf8Length,
} from '@openguild/core';
import type { InviteStore, PendingInvite } from '@openguild/storage';
import { HostError } from '../../http/errors.ts';
import { serverRoute, type ServerRoute } from '../../http/route.ts';
import { readPeerBody } from '../peer-body.ts';
import type { PeerDirectory } from '../peer-directory.ts';

const MAX_BODY_BYTES = 262_144;
/** Bytes of canonical JSON (FED-73): a user may have hundreds of invitations, and is shown all of them at once. */
const MAX_PREVIEW_BYTES = 16_384;

interface InviteBody {
  readonly event: JsonObject;
  readonly preview: JsonObject;
  readonly room_version: string;
  readonly via: readonly string[];
}

export interface InviteRouteOptions {
  readonly serverName: string;
  readonly invites: InviteStore;
  readonly directory: PeerDirectory;
  readonly verify: (checks: readonly SignatureCheck[]) => Promise<readonly boolean[]>;
  readonly accountExists: (userId: string) => Promise<boolean>;
  readonly onInvite: (invite: PendingInvite) => void;
  readonly now: () => number;
  readonly maxPending: number;
}

/**
 * FED-73: `POST /_federation/invite`: tells a local user of an invitation into a room of which this host may know nothing. The event is checked as far as that goes
 * (format, signatures, the inviter's published keys) and kept for showing; whether it stands is seen when the room is joined.
 */
export function inviteRoute(options: InviteRouteOptions): ServerRoute {
  return serverRoute({
    method: 'POST',
    path: '/_federation/invite',
    rate: 'federation',
    maxBodyBytes: MAX_BODY_BYTES,
    handle: async ({ origin, rawBody }) => {
      const body = readPeerBody<InviteBody>(rawBody, 'federation-invite');
      const version = nativeVersion(body.room_version);
      if (version === undefined)
        throw new HostError('UNSUPPORTED_VERSION', `room version ${body.room_version} is unknown here`, { rule: 'FED-35' });
      const copy = checkCopy(body.event, version);
      if (!copy.ok) throw new HostError('BAD_REQUEST', copy.detail, { rule: copy.rule });
      const { event, signatures } = copy.value;
      const user = event.state_key ?? '';
      const bad = (detail: string): HostError => new HostError('BAD_REQUEST', detail, { rule: 'FED-73' });
      if (event.type !== 'm.room.member' || event.content['membership'] !== 'invite' || event.redacted)
        throw bad('the event is no invitation');
      if (serverOf(event.sender) !== origin) throw bad('the inviter is not a user of the server that signed the request');
      if (serverOf(user) !== options.serverName || !(await options.accountExists(user))) {
        throw new HostError('NOT_FOUND', 'no such user here', { rule: 'FED-73' });
      }
      await checkSigned(origin, event.signed_by[0] ?? '', signatures, options);
      await keepInvite(
        {
          user_id: user,
          room_id: event.room_id,
          inviter: event.sender,
          via: viaOf(origin, body.via),
          event: event.pdu,
          preview: previewOf(body.preview),
          received_ts: options.now(),
        },
        options,
      );
      return { body: {} };
    },
  });
}

async function checkSigned(
  origin: string,
  keyId: string,
  signatures: readonly SignatureCheck[],
  options: InviteRouteOptions,
): Promise<void> {
  const keys = await options.directory.keysOf(origin, keyId);
  if (!keys.ok || !keys.value.includes(keyId))
    throw new HostError('FORBIDDEN', 'not signed by a key that the server publishes', { rule: 'FED-73' });
  if (!(await options.verify(signatures)).every((valid) => valid))
    throw new HostError('FORBIDDEN', 'a signature of the event is wrong', { rule: 'FED-73' });
}

async function keepInvite(invite: PendingInvite, options: InviteRouteOptions): Promise<void> {
  const pending = await options.invites.pendingOf(invite.user_id);
  const again = pending.some(({ room_id }) => room_id === invite.room_id);
  if (!again && pending.length >= options.maxPending) {
    throw new HostError('LIMITED', 'the user has too many pending invitations', { rule: 'FED-73', retry_after_ms: 3_600_000 });
  }
  await options.invites.addPending(invite);
  if (!again) options.onInvite(invite);
}

function previewOf(preview: JsonObject): JsonObject {
  return utf8Length(canonicalJson(preview)) > MAX_PREVIEW_BYTES ? {} : preview;
}

const MAX_VIA = 10;

/** The inviter's server first: it can vouch. */
function viaOf(origin: string, via: readonly string[]): string[] {
  return [...new Set([origin, ...via.filter(isServerName)])].slice(0, MAX_VIA);
}
