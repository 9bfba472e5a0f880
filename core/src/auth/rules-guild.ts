import type { Fault } from '../fault.ts';
import type { Case } from './case.ts';
import { isRoleId, readJoinRules, readListing, readOverwrites } from './content.ts';
import { TYPES } from './event-types.ts';
import { isListed, ownerOf, rolesOf, stayOf } from './members.ts';
import { type OverwriteChange, overwriteChanges } from './overwrite-changes.ts';
import { BITS, describeMask } from './permission-bits.ts';
import { actingBits } from './permissions.ts';
import { hasPersonKey, userRank } from './rank.ts';
import { RULES } from './rule-ids.ts';
import { joined, member } from './rules-membership.ts';
import { authority, memberRoles, roleLooks } from './rules-roles.ts';
import { admit, ownKeys } from './rules-servers.ts';

interface GuildRule {
  readonly judge: (c: Case) => Fault | null;
  /** Which state keys the type takes; absent where the rule itself looks at them. */
  readonly stateKey?: (stateKey: string) => boolean;
}

const single = (stateKey: string): boolean => stateKey === '';

/** AUTH-1.6. The types that a guild takes, all of them state (a guild holds no conversation), each with its rule. */
const GUILD_RULES: ReadonlyMap<string, GuildRule> = new Map([
  [TYPES.AUTHORITY, { judge: authority, stateKey: single }],
  [TYPES.ROLE, { judge: roleLooks, stateKey: isRoleId }],
  [TYPES.GRANT, { judge: memberRoles }],
  [TYPES.OVERWRITES, { judge: overwrites }],
  [TYPES.LISTING, { judge: listing }],
  [TYPES.META, { judge: settings, stateKey: single }],
  [TYPES.JOIN_RULES, { judge: settings, stateKey: single }],
  [TYPES.SUCCESSOR, { judge: successor, stateKey: single }],
  [TYPES.ADMISSION, { judge: admit }],
  [TYPES.KEYS, { judge: ownKeys }],
  [TYPES.MEMBER, { judge: member }],
]);

/** Events of a guild: the type has a rule (AUTH-1.6), the sender is a member (AUTH-6.7), unless the event is about just that. */
export function guild(c: Case): Fault | null {
  const { event } = c;
  const rule = GUILD_RULES.get(event.type);
  const stateKey = event.state_key;
  const isMerge = event.type === TYPES.MERGE && stateKey === undefined;
  const taken = c.demand(
    RULES.TYPE,
    isMerge || (rule !== undefined && stateKey !== undefined),
    () => `does a guild take ${event.type} as ${stateKey === undefined ? 'a message' : 'state'}?`,
    () => 'a guild takes merges and the state that decides who may do what',
  );
  if (taken !== null || rule === undefined || stateKey === undefined) return taken;
  const aboutMembership = event.type === TYPES.MEMBER || event.type === TYPES.KEYS;
  return (aboutMembership ? null : joined(c)) ?? demandStateKey(c, rule, stateKey) ?? rule.judge(c);
}

/** AUTH-3.12. Types of which a guild has one value take the empty state key; `m.guild.role` a role ID. */
function demandStateKey(c: Case, rule: GuildRule, stateKey: string): Fault | null {
  return c.demand(
    RULES.STATE_KEY_SHAPE,
    rule.stateKey === undefined || rule.stateKey(stateKey),
    () => `does ${c.event.type} take this state key?`,
    () => JSON.stringify(stateKey.slice(0, 64)),
  );
}

/**
 * A channel's overwrites. AUTH-7.9. The channel is listed. AUTH-7.1. It needs MANAGE_ROLES in this channel.
 * AUTH-7.10. Entries that change concern at most one member. The other demands are made of each entry that changes.
 */
function overwrites(c: Case): Fault | null {
  const channel = c.event.state_key ?? '';
  const refused =
    c.shape(readOverwrites(c.event)) ?? demandListed(c, channel) ?? c.demandBit(RULES.BIT_MANAGE_ROLES, BITS.MANAGE_ROLES, channel);
  if (refused !== null) return refused;
  const changes = overwriteChanges(c.view, c.event);
  const members = changes.filter((change) => change.kind === 'member').map((change) => change.id);
  const crowded = c.demand(
    RULES.OVERWRITES_ONE_MEMBER,
    members.length <= 1,
    () => 'do entries of at most one member change?',
    () => members.join(', ') || 'no member',
  );
  if (crowded !== null) return crowded;
  const bits = actingBits(c.view, c.event, channel);
  for (const change of changes) {
    const fault = overwriteChange(c, change, bits);
    if (fault !== null) return fault;
  }
  return null;
}

/**
 * AUTH-7.8. A role that is given an entry exists. AUTH-7.3, AUTH-6.11. The role or member ranks below the sender. AUTH-7.5. A member's
 * entry that is set names his stay (none if he is not joined). AUTH-7.4. Each bit that changes, allowed or denied, is held by the sender in
 * the channel (`bits`).
 */
function overwriteChange(c: Case, { kind, id, before, after }: OverwriteChange, bits: bigint): Fault | null {
  const { view } = c;
  const role = kind === 'role' ? rolesOf(view).get(id) : undefined;
  const rank = kind === 'role' ? (role?.rank ?? 0) : userRank(view, id);
  const lacked = (((before?.allow ?? 0n) ^ (after?.allow ?? 0n)) | ((before?.deny ?? 0n) ^ (after?.deny ?? 0n))) & ~bits;
  const stay = kind === 'member' && after !== undefined ? stayOf(view, id) : undefined;
  return (
    c.demand(
      RULES.ROLE_UNKNOWN,
      kind === 'member' || after === undefined || role !== undefined,
      () => `does ${kind} ${id} exist, or is its entry removed?`,
      () => `${kind} ${id}`,
    ) ??
    c.demandBelow(kind === 'role' ? RULES.RANK_ROLE : RULES.RANK_TARGET, rank, `${kind} ${id}`) ??
    c.demand(
      RULES.GRANT_STAY,
      kind === 'role' || after === undefined || after.stay === stay,
      () => `does the entry name the present stay of ${id}?`,
      () => stay ?? 'it has none to name',
    ) ??
    c.demand(
      RULES.BITS_LACKED,
      lacked === 0n,
      () => `does ${c.event.sender} hold every permission that changes for ${id}?`,
      () => (lacked === 0n ? 'he does' : `not ${describeMask(lacked)}`),
    )
  );
}

/** AUTH-7.9. The guild lists the channel, and it is not deleted. */
export function demandListed(c: Case, channel: string): Fault | null {
  return c.demand(
    RULES.CHANNEL_LISTED,
    isListed(c.view, channel),
    () => `does the guild list ${channel}?`,
    () => (c.view.get(TYPES.LISTING, channel) === undefined ? 'the guild has no such channel' : 'by its last listing'),
  );
}

/**
 * AUTH-7.11. Listing, editing, deleting a channel needs MANAGE_CHANNELS: in the guild for a new one, in the channel for one that is listed.
 */
function listing(c: Case): Fault | null {
  const channel = c.event.state_key ?? '';
  const malformed = c.shape(readListing(c.event));
  if (malformed !== null) return malformed;
  const where = isListed(c.view, channel) ? channel : undefined;
  return c.demandBit(RULES.BIT_MANAGE_CHANNELS, BITS.MANAGE_CHANNELS, where);
}

/** AUTH-7.12. The guild's looks and its join rules need MANAGE_GUILD. */
function settings(c: Case): Fault | null {
  const malformed = c.event.type === TYPES.JOIN_RULES ? c.shape(readJoinRules(c.event)) : null;
  return malformed ?? c.demandBit(RULES.BIT_MANAGE_GUILD, BITS.MANAGE_GUILD);
}

/** AUTH-7.13. Only the owner, signing with the owner's key if there is one, names the guild's successor. */
function successor(c: Case): Fault | null {
  const owner = ownerOf(c.view);
  return c.demand(
    RULES.OWNER,
    c.event.sender === owner && hasPersonKey(c.view, c.event),
    () => 'is it sent by the owner, with the owner key if one was fixed?',
    () => owner,
  );
}
