/** MX-5: membership. */
import { sign } from 'node:crypto';
import {
  add,
  after,
  bare,
  levels,
  member,
  open,
  ruled,
  withCarol,
  shared,
  strict,
  peopled,
  publicKey,
  publicOf,
  key,
  MEMBER,
  THIRD,
  ALICES_FRIEND,
} from './matrix-auth-cases.ts';
import { ALICE, BOB, CAROL, type Content, type Draft } from './matrix-auth-room.ts';
import { base64, plainKey } from './plain-event.ts';

/* 5. Membership. */
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
add('MX-5.2', 'of other memberships than join nothing is asked', ruled('11', 'knock'), member(CAROL, 'knock', via), null);
const signed = { signed_by: ['c.example', 'a.example'] };
add('MX-5.2', 'both servers have signed', ruled('8', 'public'), member(CAROL, 'join', via), null, signed);
const nobody = { join_authorised_via_users_server: 'alice:a.example' };
add('MX-5.2', 'signed, but for what is no user ID', ruled('8', 'public'), member(CAROL, 'join', nobody), 'MX-5.2', signed);

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
