import { isObject } from '../auth/field-reader.ts';
import type { RoomEvent } from '../event/types.ts';
import type { JsonValue } from '../json/value.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { MATRIX_TYPES } from './matrix-types.ts';

/** Memberships whose rules read the join rules. */
const BY_JOIN_RULES: ReadonlySet<JsonValue | undefined> = new Set(['join', 'invite', 'knock']);

/**
 * The *auth events selection* (server-server API): the entries of the state that an event cites in `auth_events`, where the state
 * has them. Each pair once. No rule reads any other entry, so they are also what resolution looks up.
 */
export function matrixAuthTypes(event: RoomEvent, flags: MatrixAuthFlags): (readonly [type: string, stateKey: string])[] {
  if (event.type === MATRIX_TYPES.CREATE) return [];
  const selected: [string, string][] = [];
  if (flags.roomNamedBy !== 'room-id') selected.push([MATRIX_TYPES.CREATE, '']);
  selected.push([MATRIX_TYPES.POWER_LEVELS, ''], [MATRIX_TYPES.MEMBER, event.sender]);
  if (event.type !== MATRIX_TYPES.MEMBER) return selected;
  const { content, state_key: target } = event;
  const users = new Set([event.sender]);
  if (target !== undefined) users.add(target);
  if (BY_JOIN_RULES.has(content['membership'])) selected.push([MATRIX_TYPES.JOIN_RULES, '']);
  if (content['membership'] === 'invite') {
    const token = signedOf(event)?.['token'];
    if (typeof token === 'string') selected.push([MATRIX_TYPES.THIRD_PARTY_INVITE, token]);
  }
  if (content['membership'] === 'join' && flags.restrictedJoins) {
    const authoriser = Object.hasOwn(content, AUTHORISER) ? content[AUTHORISER] : undefined;
    if (typeof authoriser === 'string') users.add(authoriser);
  }
  users.delete(event.sender);
  for (const user of users) selected.push([MATRIX_TYPES.MEMBER, user]);
  return selected;
}

/** The key of a join that names who let the user in. */
export const AUTHORISER = 'join_authorised_via_users_server';

/** What an identity server signed for an invitation: `third_party_invite.signed`, if it is an object. */
export function signedOf(event: RoomEvent): { readonly [key: string]: JsonValue } | undefined {
  const invite = Object.hasOwn(event.content, 'third_party_invite') ? event.content['third_party_invite'] : undefined;
  if (invite === undefined || !isObject(invite) || !Object.hasOwn(invite, 'signed')) return undefined;
  const signed = invite['signed'] as JsonValue;
  return isObject(signed) ? signed : undefined;
}
