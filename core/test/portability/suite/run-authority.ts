import {
  actingBits,
  admissionOf,
  authorize,
  authSelection,
  BITS,
  effectivePermissions,
  heldRoles,
  isCreate,
  isListed,
  isPowerEvent,
  membershipOf,
  ownerOf,
  parseMask,
  type PermissionName,
  rankOf,
  rolesOf,
  type RoomEvent,
  type RoomKind,
  serverKeys,
  StateView,
  stayOf,
  userRank,
} from '@openguild/core';
import { differs, type Finding, find } from './finding.ts';

type PlainEvent = Pick<RoomEvent, 'event_id' | 'room_id' | 'type' | 'sender' | 'content' | 'prev_events' | 'signed_by'> & {
  readonly state_key?: string;
};

interface AuthRules {
  readonly states: Readonly<Record<string, readonly PlainEvent[]>>;
  readonly cases: readonly { why: string; kind: RoomKind; state: string; event: PlainEvent; rule: string | null }[];
}

/** auth-rules.json: the first rule that an event breaks in a state. */
export function runAuthRules({ states, cases }: AuthRules): Finding[] {
  return cases.map((one) =>
    find('auth-rules', one, () => {
      const fault = authorize(eventOf(one.event), viewOf(states[one.state] ?? []), { kind: one.kind, proofValid: true });
      return differs('rule', fault?.rule ?? null, one.rule);
    }),
  );
}

type Ask = Readonly<Record<string, unknown>>;

interface Authority {
  readonly states: Readonly<Record<string, { readonly like?: string; readonly events: readonly PlainEvent[] }>>;
  readonly cases: readonly { rule: string; why: string; state: string; ask: Ask; expect: unknown }[];
}

/** authority.json: what a state says. */
export function runAuthority({ states, cases }: Authority): Finding[] {
  return cases.map((one) =>
    find('authority', one, () => {
      const state = states[one.state];
      const below = state?.like === undefined ? [] : (states[state.like]?.events ?? []);
      return differs(Object.keys(one.ask).join(), answer(viewOf([...below, ...(state?.events ?? [])]), one.ask), one.expect);
    }),
  );
}

function answer(view: StateView, ask: Ask): unknown {
  const text = (name: string): string => ask[name] as string;
  const event = (name: string): RoomEvent => eventOf(ask[name] as PlainEvent);
  const kind = ask['kind'] as RoomKind;
  const channel = ask['channel'] as string | undefined;
  if ('admission' in ask) {
    const admission = admissionOf(view, text('admission'));
    return admission === undefined ? null : { root: admission.root, rank: admission.rank };
  }
  if ('server_keys' in ask) return serverKeys(view, text('server_keys'));
  if ('owner' in ask) return ownerOf(view);
  if ('membership' in ask) return membershipOf(view, text('membership'));
  if ('stay' in ask) return stayOf(view, text('stay')) ?? null;
  if ('roles' in ask) return Object.fromEntries([...rolesOf(view)].map(([id, { rank, allow }]) => [id, { rank, allow: String(allow) }]));
  if ('held_roles' in ask) return heldRoles(view, text('held_roles'));
  if ('rank' in ask) return userRank(view, text('rank'));
  if ('event_rank' in ask) return rankOf(event('event_rank'), view, kind);
  if ('listed' in ask) return isListed(view, text('listed'));
  if ('bit' in ask) return String(BITS[text('bit') as PermissionName]);
  if ('mask' in ask) return parseMask(ask['mask'])?.toString() ?? null;
  if ('permissions' in ask) return String(effectivePermissions(view, text('permissions'), channel).bits);
  if ('acting_bits' in ask) return String(actingBits(view, event('acting_bits'), channel));
  if ('selection' in ask) return authSelection(event('selection'), view, kind);
  if ('power_event' in ask) return isPowerEvent(event('power_event'));
  if ('verdict' in ask) return authorize(event('verdict'), view, { kind, proofValid: ask['proof'] !== 'invalid' })?.rule ?? null;
  throw new Error(`an unknown question: ${JSON.stringify(ask)}`);
}

/** A state put together of the events that hold its entries; a later one takes an earlier one's place. */
function viewOf(events: readonly PlainEvent[]): StateView {
  const all = events.map(eventOf);
  const state = new Map(all.map((one) => [`${one.type}|${one.state_key}`, one]));
  return new StateView((type, key) => state.get(`${type}|${key}`), all.find(isCreate));
}

function eventOf(plain: PlainEvent): RoomEvent {
  return { origin_ts: 0, auth_events: [], guild_heads: [], pdu: {}, redacted: false, state_key: undefined, ...plain };
}
