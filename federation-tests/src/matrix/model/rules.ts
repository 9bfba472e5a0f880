import { domainOf, entryOf, isUser, type Lookup, type MatrixEvent, membershipOf, own } from './event.ts';
import { isAboveAll, Levels } from './levels.ts';
import type { RuleContext } from './rule-context.ts';
import { powerLevelsRule } from './rules-levels.ts';
import { memberRule } from './rules-member.ts';

/** An event that another one cites. */
export interface Cited {
  readonly event: MatrixEvent;
  readonly rejected: boolean;
}

/** MX-1 */
function createRule({ prev, namesRoom, room, sender, content }: MatrixEvent, { version, knowsVersion }: RuleContext): string | null {
  if (prev.length > 0) return 'MX-1.1';
  if (version >= 12 ? namesRoom : domainOf(room) !== domainOf(sender)) return 'MX-1.2';
  const named = own(content, 'room_version');
  if (named !== undefined && !(typeof named === 'string' && knowsVersion(named))) return 'MX-1.3';
  const more = own(content, 'additional_creators');
  if (version >= 12 && more !== undefined && !(Array.isArray(more) && more.every(isUser))) return 'MX-1.4';
  return version < 11 && own(content, 'creator') === undefined ? 'MX-1.5' : null;
}

/** Server-server API, "Auth events selection": the entries that an event is to cite. */
export function selectedEntries(
  { type, sender, stateKey, content }: Pick<MatrixEvent, 'type' | 'sender' | 'stateKey' | 'content'>,
  version: number,
): Set<string> {
  const entries = new Set([entryOf('m.room.power_levels', ''), entryOf('m.room.member', sender)]);
  if (version < 12) entries.add(entryOf('m.room.create', ''));
  if (type !== 'm.room.member') return entries;
  const membership = own(content, 'membership');
  if (stateKey !== undefined) entries.add(entryOf('m.room.member', stateKey));
  if (membership === 'join' || membership === 'invite' || membership === 'knock') entries.add(entryOf('m.room.join_rules', ''));
  const token = (content['third_party_invite'] as { signed?: { token?: unknown } } | null | undefined)?.signed?.token;
  if (membership === 'invite' && typeof token === 'string') entries.add(entryOf('m.room.third_party_invite', token));
  const via = own(content, 'join_authorised_via_users_server');
  if (membership === 'join' && version >= 8 && typeof via === 'string') entries.add(entryOf('m.room.member', via));
  return entries;
}

/** MX-3 */
function citedRule(e: MatrixEvent, cited: readonly Cited[], version: number): string | null {
  const wanted = selectedEntries(e, version);
  const seen = new Set<string>();
  // Which of several faults is named is nobody's rule: here the first of the first entry that has one.
  for (const { event, rejected } of cited) {
    const entry = entryOf(event.type, event.stateKey ?? '');
    if (seen.has(entry)) return 'MX-3.1';
    if (event.stateKey === undefined || !wanted.has(entry)) return 'MX-3.2';
    if (rejected) return 'MX-3.3';
    if (event.room !== e.room) return 'MX-3.5';
    seen.add(entry);
  }
  return version < 12 && !seen.has(entryOf('m.room.create', '')) ? 'MX-3.4' : null;
}

/** MX-0.1, the first judgement: by what the event cites. */
export function judgeByCited(e: MatrixEvent, cited: readonly Cited[], context: RuleContext): string | null {
  if (e.type === 'm.room.create') return createRule(e, context);
  if (context.version >= 12 && context.createOf(e.room) === undefined) return 'MX-2.1';
  const wrong = citedRule(e, cited, context.version);
  if (wrong !== null) return wrong;
  return authorize(e, (type, key) => cited.find(({ event }) => event.type === type && event.stateKey === key)?.event, context);
}

/** The second judgement, by the state before the event. */
export function judgeByState(e: MatrixEvent, lookup: Lookup, context: RuleContext): string | null {
  if (e.type === 'm.room.create') return null;
  if (context.version >= 12 && context.createOf(e.room) === undefined) return 'MX-2.1';
  return authorize(e, lookup, context);
}

/** MX-4 to MX-12 */
export function authorize(e: MatrixEvent, lookup: Lookup, context: RuleContext): string | null {
  const { version } = context;
  const create = version >= 12 ? context.createOf(e.room) : lookup('m.room.create', '');
  if (create === undefined) return 'MX-3.4';
  const federate = own(create.content, 'm.federate');
  if (federate !== undefined && federate !== true && domainOf(e.sender) !== domainOf(create.sender)) return 'MX-4.1';
  if (e.type === 'm.room.aliases' && version < 6) return e.stateKey === domainOf(e.sender) ? null : 'MX-12.1';
  const levels = new Levels(lookup, create, version);
  if (e.type === 'm.room.member') return memberRule(e, { lookup, create, levels, context });
  if (membershipOf(lookup, e.sender) !== 'join') return 'MX-6.1';
  const mine = levels.ofUser(e.sender);
  if (e.type === 'm.room.third_party_invite') return mine >= levels.field('invite') ? null : 'MX-7.1';
  if (levels.needed(e) > mine) return 'MX-8.1';
  if (e.stateKey?.startsWith('@') === true && e.stateKey !== e.sender) return 'MX-9.1';
  if (e.type !== 'm.room.power_levels') return null;
  const isCreator = (user: string): boolean => isAboveAll(user, create, version);
  return powerLevelsRule(e, lookup('m.room.power_levels', ''), { version, mine, isCreator });
}
