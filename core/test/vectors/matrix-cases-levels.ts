/** MX-6 to MX-13: what members may do, and power levels. */
import {
  add,
  after,
  levels,
  member,
  message,
  open,
  room,
  ruled,
  withCarol,
  shared,
  strict,
  peopled,
  publicKey,
  LEVELS,
  RULES,
  THIRD,
} from './matrix-auth-cases.ts';
import { ALICE, BOB, CAROL, type Content, type Draft } from './matrix-auth-room.ts';

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
add('MX-13.1', 'without power levels the creator has 100', unleveled, topic(ALICE), null);
add('MX-13.5', 'everybody else has 0, and state needs 50', unleveled, topic(BOB), 'MX-8.1');
const named = (sender: string, stateKey: string): Draft => ({ type: 'org.example.card', sender, state_key: stateKey, content: {} });
add('MX-9.1', "another user's ID", open, named(BOB, ALICE), 'MX-9.1');
add('MX-9.1', 'one’s own', open, named(BOB, BOB), null);
add('MX-9.1', 'anything that begins like one', open, named(BOB, '@'), 'MX-9.1');

add(
  'MX-0.1',
  'allowed by old levels, which it cites, and not by the state',
  shown,
  message(BOB),
  { auth_events: null, state: 'MX-8.1' },
  {
    auth_events: ['$create', '$levels', '$bob'],
  },
);
add(
  'MX-0.1',
  'allowed by the state, and not by old levels, which it cites',
  shown,
  topic(CAROL),
  { auth_events: 'MX-8.1', state: null },
  {
    auth_events: ['$create', '$levels', '$carol'],
  },
);
for (const [version, rule] of [
  ['10', null],
  ['11', 'MX-8.1'],
] as const)
  add(
    'MX-13.3',
    `version ${version}: the creator that the content names`,
    room(version, 'said to be Bob’s', (one) => {
      one.create({ creator: BOB });
      one.add('bob', member(BOB, 'join'));
    }),
    topic(BOB),
    rule,
  );
add(
  'MX-13.2',
  'from 12 creators need no level',
  ruled('12', 'public'),
  { type: 'm.room.topic', sender: ALICE, state_key: '', content: {} },
  null,
);
add(
  'MX-13.2',
  'additional creators likewise',
  room('12', 'two creators have joined', (one) => {
    one.create({ additional_creators: [BOB] });
    one.add('alice', member(ALICE, 'join'));
    one.add('invited', member(BOB, 'invite', {}, ALICE));
    one.add('bob', member(BOB, 'join'));
    one.add('levels', levels(ALICE, { events: { 'm.room.topic': 9_007_199_254_740_991 } }));
  }),
  topic(BOB),
  null,
);
add(
  'MX-13.4',
  'state and messages have their own defaults',
  shown,
  { type: 'org.example.card', sender: CAROL, state_key: '', content: {} },
  'MX-8.1',
);

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
