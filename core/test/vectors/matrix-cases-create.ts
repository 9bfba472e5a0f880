/** MX-1 to MX-4: create events, the room, what is cited, federation. */
import { add, after, bare, member, message, room, ruled, RULES, ALICES_FRIEND, type Case } from './matrix-auth-cases.ts';
import { ALICE, BOB, type Content, type Draft } from './matrix-auth-room.ts';

/* 1. Create events. */
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
