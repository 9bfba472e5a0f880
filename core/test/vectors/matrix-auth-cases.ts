/** What the cases of `make-matrix-auth-vectors.ts` are put together of: rooms by name, and single events judged in them. */
import bs58 from 'bs58';
import { plainKey, base64 } from './plain-event.ts';
import { ALICE, BOB, CAROL, type Content, type Draft, MatrixRoom } from './matrix-auth-room.ts';

export const MEMBER = 'm.room.member';
export const LEVELS = 'm.room.power_levels';
export const RULES = 'm.room.join_rules';
export const THIRD = 'm.room.third_party_invite';
export const ALICES_FRIEND = '@amy:a.example';

export interface Case {
  readonly why: string;
  readonly rule: string;
  readonly room: string;
  readonly event: object;
  readonly signed_by?: readonly string[];
  readonly rejected?: readonly string[];
  readonly state?: readonly string[];
  readonly expect: { readonly auth_events: string | null; readonly state: string | null };
}

export const rooms = new Map<string, MatrixRoom>();
export const cases: Case[] = [];

/** A room by its version and what is special about it: made once. */
export function room(version: string, name: string, make: (room: MatrixRoom) => void): string {
  const full = `${version} ${name}`;
  if (!rooms.has(full)) {
    const made = new MatrixRoom(version);
    make(made);
    rooms.set(full, made);
  }
  return full;
}

/** A room that goes on from another one. */
export function after(base: string, name: string, make: (room: MatrixRoom) => void): string {
  const { version, drafts } = rooms.get(base) as MatrixRoom;
  return room(version, name, (one) => {
    for (const [given, draft] of drafts) one.add(given, draft);
    make(one);
  });
}

export type More = Pick<Case, 'signed_by' | 'rejected' | 'state'> & { readonly auth_events?: readonly string[] };

/** `expect`: the rule that is broken in both judgements, or null; or that of each. */
export function add(rule: string, why: string, of: string, draft: Draft, expect: string | null | Case['expect'], more: More = {}): void {
  const { auth_events, ...rest } = more;
  const event = (rooms.get(of) as MatrixRoom).event(draft, auth_events);
  const both = typeof expect === 'object' && expect !== null ? expect : { auth_events: expect, state: expect };
  cases.push({ why, rule, room: of, event, ...rest, expect: both });
}

export const member = (user: string, membership: string, more: Content = {}, sender = user): Draft => ({
  type: MEMBER,
  sender,
  state_key: user,
  content: { membership, ...more },
});
export const levels = (sender: string, content: Content): Draft => ({ type: LEVELS, sender, state_key: '', content });
export const message = (sender: string): Draft => ({ type: 'm.room.message', sender, content: { body: 'hello' } });

/** A room with Bob in it, who has level 50 where Alice has 100, and with this join rule. */
export function ruled(version: string, joinRule: string): string {
  return room(version, joinRule, (one) => {
    one.add('alice', member(ALICE, 'join'));
    one.add('rules', { type: RULES, sender: ALICE, state_key: '', content: { join_rule: 'public' } });
    one.add('bob', member(BOB, 'join'));
    one.add('levels', levels(ALICE, { users: { ...one.creatorAt(100), [BOB]: 50 } }));
    if (joinRule !== 'public') one.add('closed', { type: RULES, sender: ALICE, state_key: '', content: { join_rule: joinRule } });
  });
}

/** The same, with what became of Carol. */
export function withCarol(version: string, joinRule: string, membership: 'invite' | 'ban' | 'knock' | 'join'): string {
  return after(ruled(version, joinRule), `${joinRule}, Carol: ${membership}`, (one) => {
    one.add('carol', member(CAROL, membership, {}, membership === 'invite' || membership === 'ban' ? ALICE : CAROL));
  });
}

/** Inviting and vouching need 60, Bob has 50. */
export const strict = after(ruled('11', 'restricted'), 'restricted, inviting needs 60', (one) => {
  one.add('levels2', levels(ALICE, { users: { [ALICE]: 100, [BOB]: 50 }, invite: 60 }));
});

/** Carol has joined; she has no level of her own. */
export const peopled = withCarol('11', 'public', 'join');

/** An identity server's key. */
export const key = plainKey(40);
export const publicOf = ({ id }: { readonly id: string }): string => base64(bs58.decode(id.slice('ed25519:'.length)));
export const publicKey = publicOf(key);

/** Nothing but the create event. */
export const bare = (version: string): string => room(version, 'nothing else', () => undefined);

/** A public room of version 11. */
export const open = ruled('11', 'public');

/** Bob is an additional creator, and has not joined. */
export const shared = room('12', 'two creators', (one) => {
  one.create({ additional_creators: [BOB] });
  one.add('alice', member(ALICE, 'join'));
});
