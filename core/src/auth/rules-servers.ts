import type { Fault } from '../fault.ts';
import { serverOf } from '../identifiers.ts';
import { isServerName } from '../server-name.ts';
import type { Case } from './case.ts';
import { accepted, readAdmission, readKeys } from './content.ts';
import { TYPES } from './event-types.ts';
import { BITS } from './permission-bits.ts';
import { actingRank, levelNeeded } from './rank.ts';
import { RULES } from './rule-ids.ts';
import { admissionOf, serverKeys } from './servers.ts';

/** AUTH-1.4. The first key in `signed_by` is listed for the sender's server in the state that authorises the event. AUTH-1.5. */
export function signingKey(c: Case, bareSender: boolean): Fault | null {
  const { event, view } = c;
  const [origin = ''] = event.signed_by;
  const server = serverOf(event.sender);
  const keys = serverKeys(view, server);
  return (
    c.demand(
      RULES.KEY_LISTED,
      keys.includes(origin),
      () => `is ${origin} listed for ${server}?`,
      () => (keys.length === 0 ? `${server} is not admitted` : `listed: ${keys.join(', ')}`),
    ) ?? senderKind(c, bareSender)
  );
}

/** AUTH-1.5. The bare server sends merges and its own keys and nothing else; a person sends anything but these. */
export function senderKind(c: Case, bareSender: boolean): Fault | null {
  const { type } = c.event;
  const forServers = type === TYPES.MERGE || type === TYPES.KEYS;
  return c.demand(
    RULES.BARE_SERVER,
    bareSender === forServers,
    () => `may ${bareSender ? 'a bare server' : 'a person'} send ${type}?`,
    () => `${type} is sent by ${forServers ? 'bare servers' : 'persons'} only`,
  );
}

/**
 * Admission of another server.
 * AUTH-5.1. It needs ADMIT_SERVERS, in plain rooms the level `admit`; nobody admits his own server.
 * AUTH-5.2. The sender ranks above the old and above the new ceiling, so that nobody replaces the server of a user who ranks as high as
 * himself.
 * AUTH-5.3. The root signs for this room, server and key list (`proof`).
 * AUTH-5.4. Under the same root only the ceiling changes, not the keys.
 */
export function admit(c: Case): Fault | null {
  const { event, view } = c;
  const server = event.state_key ?? '';
  const malformed = isServerName(server)
    ? c.shape(readAdmission(event))
    : { rule: RULES.ADMIT_SHAPE, detail: 'state_key must be a server name' };
  if (malformed !== null) return malformed;
  const { root, keys, rank } = accepted(readAdmission(event));
  const refused =
    c.demand(
      RULES.BIT_ADMIT_SERVERS,
      serverOf(event.sender) !== server,
      () => `is ${server} another server than the sender's?`,
      () => event.sender,
    ) ?? mayAdmit(c);
  if (refused !== null) return refused;
  const now = admissionOf(view, server);
  return (
    c.demandBelow(RULES.RANK_SERVER, rank, `the new ceiling of ${server}`) ??
    (now === undefined ? null : c.demandBelow(RULES.RANK_SERVER, now.rank, `the present ceiling of ${server}`)) ??
    c.demand(
      RULES.ADMIT_PROOF,
      c.context.proofValid === true,
      () => `does ${root} sign for this room, ${server} and these keys?`,
      () => 'the proof in the event',
    ) ??
    c.demand(
      RULES.ADMIT_KEYS,
      now?.root !== root || (now.keys.length === keys.length && now.keys.every((key, i) => key === keys[i])),
      () => 'are the keys the same as before, or is the root new?',
      () => (now === undefined ? 'first admission' : `root ${now.root}, keys ${now.keys.join(', ')}`),
    )
  );
}

function mayAdmit(c: Case): Fault | null {
  if (!c.view.isPlain) return c.demandBit(RULES.BIT_ADMIT_SERVERS, BITS.ADMIT_SERVERS);
  return demandLevel(c, RULES.BIT_ADMIT_SERVERS, 'admit');
}

/** Does the sender reach the level that an act needs in a plain room? */
export function demandLevel(c: Case, rule: string, act: 'admit' | 'ban' | 'kick' | 'invite'): Fault | null {
  const mine = actingRank(c.view, c.event);
  const needed = levelNeeded(c.view, act);
  return c.demand(
    rule,
    mine >= needed,
    () => `does ${c.event.sender} reach the level of "${act}"?`,
    () => `${mine} against ${needed}`,
  );
}

/**
 * A server states its own keys.
 * AUTH-5.5. The state key is its admitted root.
 * AUTH-5.6. Signed by the i-th of the present keys, the new list keeps all before the i-th.
 */
export function ownKeys(c: Case): Fault | null {
  const { event, view } = c;
  const malformed = c.shape(readKeys(event));
  if (malformed !== null) return malformed;
  const server = serverOf(event.sender);
  const root = admissionOf(view, server)?.root;
  const now = serverKeys(view, server);
  const kept = now.slice(0, now.indexOf(event.signed_by[0] ?? ''));
  const next = accepted(readKeys(event));
  return (
    c.demand(
      RULES.KEYS_ROOT,
      root !== undefined && event.state_key === root,
      () => `is the state key the admitted root of ${server}?`,
      () => root ?? 'it is not admitted',
    ) ??
    c.demand(
      RULES.KEYS_ORDER,
      kept.every((key, i) => key === next[i]),
      () => 'does the list keep all keys that are more trusted than the signing key?',
      () => `these are ${kept.join(', ') || 'none'}`,
    )
  );
}
