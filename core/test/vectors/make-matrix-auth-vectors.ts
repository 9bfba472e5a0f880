/**
 * Makes `spec/vectors/matrix/auth-rules.json`, single cases of the MX rules. What is expected is written here by hand from the specification's text; events and
 * their auth events are put together without the code under test.
 *
 *     node core/test/vectors/make-matrix-auth-vectors.ts > spec/vectors/matrix/auth-rules.json
 */
import { sign } from 'node:crypto';
import bs58 from 'bs58';
import { base64, plainKey } from './plain-event.ts';
import { ALICE, BOB, CAROL, type Content, type Draft, MatrixRoom } from './matrix-auth-room.ts';

const MEMBER = 'm.room.member';
const LEVELS = 'm.room.power_levels';
const RULES = 'm.room.join_rules';
const THIRD = 'm.room.third_party_invite';
const ALICES_FRIEND = '@amy:a.example';

interface Case {
  readonly why: string;
  readonly rule: string;
  readonly room: string;
  readonly event: object;
  readonly signed_by?: readonly string[];
  readonly rejected?: readonly string[];
  readonly state?: readonly string[];
  readonly expect: { readonly auth_events: string | null; readonly state: string | null };
}

const rooms = new Map<string, MatrixRoom>();
const cases: Case[] = [];

/** A room by its version and what is special about it: made once. */
function room(version: string, name: string, make: (room: MatrixRoom) => void): string {
  const full = `${version} ${name}`;
  if (!rooms.has(full)) {
    const made = new MatrixRoom(version);
    make(made);
    rooms.set(full, made);
  }
  return full;
}

/** A room that goes on from another one. */
function after(base: string, name: string, make: (room: MatrixRoom) => void): string {
  const { version, drafts } = rooms.get(base) as MatrixRoom;
  return room(version, name, (one) => {
    for (const [given, draft] of drafts) one.add(given, draft);
    make(one);
  });
}

type More = Pick<Case, 'signed_by' | 'rejected' | 'state'> & { readonly auth_events?: readonly string[] };

/** `expect`: the rule that is broken in both judgements, or null; or that of each. */
function add(rule: string, why: string, of: string, draft: Draft, expect: string | null | Case['expect'], more: More = {}): void {
  const { auth_events, ...rest } = more;
  const event = (rooms.get(of) as MatrixRoom).event(draft, auth_events);
  const both = typeof expect === 'object' && expect !== null ? expect : { auth_events: expect, state: expect };
  cases.push({ why, rule, room: of, event, ...rest, expect: both });
}

const member = (user: string, membership: string, more: Content = {}, sender = user): Draft => ({
  type: MEMBER,
  sender,
  state_key: user,
  content: { membership, ...more },
});
const levels = (sender: string, content: Content): Draft => ({ type: LEVELS, sender, state_key: '', content });
const message = (sender: string): Draft => ({ type: 'm.room.message', sender, content: { body: 'hello' } });

/** A room with Bob in it, who has level 50 where Alice has 100, and with this join rule. */
function ruled(version: string, joinRule: string): string {
  return room(version, joinRule, (one) => {
    one.add('alice', member(ALICE, 'join'));
    one.add('rules', { type: RULES, sender: ALICE, state_key: '', content: { join_rule: 'public' } });
    one.add('bob', member(BOB, 'join'));
    one.add('levels', levels(ALICE, { users: { ...one.creatorAt(100), [BOB]: 50 } }));
    if (joinRule !== 'public') one.add('closed', { type: RULES, sender: ALICE, state_key: '', content: { join_rule: joinRule } });
  });
}

/** The same, with what became of Carol. */
function withCarol(version: string, joinRule: string, membership: 'invite' | 'ban' | 'knock' | 'join'): string {
  return after(ruled(version, joinRule), `${joinRule}, Carol: ${membership}`, (one) => {
    one.add('carol', member(CAROL, membership, {}, membership === 'invite' || membership === 'ban' ? ALICE : CAROL));
  });
}

/* 1. Create events. */
const bare = (version: string): string => room(version, 'nothing else', () => undefined);
const create = (version: string, more: Partial<Draft> = {}, content: Content = {}): Draft => ({
  type: 'm.room.create',
  sender: ALICE,
  state_key: '',
  content: { room_version: version, ...(Number(version) < 11 ? { creator: ALICE } : {}), ...content },
  ...(version === '12' ? { room_id: null } : {}),
  prev_events: [],
  ...more,
});
const created = (rule: string | null): Case['expect'] => ({ auth_events: rule, state: null });
for (const version of ['3', '10', '11', '12']) add('MX-1', `version ${version}: a create event`, bare(version), create(version), null);
add('MX-1.1', 'a create event that follows another event', bare('11'), create('11', { prev_events: ['$create'] }), created('MX-1.1'));
add('MX-1.2', 'until 11: a room ID of another server', bare('11'), create('11', { room_id: '!room:b.example' }), created('MX-1.2'));
add('MX-1.2', 'from 12: a room ID', bare('12'), create('12', { room_id: '!create' }), created('MX-1.2'));
add('MX-1.3', 'a version that nobody knows', bare('11'), create('11', {}, { room_version: 'nobody.knows' }), created('MX-1.3'));
add('MX-1.3', 'a version that is a number', bare('11'), create('11', {}, { room_version: 11 }), created('MX-1.3'));
for (const [why, list, rule] of [
  ['two more creators', [BOB, '@:c.example'], null],
  ['one who is not in a list', BOB, 'MX-1.4'],
  ['a number', [1], 'MX-1.4'],
  ['what is no user ID', [BOB, 'carol'], 'MX-1.4'],
] as const)
  add('MX-1.4', `additional_creators: ${why}`, bare('12'), create('12', {}, { additional_creators: list }), created(rule));
add('MX-1.4', 'additional_creators mean nothing until 11', bare('11'), create('11', {}, { additional_creators: 1 }), created(null));
add('MX-1.5', 'until 10: no creator', bare('10'), create('10', { content: { room_version: '10' } }), created('MX-1.5'));
add('MX-1.5', 'from 11: no creator is asked for', bare('11'), create('11'), created(null));

/* 2. The room. */
add('MX-2.1', 'a room that no create event made', ruled('12', 'public'), { ...message(BOB), room_id: '!other' }, 'MX-2.1');
add('MX-2.1', 'the room of its create event', ruled('12', 'public'), message(BOB), null);

/* 3. Auth events. */
for (const version of ['3', '11', '12'])
  add('MX-3', `version ${version}: exactly the selection`, ruled(version, 'public'), message(BOB), null);
const byList = (rule: string): Case['expect'] => ({ auth_events: rule, state: null });
add('MX-3.1', 'one entry twice', ruled('11', 'public'), message(BOB), byList('MX-3.1'), {
  auth_events: ['$create', '$levels', '$bob', '$bob'],
});
add('MX-3.2', 'an entry that no rule reads', ruled('11', 'public'), message(BOB), byList('MX-3.2'), {
  auth_events: ['$create', '$levels', '$bob', '$rules'],
});
add('MX-3.2', 'the membership of somebody else', ruled('11', 'public'), message(BOB), byList('MX-3.2'), {
  auth_events: ['$create', '$levels', '$bob', '$alice'],
});
add('MX-3.2', 'from 12: the create event', ruled('12', 'public'), message(BOB), byList('MX-3.2'), {
  auth_events: ['$create', '$levels', '$bob'],
});
add('MX-3.3', 'an event that was rejected', ruled('11', 'public'), message(BOB), byList('MX-3.3'), { rejected: ['$levels'] });
add('MX-3.4', 'until 11: no create event', ruled('11', 'public'), message(BOB), byList('MX-3.4'), { auth_events: ['$levels', '$bob'] });
add(
  'MX-3.4',
  'a state without a create event allows nothing',
  ruled('11', 'public'),
  message(BOB),
  { auth_events: null, state: 'MX-3.4' },
  {
    state: ['$alice', '$rules', '$bob', '$levels'],
  },
);
const foreign = after(ruled('11', 'public'), 'and an event of another room', (one) => {
  one.add('elsewhere', { ...member(BOB, 'join'), room_id: '!elsewhere:a.example' });
});
add('MX-3.5', 'an event of another room', foreign, message(BOB), byList('MX-3.5'), {
  auth_events: ['$create', '$levels', '$elsewhere'],
  state: ['$create', '$alice', '$rules', '$bob', '$levels'],
});

/* 4. Federation. */
const local = (value: unknown): string =>
  room('11', `m.federate: ${String(value)}`, (one) => {
    one.create({ 'm.federate': value });
    one.add('alice', member(ALICE, 'join'));
    one.add('rules', { type: RULES, sender: ALICE, state_key: '', content: { join_rule: 'public' } });
  });
add('MX-4.1', 'a user of another server', local(false), member(BOB, 'join'), 'MX-4.1');
add('MX-4.1', 'a user of the same server', local(false), member(ALICES_FRIEND, 'join'), null);
add('MX-4.1', 'a target on another server: only the sender counts', local(false), member(BOB, 'invite', {}, ALICE), null);
add('MX-4.1', 'true', local(true), member(BOB, 'join'), null);
add('MX-4.1', 'what is no boolean counts as false', local('yes'), member(BOB, 'join'), 'MX-4.1');

/* 5. Membership. */
const open = ruled('11', 'public');
add('MX-5', 'a membership event breaks none of the later rules', open, member(BOB, 'join', { displayname: 'Bob' }), null);
add('MX-5.1', 'no membership', open, { type: MEMBER, sender: CAROL, state_key: CAROL, content: {} }, 'MX-5.1');
add(
  'MX-5.1',
  'a membership that is no string',
  open,
  { type: MEMBER, sender: CAROL, state_key: CAROL, content: { membership: 1 } },
  'MX-5.1',
);
add('MX-5.1', 'no state key', open, { type: MEMBER, sender: CAROL, content: { membership: 'join' } }, 'MX-5.1');
const via = { join_authorised_via_users_server: ALICE };
add('MX-5.2', 'from 8: the other server has not signed', ruled('8', 'public'), member(CAROL, 'join', via), 'MX-5.2');
add('MX-5.2', 'until 7 nothing is asked', ruled('7', 'public'), member(CAROL, 'join', via), null);
add('MX-5.2', 'on other memberships than join as well', ruled('11', 'knock'), member(CAROL, 'knock', via), 'MX-5.2');
const signed = { signed_by: ['c.example', 'a.example'] };
add('MX-5.2', 'both servers have signed', ruled('8', 'public'), member(CAROL, 'join', via), null, signed);

add('MX-5.3', 'a join that a rule allows', open, member(CAROL, 'join'), null);
for (const version of ['3', '11', '12'])
  add(
    'MX-5.3.1',
    `version ${version}: the creator’s first event`,
    bare(version),
    { ...member(ALICE, 'join'), prev_events: ['$create'] },
    null,
  );
add('MX-5.3.1', 'not his first event', bare('11'), { ...member(ALICE, 'join'), prev_events: ['$other'] }, 'MX-5.3.4');
add('MX-5.3.1', 'somebody else', bare('11'), { ...member(BOB, 'join'), prev_events: ['$create'] }, 'MX-5.3.4');
const shared = room('12', 'two creators', (one) => {
  one.create({ additional_creators: [BOB] });
  one.add('alice', member(ALICE, 'join'));
});
add('MX-5.3.1', 'an additional creator is not meant', shared, { ...member(BOB, 'join'), prev_events: ['$create'] }, 'MX-5.3.4');
add('MX-5.3.2', 'on behalf of somebody', open, member(CAROL, 'join', {}, BOB), 'MX-5.3.2');
add('MX-5.3.3', 'a banned user', withCarol('11', 'public', 'ban'), member(CAROL, 'join'), 'MX-5.3.3');
for (const [version, rule] of [
  ['3', 'invite'],
  ['11', 'invite'],
  ['7', 'knock'],
] as const) {
  add('MX-5.3.4', `version ${version}, ${rule}: not invited`, ruled(version, rule), member(CAROL, 'join'), 'MX-5.3.4');
  add('MX-5.3.4', `version ${version}, ${rule}: invited`, withCarol(version, rule, 'invite'), member(CAROL, 'join'), null);
  add('MX-5.3.4', `version ${version}, ${rule}: joined already`, ruled(version, rule), member(BOB, 'join', { displayname: 'B' }), null);
}
add('MX-5.3.4', 'no join rules: as invite', shared, { ...member(CAROL, 'join'), prev_events: ['$alice'] }, 'MX-5.3.4');
for (const [version, rule] of [
  ['8', 'restricted'],
  ['10', 'knock_restricted'],
  ['12', 'restricted'],
] as const) {
  const of = ruled(version, rule);
  add('MX-5.3.5', `version ${version}, ${rule}: nobody vouches`, of, member(CAROL, 'join'), 'MX-5.3.5');
  add('MX-5.3.5', `version ${version}, ${rule}: a member who may invite vouches`, of, member(CAROL, 'join', via), null, signed);
  add(
    'MX-5.3.5',
    `version ${version}, ${rule}: somebody who is not joined vouches`,
    of,
    member(CAROL, 'join', { join_authorised_via_users_server: ALICES_FRIEND }),
    'MX-5.3.5',
    signed,
  );
  add('MX-5.3.5', `version ${version}, ${rule}: invited`, withCarol(version, rule, 'invite'), member(CAROL, 'join'), null);
}
const strict = after(ruled('11', 'restricted'), 'restricted, inviting needs 60', (one) => {
  one.add('levels2', levels(ALICE, { users: { [ALICE]: 100, [BOB]: 50 }, invite: 60 }));
});
const viaBob = { join_authorised_via_users_server: BOB };
add('MX-5.3.5', 'who vouches lacks the invite level', strict, member(CAROL, 'join', viaBob), 'MX-5.3.5', {
  signed_by: ['c.example', 'b.example'],
});
add('MX-5.3.6', 'public', open, member(CAROL, 'join'), null);
add('MX-5.3.7', 'private', ruled('11', 'private'), member(CAROL, 'join'), 'MX-5.3.7');
add('MX-5.3.7', 'private, although invited', withCarol('11', 'private', 'invite'), member(CAROL, 'join'), 'MX-5.3.7');
add('MX-5.3.7', 'knock until 6', withCarol('6', 'knock', 'invite'), member(CAROL, 'join'), 'MX-5.3.7');
add('MX-5.3.7', 'restricted until 7', withCarol('7', 'restricted', 'invite'), member(CAROL, 'join'), 'MX-5.3.7');
add('MX-5.3.7', 'knock_restricted until 9', withCarol('9', 'knock_restricted', 'invite'), member(CAROL, 'join'), 'MX-5.3.7');

/* 5.4. Invitations. */
add('MX-5.4', 'an invitation that a rule allows', open, member(CAROL, 'invite', {}, BOB), null);
const key = plainKey(40);
const publicOf = ({ id }: { readonly id: string }): string => base64(bs58.decode(id.slice('ed25519:'.length)));
const publicKey = publicOf(key);
const token = 'the-token';
const signedFor = (mxid: string, more: Content = {}, secret = key.secret): Content => {
  const said = { mxid, token, ...more };
  return { ...said, signatures: { 'id.example': { 'ed25519:0': base64(sign(null, Buffer.from(JSON.stringify(said)), secret)) } } };
};
const third = (content: Content, name: string, base = ruled('11', 'invite')): string =>
  after(base, `a third-party invitation, ${name}`, (one) => {
    one.add('third', { type: THIRD, sender: BOB, state_key: token, content });
  });
const single = third({ public_key: publicKey }, 'one key');
const invited = (signedPart: unknown, sender = BOB): Draft =>
  member(CAROL, 'invite', { third_party_invite: { display_name: 'Carol', signed: signedPart } }, sender);
add(
  'MX-5.4.1',
  'it stands instead of the rest: the inviter need not be joined',
  after(single, 'Bob has left after a third-party invitation', (one) => {
    one.add('gone', member(BOB, 'leave'));
  }),
  invited(signedFor(CAROL)),
  null,
);
add(
  'MX-5.4.1.1',
  'the target is banned',
  third({ public_key: publicKey }, 'Carol banned', withCarol('11', 'invite', 'ban')),
  invited(signedFor(CAROL)),
  'MX-5.4.1.1',
);
add(
  'MX-5.4.1.2',
  'nothing is signed',
  single,
  member(CAROL, 'invite', { third_party_invite: { display_name: 'Carol' } }, BOB),
  'MX-5.4.1.2',
);
add('MX-5.4.1.2', 'what is signed is no object', single, invited('signed'), 'MX-5.4.1.2');
add('MX-5.4.1.3', 'no mxid', single, invited({ token }), 'MX-5.4.1.3');
add('MX-5.4.1.3', 'no token', single, invited({ mxid: CAROL }), 'MX-5.4.1.3');
add('MX-5.4.1.4', 'signed for somebody else', single, invited(signedFor(ALICE)), 'MX-5.4.1.4');
add('MX-5.4.1.5', 'no such invitation', ruled('11', 'invite'), invited(signedFor(CAROL)), 'MX-5.4.1.5');
add('MX-5.4.1.6', 'the invitation of somebody else', single, invited(signedFor(CAROL), ALICE), 'MX-5.4.1.6');
add('MX-5.4.1.7', 'signed by the key', single, invited(signedFor(CAROL)), null);
add(
  'MX-5.4.1.7',
  'signed by one of several keys',
  third({ public_keys: [{ public_key: publicOf(plainKey(41)) }, { public_key: publicKey }] }, 'several keys'),
  invited(signedFor(CAROL)),
  null,
);
add('MX-5.4.1.7', 'signed by another key', single, invited(signedFor(CAROL, {}, plainKey(41).secret)), 'MX-5.4.1.7');
add('MX-5.4.1.7', 'altered after signing', single, invited({ ...signedFor(CAROL), extra: 1 }), 'MX-5.4.1.7');
add('MX-5.4.1.7', 'no signature', single, invited({ mxid: CAROL, token }), 'MX-5.4.1.7');
add('MX-5.4.2', 'by somebody who is not joined', open, member(CAROL, 'invite', {}, ALICES_FRIEND), 'MX-5.4.2');
add('MX-5.4.3', 'of who is joined', open, member(BOB, 'invite', {}, ALICE), 'MX-5.4.3');
add('MX-5.4.3', 'of who is banned', withCarol('11', 'public', 'ban'), member(CAROL, 'invite', {}, ALICE), 'MX-5.4.3');
add('MX-5.4.4', 'below the invite level', strict, member(CAROL, 'invite', {}, BOB), 'MX-5.4.4');
add('MX-5.4.4', 'at the invite level', strict, member(CAROL, 'invite', {}, ALICE), null);

/* 5.5 to 5.8. */
add('MX-5.5', 'leaving', open, member(BOB, 'leave'), null);
add('MX-5.5.1', 'who was never there', open, member(CAROL, 'leave'), 'MX-5.5.1');
add('MX-5.5.1', 'who is banned', withCarol('11', 'public', 'ban'), member(CAROL, 'leave'), 'MX-5.5.1');
add('MX-5.5.1', 'refusing an invitation', withCarol('11', 'invite', 'invite'), member(CAROL, 'leave'), null);
add('MX-5.5.1', 'taking back a knock, from 7', withCarol('7', 'knock', 'knock'), member(CAROL, 'leave'), null);
add('MX-5.5.2', 'by somebody who is not joined', open, member(BOB, 'leave', {}, ALICES_FRIEND), 'MX-5.5.2');
const withBan = after(withCarol('11', 'public', 'ban'), 'Carol banned, bans need 60', (one) => {
  one.add('levels2', levels(ALICE, { users: { [ALICE]: 100, [BOB]: 50 }, ban: 60 }));
});
add('MX-5.5.3', 'an unban below the ban level', withBan, member(CAROL, 'leave', {}, BOB), 'MX-5.5.3');
add('MX-5.5.3', 'an unban', withCarol('11', 'public', 'ban'), member(CAROL, 'leave', {}, BOB), null);
const peopled = withCarol('11', 'public', 'join');
add('MX-5.5.4', 'a kick', peopled, member(CAROL, 'leave', {}, BOB), null);
add('MX-5.5.4', 'a kick below the kick level', peopled, member(BOB, 'leave', {}, CAROL), 'MX-5.5.4');
add(
  'MX-5.5.4',
  'a kick of an equal',
  after(peopled, 'two of level 50', (one) => {
    one.add('levels2', levels(ALICE, { users: { [ALICE]: 100, [BOB]: 50, [CAROL]: 50 } }));
  }),
  member(CAROL, 'leave', {}, BOB),
  'MX-5.5.4',
);
add('MX-5.6', 'a ban', peopled, member(CAROL, 'ban', {}, BOB), null);
add('MX-5.6.1', 'by somebody who is not joined', open, member(BOB, 'ban', {}, CAROL), 'MX-5.6.1');
add('MX-5.6.2', 'of who ranks higher', open, member(ALICE, 'ban', {}, BOB), 'MX-5.6.2');
add('MX-5.6.2', 'of who never was there', open, member(CAROL, 'ban', {}, BOB), null);
add(
  'MX-5.6.2',
  'from 12: of a creator, by the highest number',
  after(ruled('12', 'public'), 'Bob at the highest level', (one) => {
    one.add('levels2', levels(ALICE, { users: { [BOB]: 9_007_199_254_740_991 } }));
  }),
  member(ALICE, 'ban', {}, BOB),
  'MX-5.6.2',
);
add('MX-5.7', 'a knock', ruled('7', 'knock'), member(CAROL, 'knock'), null);
add('MX-5.7.1', 'where one may not knock', ruled('7', 'invite'), member(CAROL, 'knock'), 'MX-5.7.1');
add('MX-5.7.1', 'knock_restricted until 9', ruled('9', 'knock_restricted'), member(CAROL, 'knock'), 'MX-5.7.1');
add('MX-5.7.1', 'knock_restricted from 10', ruled('10', 'knock_restricted'), member(CAROL, 'knock'), null);
add('MX-5.7.2', 'on behalf of somebody', ruled('11', 'knock'), member(CAROL, 'knock', {}, BOB), 'MX-5.7.2');
for (const membership of ['ban', 'invite', 'join'] as const) {
  const of = membership === 'join' ? ruled('11', 'knock') : withCarol('11', 'knock', membership);
  add('MX-5.7.3', `already: ${membership}`, of, member(membership === 'join' ? BOB : CAROL, 'knock'), 'MX-5.7.3');
}
add('MX-5.8', 'a membership that nobody knows', open, member(CAROL, 'hover'), 'MX-5.8');
add('MX-5.8', 'capitals', open, member(CAROL, 'JOIN'), 'MX-5.8');
add('MX-5.8', 'a knock until 6', ruled('6', 'public'), member(CAROL, 'knock'), 'MX-5.8');

/* 6 to 9. */
add('MX-6.1', 'a stranger', open, message(CAROL), 'MX-6.1');
add('MX-6.1', 'who is only invited', withCarol('11', 'invite', 'invite'), message(CAROL), 'MX-6.1');
const invitation = (sender: string): Draft => ({ type: THIRD, sender, state_key: 'another', content: { public_key: publicKey } });
add('MX-7.1', 'below the invite level', strict, invitation(BOB), 'MX-7.1');
add('MX-7.1', 'at the invite level; the level of state is not asked', peopled, invitation(CAROL), null);
const topic = (sender: string): Draft => ({ type: 'm.room.topic', sender, state_key: '', content: { topic: 'x' } });
add('MX-8.1', 'state needs 50 by default', peopled, topic(CAROL), 'MX-8.1');
add('MX-8.1', 'who has 50', peopled, topic(BOB), null);
const shown = after(peopled, 'levels by type', (one) => {
  one.add(
    'levels2',
    levels(ALICE, {
      users: { [ALICE]: 100, [BOB]: 50 },
      events: { 'm.room.message': 51, 'm.room.topic': 0 },
      events_default: 10,
      users_default: 5,
    }),
  );
});
add('MX-8.1', 'the level of a type goes before that of all messages', shown, message(BOB), 'MX-8.1');
add('MX-8.1', 'the level of a type goes before that of all state', shown, topic(CAROL), null);
add('MX-8.1', 'the default level of messages', shown, { type: 'm.sticker', sender: CAROL, content: {} }, 'MX-8.1');
const unleveled = room('11', 'without levels', (one) => {
  one.add('alice', member(ALICE, 'join'));
  one.add('rules', { type: RULES, sender: ALICE, state_key: '', content: { join_rule: 'public' } });
  one.add('bob', member(BOB, 'join'));
});
add('MX-8.1', 'without power levels the creator has 100', unleveled, topic(ALICE), null);
add('MX-8.1', 'and everybody else has 0', unleveled, topic(BOB), 'MX-8.1');
const named = (sender: string, stateKey: string): Draft => ({ type: 'org.example.card', sender, state_key: stateKey, content: {} });
add('MX-9.1', "another user's ID", open, named(BOB, ALICE), 'MX-9.1');
add('MX-9.1', 'one’s own', open, named(BOB, BOB), null);
add('MX-9.1', 'anything that begins like one', open, named(BOB, '@'), 'MX-9.1');

/* 10. Power levels. */
const setBy = (version: string, content: Content): Draft =>
  levels(ALICE, {
    ...content,
    users: { ...(version === '12' ? {} : { [ALICE]: 100 }), [BOB]: 50, ...(content['users'] as object | undefined) },
  });
add('MX-10', 'levels that change within bounds', open, setBy('11', { ban: 60 }), null);
for (const [version, value, rule] of [
  ['10', '50', 'MX-10.1'],
  ['9', '50', null],
  ['9', ' +0050 ', null],
  ['9', 'fifty', 'MX-10.1'],
  ['5', 50.5, null],
  ['11', null, 'MX-10.1'],
  ['12', [50], 'MX-10.1'],
] as const)
  add('MX-10.1', `version ${version}: ban is ${JSON.stringify(value)}`, ruled(version, 'public'), setBy(version, { ban: value }), rule);
for (const [version, content, rule] of [
  ['10', { events: { x: '1' } }, 'MX-10.2'],
  ['9', { events: { x: '1' } }, null],
  ['11', { events: [] }, 'MX-10.2'],
  ['6', { notifications: { room: 'all' } }, 'MX-10.2'],
  ['5', { notifications: { room: 'all' } }, null],
] as const)
  add('MX-10.2', `version ${version}: ${JSON.stringify(content)}`, ruled(version, 'public'), setBy(version, content), rule);
for (const [version, users, rule] of [
  ['11', { [CAROL]: '1' }, 'MX-10.3'],
  ['9', { [CAROL]: '1' }, null],
  ['11', { carol: 1 }, 'MX-10.3'],
  ['11', { '@Ca rol:c.example': 1 }, null],
] as const)
  add('MX-10.3', `version ${version}: users ${JSON.stringify(users)}`, ruled(version, 'public'), setBy(version, { users }), rule);
add('MX-10.3', 'users are no object', open, levels(ALICE, { users: [] }), 'MX-10.3');
add('MX-10.4', 'from 12: the creator', ruled('12', 'public'), setBy('12', { users: { [ALICE]: 100 } }), 'MX-10.4');
add('MX-10.4', 'from 12: an additional creator', shared, levels(ALICE, { users: { [BOB]: 100 } }), 'MX-10.4');
add('MX-10.4', 'until 11 the creator has a level like anybody', open, setBy('11', {}), null);
add('MX-10.5', 'the first levels may be anything', unleveled, levels(ALICE, { users: { [ALICE]: 200, [BOB]: 300 } }), null);
const powerful = after(peopled, 'levels may be set by 50', (one) => {
  one.add(
    'levels2',
    levels(ALICE, { users: { [ALICE]: 100, [BOB]: 50 }, events: { [LEVELS]: 50, 'm.high': 60 }, notifications: { room: 60 }, kick: 60 }),
  );
});
const edit = (change: Content, users: Content = {}): Draft =>
  levels(BOB, {
    users: { [ALICE]: 100, [BOB]: 50, ...users },
    events: { [LEVELS]: 50, 'm.high': 60 },
    notifications: { room: 60 },
    kick: 60,
    ...change,
  });
for (const [why, change, rule] of [
  ['what is above the sender goes down', { kick: 50 }, 'MX-10.6'],
  ['above the sender', { ban: 51 }, 'MX-10.6'],
  ['as high as the sender', { invite: 50 }, null],
  ['the default that is left out counts', { state_default: 51 }, 'MX-10.6'],
] as const)
  add('MX-10.6', why, powerful, edit(change), rule);
add('MX-10.7', 'the level of a type above the sender goes down', powerful, edit({ events: { [LEVELS]: 50, 'm.high': 50 } }), 'MX-10.7');
add('MX-10.7', 'it is removed', powerful, edit({ events: { [LEVELS]: 50 } }), 'MX-10.7');
add('MX-10.7', 'from 6 likewise of notifications', powerful, edit({ notifications: {} }), 'MX-10.7');
add('MX-10.8', 'the level of a type is set above the sender', powerful, edit({ events: { [LEVELS]: 50, 'm.high': 60, x: 51 } }), 'MX-10.8');
add('MX-10.8', 'from 6 likewise of notifications', powerful, edit({ notifications: { room: 60, all: 51 } }), 'MX-10.8');
add('MX-10.8', 'as high as the sender', powerful, edit({ events: { [LEVELS]: 50, 'm.high': 60, x: 50 } }), null);
add('MX-10.9', 'somebody above goes down', powerful, edit({}, { [ALICE]: 50 }), 'MX-10.9');
const equals = after(peopled, 'two of level 50 who may set levels', (one) => {
  one.add('levels2', levels(ALICE, { users: { [ALICE]: 100, [BOB]: 50, [CAROL]: 50 } }));
});
const among = (users: Content): Draft => levels(BOB, { users: { [ALICE]: 100, [BOB]: 50, [CAROL]: 50, ...users } });
add('MX-10.9', 'an equal goes down', equals, among({ [CAROL]: 0 }), 'MX-10.9');
add('MX-10.9', 'oneself goes down', equals, among({ [BOB]: 0 }), null);
add('MX-10.10', 'somebody is set above the sender', powerful, edit({}, { [CAROL]: 51 }), 'MX-10.10');
add('MX-10.10', 'oneself', powerful, edit({}, { [BOB]: 51 }), 'MX-10.10');
add('MX-10.10', 'as high as the sender', powerful, edit({}, { [CAROL]: 50 }), null);

/* 12. Aliases. */
const aliases = (stateKey?: string): Draft => ({
  type: 'm.room.aliases',
  sender: CAROL,
  content: { aliases: [] },
  ...(stateKey === undefined ? {} : { state_key: stateKey }),
});
add('MX-12.1', 'until 5: by its own server, joined or not', ruled('5', 'public'), aliases('c.example'), null);
add('MX-12.1', 'until 5: of another server', ruled('5', 'public'), aliases('a.example'), 'MX-12.1');
add('MX-12.1', 'until 5: no state key', ruled('5', 'public'), aliases(), 'MX-12.1');
add('MX-12.1', 'from 6 an event like any other', ruled('6', 'public'), aliases('c.example'), 'MX-6.1');

const lines = (all: readonly string[]): string => all.map((one) => `    ${one}`).join(',\n');
const texts = [...rooms].map(
  ([name, one]) =>
    `  ${JSON.stringify(name)}: {"version": "${one.version}", "events": [\n${lines(one.events.map((event) => JSON.stringify(event)))}\n  ]}`,
);
process.stdout.write(`{"rooms": {\n${texts.join(',\n')}\n}, "cases": [\n${lines(cases.map((one) => JSON.stringify(one)))}\n]}\n`);
