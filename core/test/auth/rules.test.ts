import { expect } from 'chai';
import { authorize } from '../../src/auth/authorize.ts';
import { BITS } from '../../src/auth/permission-bits.ts';
import { RULES } from '../../src/auth/rule-ids.ts';
import { StateView } from '../../src/auth/state-view.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { keyNamed, roomNamed } from './names.ts';
import { PublishedCases } from './published-cases.ts';
import {
  admission,
  CHANNEL,
  type Draft,
  EVERYDAY,
  grant,
  guild,
  join,
  K,
  make,
  membership,
  overwrites,
  plain,
  ROLES,
  roles,
  type SmallRoom,
  state,
  user,
} from './small-room.ts';

type Name = keyof typeof RULES;

/** Rules that the room engine applies, with tests of its own. */
const OF_THE_ENGINE: readonly Name[] = [
  'CITES_REJECTED',
  'CITES_REJECTED_GUILD',
  'PREV',
  'GUILD_HEADS',
  'FRONTIER',
  'AUTH_SELECTION',
  'AHEAD',
];

const seen = new Set<string>();
const published = new PublishedCases();

/** Says in which room which draft is refused by which rule (null: accepted). */
function cases(
  room: SmallRoom,
  judge: 'judge' | 'judgeInChannel',
  table: readonly (readonly [why: string, draft: Draft, rule: Name | null])[],
): void {
  for (const [why, draft, rule] of table) {
    published.add(room, judge === 'judge' ? room.kind : 'channel', why, draft, rule === null ? null : RULES[rule]);
    it(`${rule === null ? 'accepts' : `${rule} (${RULES[rule]}) refuses`} ${why}`, () => {
      expect(room[judge](draft)).to.equal(rule === null ? 'ok' : RULES[rule]);
      if (rule !== null) seen.add(rule);
    });
  }
}

const create = (content: JsonObject, more: Partial<Draft> = {}): Draft => ({
  type: 'm.guild.create',
  sender: user('olga'),
  state_key: '',
  content: { root: K.a0, keys: [K.a0, K.a1], ...content },
  prev_events: [],
  ...more,
});
const ENTRY = { kind: 'role', id: 'low', allow: '0', deny: '2048' };
const MEMBER_ENTRY = { kind: 'member', id: user('sam'), allow: '0', deny: '2048', stay: '$join sam' };

describe('create events', () => {
  const first = (draft: Draft): string =>
    authorize(make(draft), new StateView(() => undefined, undefined), { kind: 'guild' })?.rule ?? 'ok';

  it('stand first, signed by a key of their own list and by the owner key that they fix', () => {
    expect(first(create({}))).to.equal('ok');
    expect(first(create({ owner_key: K.p }, { signed_by: [K.a1, K.p] }))).to.equal('ok');
    expect(first(create({ owner_key: K.p }))).to.equal(RULES.OWNER_KEY);
    expect(first(create({}, { signed_by: [K.b1] }))).to.equal(RULES.KEY_LISTED);
    expect(first(create({}, { sender: '@:a.example' }))).to.equal(RULES.BARE_SERVER);
    expect(first(create({}, { prev_events: ['$x'] }))).to.equal(RULES.CREATE_ONCE);
    expect(first(create({ keys: [] }))).to.equal(RULES.CREATE_SHAPE);
    expect(guild.judge(create({}))).to.equal(RULES.CREATE_ONCE);
    for (const rule of ['OWNER_KEY', 'CREATE_ONCE', 'CREATE_SHAPE']) seen.add(rule);
  });

  it('come before everything else', () => {
    expect(first(join('olga'))).to.equal(RULES.CREATE_FIRST);
    seen.add('CREATE_FIRST');
  });
});

describe('keys and senders', () => {
  cases(guild, 'judge', [
    ['a key of another server', { ...state('adam', 'm.guild.meta', {}), signed_by: [K.b1] }, 'KEY_LISTED'],
    ['a server that is not admitted', { ...membership('cleo@c', 'cleo@c', 'leave'), signed_by: [K.c0] }, 'KEY_LISTED'],
    ['a person who sends a merge', { type: 'm.room.merge', sender: user('adam') }, 'BARE_SERVER'],
    ['a server that sends a person’s event', state('@b', 'm.guild.meta', {}), 'BARE_SERVER'],
    ['a merge by a bare server', { type: 'm.room.merge', sender: user('@b') }, null],
    ['a merge as state', { type: 'm.room.merge', sender: user('@b'), state_key: '' }, 'TYPE'],
    ['conversation in a guild', { type: 'm.room.message', sender: user('adam') }, 'TYPE'],
    ['authority that is not state', { type: 'm.guild.authority', sender: user('olga'), content: { roles: ROLES } }, 'TYPE'],
    ['a second value of what has one', { ...roles('olga', {}), state_key: 'x' }, 'STATE_KEY_SHAPE'],
    ['somebody who is no member', state('ivy', 'm.guild.meta', {}), 'NOT_JOINED'],
  ]);
});

describe('servers', () => {
  const keys = (signed: string, list: readonly string[], root: string = K.b0): Draft => ({
    ...state('@b', 'm.server.keys', { keys: [...list] }, root),
    signed_by: [signed],
  });
  cases(guild, 'judge', [
    ['an admission below one’s rank', admission('adam', 'c.example', 89), null],
    ['an admission without the permission', admission('sam', 'c.example', 0), 'BIT_ADMIT_SERVERS'],
    ['one’s own server', admission('bea@b', 'b.example', 0), 'BIT_ADMIT_SERVERS'],
    ['a ceiling as high as oneself', admission('adam', 'c.example', 90), 'RANK_SERVER'],
    ['a server whose ceiling is as high as oneself', admission('adam', 'b.example', 1), 'RANK_SERVER'],
    ['the owner’s server', admission('bea@b', 'a.example', 1, { root: K.c0, keys: [K.c0] }), 'RANK_SERVER'],
    ['new keys under the same root', admission('olga', 'b.example', 90, { keys: [K.b0, K.c0] }), 'ADMIT_KEYS'],
    ['a new root for a server', admission('olga', 'b.example', 80, { root: K.c0, keys: [K.c0] }), null],
    ['a negative ceiling', admission('olga', 'c.example', -1), 'ADMIT_SHAPE'],
    ['five keys', admission('olga', 'c.example', 1, { keys: ['1', '2', '3', '4', '5'].map(keyNamed) }), 'ADMIT_SHAPE'],
    ['an admission of what is no server', admission('olga', 'C.example', 1), 'ADMIT_SHAPE'],
    ['a statement that keeps what is more trusted', keys(K.b1, [K.b0, K.c0]), null],
    ['a statement that drops a more trusted key', keys(K.b1, [K.b1]), 'KEYS_ORDER'],
    ['a statement that drops the signing key itself', keys(K.b0, [K.c0]), null],
    ['a statement under another root', keys(K.b0, [K.b0], K.c0), 'KEYS_ROOT'],
    ['a statement under what is no key', keys(K.b0, [K.b0], 'root'), 'KEYS_ROOT'],
    ['a statement with one key twice', keys(K.b0, [K.b0, K.b0]), 'KEYS_SHAPE'],
  ]);

  it('ADMIT_PROOF refuses a proof that is not known to be right', () => {
    expect(guild.judge(admission('adam', 'c.example', 1), { proofValid: false })).to.equal(RULES.ADMIT_PROOF);
    expect(guild.judge(admission('adam', 'c.example', 1), { kind: 'guild' })).to.equal('ok');
    seen.add('ADMIT_PROOF');
  });
});

describe('membership', () => {
  const vouched = { membership: 'join', root: K.b0, join_authorised_via: user('sam') };
  const newcomer = (content: JsonObject, signed: readonly string[] = [K.b1]): Draft => ({ ...join('new@b'), content, signed_by: signed });
  cases(guild, 'judge', [
    ['the invited', join('ivy'), null],
    ['the invited who declines', membership('ivy', 'ivy', 'leave'), null],
    ['a member who leaves', membership('sam', 'sam', 'leave'), null],
    ['who is not there and leaves', membership('new', 'new', 'leave'), 'LEAVE'],
    ['the banned who leaves', membership('bad', 'bad', 'leave'), 'LEAVE'],
    ['a join for another', { ...join('ivy'), sender: user('sam') }, 'MEMBER_OTHER'],
    ['a join under another root', join('ivy', K.b0), 'JOIN_ROOT'],
    ['the banned', join('bad'), 'BANNED'],
    ['who is not invited', join('new'), 'JOIN_INVITE'],
    ['a join vouched for and signed by the voucher’s server', newcomer(vouched, [K.b1, K.a1]), null],
    ['a join vouched for but not signed by that server', newcomer(vouched), 'JOIN_INVITE'],
    ['a voucher who is no member', newcomer({ ...vouched, join_authorised_via: user('ivy') }, [K.b1, K.a1]), 'JOIN_INVITE'],
    ['a stay that goes on', { ...join('sam'), content: { membership: 'join', root: K.a0, stay: '$join sam' } }, null],
    ['another’s stay', { ...join('sam'), content: { membership: 'join', root: K.a0, stay: '$join adam' } }, 'JOIN_STAY'],
    ['an unknown membership', membership('sam', 'sam', 'knock'), 'MEMBER_SHAPE'],
    ['a bare server as a member', membership('adam', '@b', 'invite'), 'MEMBER_SHAPE'],
    ['a kick of a lower', membership('mod', 'sam', 'leave'), null],
    ['a kick of an equal', membership('adam', 'bea@b', 'leave'), 'RANK_TARGET'],
    ['a kick without the permission', membership('sam', 'max@b', 'leave'), 'BIT_KICK'],
    ['a kick of who is not there', membership('mod', 'new', 'leave'), 'KICK_ABSENT'],
    ['a kick by who is not there', membership('ivy', 'sam', 'leave'), 'NOT_JOINED'],
    ['a ban of who was never there', membership('mod', 'new', 'ban'), null],
    ['a ban without the permission', membership('sam', 'new', 'ban'), 'BIT_BAN'],
    ['a ban of a higher', membership('mod', 'adam', 'ban'), 'RANK_TARGET'],
    ['an unban that names the ban', membership('mod', 'bad', 'leave', { ban: '$ban bad' }), null],
    ['an unban that names no ban', membership('mod', 'bad', 'leave'), 'UNBAN_NAMES'],
    ['a kick that names a ban', membership('mod', 'sam', 'leave', { ban: '$ban bad' }), 'UNBAN_NAMES'],
    ['an invitation', membership('sam', 'new', 'invite'), null],
    ['an invitation of a member', membership('sam', 'adam', 'invite'), 'INVITE_TARGET'],
    ['an invitation of the banned', membership('sam', 'bad', 'invite'), 'INVITE_TARGET'],
  ]);
  cases(guild.with(roles('olga', { everyone: { rank: 0, allow: '1024' } })), 'judge', [
    ['an invitation without the permission', membership('sam', 'new', 'invite'), 'BIT_INVITE'],
    ['a voucher who may not invite', newcomer(vouched, [K.b1, K.a1]), 'JOIN_INVITE'],
  ]);
  const byRole = (allow: string): SmallRoom =>
    guild.with(roles('olga', { everyone: { rank: 0, allow: '1024' }, host: { rank: 10, allow } }), grant('sam', ['host'], { key: K.p }));
  for (const [bit, allow] of [
    ['CREATE_INVITE', '1'],
    ['ADMINISTRATOR', '8'],
  ] as const)
    cases(byRole(allow), 'judge', [
      [`a voucher with a key of his own who may invite by a role with ${bit}`, newcomer(vouched, [K.b1, K.a1]), null],
    ]);
  cases(guild.with(state('olga', 'm.room.join_rules', { join_rule: 'public' })), 'judge', [
    ['anybody where it is public', join('new'), null],
  ]);
  cases(guild.with(admission('olga', 'b.example', 90, { root: K.c0, keys: [K.c0, K.b1] })), 'judge', [
    ['a member whose server has a new root', state('bea@b', 'm.guild.meta', {}), 'NOT_JOINED'],
  ]);
});

describe('roles', () => {
  cases(guild, 'judge', [
    ['a change of a lower role', roles('mod', { low: { rank: 11, allow: String(EVERYDAY) } }), null],
    ['a new role below', roles('mod', { extra: { rank: 49, allow: '0' } }), null],
    ['the removal of a lower role', roles('mod', { low: null }), null],
    ['who lacks MANAGE_ROLES', roles('sam', {}), 'BIT_MANAGE_ROLES'],
    ['a role raised to one’s rank', roles('mod', { low: { rank: 50, allow: String(EVERYDAY) } }), 'RANK_ROLE'],
    ['a role lowered from one’s rank', roles('mod', { mod: { rank: 1, allow: '0' } }), 'RANK_ROLE'],
    ['a bit that one lacks', roles('mod', { low: { rank: 10, allow: String(EVERYDAY | BITS.MANAGE_GUILD) } }), 'BITS_LACKED'],
    ['an unknown high bit that one lacks', roles('adam', { low: { rank: 10, allow: String(1n << 55n) } }), 'BITS_LACKED'],
    ['every bit from the owner', roles('olga', { low: { rank: 10, allow: '18446744073709551615' } }), null],
    ['everyone with a rank', roles('olga', { everyone: { rank: 1, allow: '0' } }), 'AUTHORITY_EVERYONE'],
    ['everyone as administrator', roles('olga', { everyone: { rank: 0, allow: '8' } }), 'AUTHORITY_EVERYONE'],
    ['the end of everyone', roles('olga', { everyone: null }), 'AUTHORITY_EVERYONE'],
    ['2^64', roles('olga', { low: { rank: 1, allow: '18446744073709551616' } }), 'AUTHORITY_SHAPE'],
    ['a mask with a leading zero', roles('olga', { low: { rank: 1, allow: '01' } }), 'AUTHORITY_SHAPE'],
    ['a mask as a number', roles('olga', { low: { rank: 1, allow: 1 } }), 'AUTHORITY_SHAPE'],
    ['a rank above 65,535', roles('olga', { low: { rank: 65_536, allow: '1' } }), 'AUTHORITY_SHAPE'],
    ['a field more in a role', roles('olga', { low: { rank: 1, allow: '1', name: 'x' } }), 'AUTHORITY_SHAPE'],
    ['the looks of a lower role', state('mod', 'm.guild.role', { name: 'x' }, 'low'), null],
    ['the looks of one’s own role', state('mod', 'm.guild.role', { name: 'x' }, 'mod'), 'RANK_ROLE'],
    ['the looks of no role', state('mod', 'm.guild.role', { name: 'x' }, 'none'), 'RANK_ROLE'],
    ['the looks of what can be no role', state('mod', 'm.guild.role', {}, 'a b'), 'STATE_KEY_SHAPE'],
  ]);

  cases(guild, 'judge', [
    ['a grant', grant('sam', ['low'], {}, 'mod'), null],
    ['a grant for another stay', { ...grant('sam', ['low']), content: { stay: '$join adam', roles: [] } }, 'GRANT_STAY'],
    ['a grant to who is not there', grant('ivy', []), 'GRANT_STAY'],
    ['a grant of one’s own rank', grant('sam', ['mod'], {}, 'mod'), 'RANK_ROLE'],
    ['a grant to an equal', grant('bea@b', ['low'], {}, 'adam'), 'RANK_TARGET'],
    ['a grant of no role', grant('sam', ['none'], {}, 'mod'), 'ROLE_UNKNOWN'],
    ['a grant of everyone', grant('sam', ['everyone']), 'GRANT_SHAPE'],
    ['a role twice', grant('sam', ['low', 'low']), 'GRANT_SHAPE'],
    [
      '65 roles',
      grant(
        'sam',
        Array.from({ length: 65 }, (_, i) => `r${i}`),
      ),
      'GRANT_SHAPE',
    ],
    ['a grant by who lacks MANAGE_ROLES', grant('max@b', ['low'], {}, 'sam'), 'BIT_MANAGE_ROLES'],
    ['to drop one’s own role', grant('mod', [], {}, 'mod'), null],
    ['to give oneself a role', grant('mod', ['mod', 'low'], {}, 'mod'), 'GRANT_OWN'],
    ['to set oneself a first key', grant('mod', ['mod'], { key: K.p }, 'mod'), 'GRANT_OWN'],
    ['the owner who takes a role', grant('olga', ['admin'], {}, 'olga'), null],
  ]);
  cases(guild.with(roles('olga', { rich: { rank: 10, allow: String(BITS.MANAGE_GUILD) } })), 'judge', [
    ['a grant of a role with a bit that one lacks', grant('sam', ['rich'], {}, 'mod'), 'BITS_LACKED'],
  ]);
});

describe('persons’ keys', () => {
  const keyed = guild.with(grant('adam', ['admin'], { key: K.p }));
  const signed = (draft: Draft): Draft => ({ ...draft, signed_by: [K.a1, K.p] });
  const other = keyNamed('another');
  cases(keyed, 'judge', [
    ['an act without the key', membership('adam', 'sam', 'leave'), 'BIT_KICK'],
    ['an act with the key', signed(membership('adam', 'sam', 'leave')), null],
    ['an everyday act without the key', membership('adam', 'new', 'invite'), null],
    ['a change of one’s key under the old one', signed(grant('adam', ['admin'], { key: other }, 'adam')), null],
    ['a change of one’s key without the old one', grant('adam', ['admin'], { key: other }, 'adam'), 'PERSON_KEY'],
    ['the removal of one’s key', signed(grant('adam', ['admin'], {}, 'adam')), 'GRANT_OWN'],
  ]);
  cases(guild.with(grant('max@b', ['admin'], { key: K.p })), 'judge', [
    ['another’s key changed by who outranks him', grant('max@b', ['admin'], { key: other }, 'olga'), null],
  ]);
});

describe('channels in the guild', () => {
  const other = roomNamed('c2');
  cases(guild, 'judge', [
    ['a new channel', state('adam', 'm.guild.channel', { kind: 'voice' }, other), null],
    ['a new channel without the permission', state('mod', 'm.guild.channel', { kind: 'text' }, other), 'BIT_MANAGE_CHANNELS'],
    ['a channel that is none', state('adam', 'm.guild.channel', { kind: 'text' }, 'c2'), 'LISTING_SHAPE'],
    ['a kind that is unknown', state('adam', 'm.guild.channel', { kind: 'stage' }, other), 'LISTING_SHAPE'],
    ['guild settings', state('adam', 'm.guild.meta', { name: 'x' }), null],
    ['guild settings without the permission', state('mod', 'm.guild.meta', { name: 'x' }), 'BIT_MANAGE_GUILD'],
    ['join rules that are unknown', state('adam', 'm.room.join_rules', { join_rule: 'knock' }), 'JOIN_RULES_SHAPE'],
    ['a successor named by the owner', state('olga', 'm.guild.successor', {}), null],
    ['a successor named by an admin', state('adam', 'm.guild.successor', {}), 'OWNER'],
    ['an overwrite', overwrites('mod', [ENTRY]), null],
    ['an overwrite of an unlisted channel', { ...overwrites('mod', [ENTRY]), state_key: other }, 'CHANNEL_LISTED'],
    ['an overwrite without the permission', overwrites('sam', [ENTRY]), 'BIT_MANAGE_ROLES'],
    ['an overwrite of one’s own role', overwrites('mod', [{ ...ENTRY, id: 'mod' }]), 'RANK_ROLE'],
    ['an overwrite of no role', overwrites('mod', [{ ...ENTRY, id: 'none' }]), 'ROLE_UNKNOWN'],
    ['an overwrite of a bit that one lacks', overwrites('mod', [{ ...ENTRY, allow: '16' }]), 'BITS_LACKED'],
    ['one bit allowed and denied', overwrites('olga', [{ ...ENTRY, allow: '2048' }]), 'OVERWRITES_SHAPE'],
    ['two entries for one role', overwrites('olga', [ENTRY, ENTRY]), 'OVERWRITES_SHAPE'],
    ['a role with a stay', overwrites('olga', [{ ...ENTRY, stay: '$x' }]), 'OVERWRITES_SHAPE'],
    [
      '201 entries',
      overwrites(
        'olga',
        Array.from({ length: 201 }, (_, i) => ({ ...ENTRY, id: `r${i}` })),
      ),
      'OVERWRITES_SHAPE',
    ],
    ['a member’s entry', overwrites('mod', [MEMBER_ENTRY]), null],
    ['a member’s entry for another stay', overwrites('mod', [{ ...MEMBER_ENTRY, stay: '$x' }]), 'GRANT_STAY'],
    ['an equal’s entry', overwrites('adam', [{ ...MEMBER_ENTRY, id: user('bea@b'), stay: '$join bea@b' }]), 'RANK_TARGET'],
    [
      'entries of two members',
      overwrites('mod', [MEMBER_ENTRY, { ...MEMBER_ENTRY, id: user('max@b'), stay: '$join max@b' }]),
      'OVERWRITES_ONE_MEMBER',
    ],
  ]);
  cases(guild.with(overwrites('olga', [ENTRY]), roles('olga', { low: null })), 'judge', [
    ['the end of an entry whose role is gone', overwrites('mod', []), null],
    ['a change to an entry whose role is gone', overwrites('mod', [{ ...ENTRY, deny: '1024' }]), 'ROLE_UNKNOWN'],
  ]);
  cases(guild.with(overwrites('olga', [{ kind: 'role', id: 'admin', allow: '0', deny: '16' }])), 'judge', [
    [
      'a listing by who lacks MANAGE_CHANNELS in that channel',
      state('adam', 'm.guild.channel', { kind: 'text' }, CHANNEL),
      'BIT_MANAGE_CHANNELS',
    ],
  ]);
});

describe('in a channel', () => {
  const message: Draft = { type: 'm.room.message', sender: user('sam'), content: { body: 'x' } };
  const channelCreate: Draft = { ...state('adam', 'm.channel.create', { guild: make(message).room_id, kind: 'text' }), prev_events: [] };
  cases(guild, 'judgeInChannel', [
    ['a message', message, null],
    ['a message of who is invited', { ...message, sender: user('ivy') }, 'NOT_JOINED'],
    ['a message as state', { ...message, state_key: '' }, 'TYPE'],
    ['an unknown type', { ...message, type: 'm.guild.meta' }, 'TYPE'],
    ['a name', state('adam', 'm.channel.name', { name: 'x' }), null],
    ['a name without the permission', state('sam', 'm.channel.name', { name: 'x' }), 'BIT_CHANNEL'],
    ['pins without the permission', state('sam', 'm.channel.pins', {}), 'BIT_CHANNEL'],
    ['a merge', { type: 'm.room.merge', sender: user('@b') }, null],
    ['a channel’s creation', channelCreate, null],
    ['a channel’s creation without the permission', { ...channelCreate, sender: user('mod') }, 'BIT_MANAGE_CHANNELS'],
    ['a channel of another guild', { ...channelCreate, content: { guild: CHANNEL, kind: 'text' } }, 'CHANNEL_GUILD'],
    ['a message in an unlisted channel', { ...message, room_id: roomNamed('c2') }, 'CHANNEL_LISTED'],
  ]);
  cases(guild.with(state('olga', 'm.guild.channel', { kind: 'text', deleted: true }, CHANNEL)), 'judgeInChannel', [
    ['a message in a deleted channel', message, 'CHANNEL_LISTED'],
  ]);
  cases(guild.with(overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: '1024' }])), 'judgeInChannel', [
    ['a message of who may not view the channel', message, 'BIT_VIEW_CHANNEL'],
  ]);
  cases(guild.with(overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: '2048' }])), 'judgeInChannel', [
    ['a message of who may only view', message, 'BIT_CHANNEL'],
    ['a message of the owner, who skips overwrites', { ...message, sender: user('olga') }, null],
  ]);
});

describe('plain rooms', () => {
  const levels = (by: string, change: JsonObject, users: JsonObject = {}): Draft =>
    state(by, 'm.room.power_levels', {
      events: { 'm.room.name': 20 },
      ...change,
      users: { [user('adam')]: 90, [user('mod')]: 50, [user('max@b')]: 80, ...users },
    });
  cases(plain, 'judge', [
    ['a message', { type: 'm.room.message', sender: user('sam') }, null],
    ['a name', state('mod', 'm.room.name', { name: 'x' }), null],
    ['a name below its level', state('sam', 'm.room.name', { name: 'x' }), 'LEVEL'],
    ['what belongs to guilds', state('olga', 'm.guild.meta', {}), 'TYPE'],
    ['membership that is not state', { type: 'm.room.member', sender: user('sam'), content: { membership: 'leave' } }, 'TYPE'],
    ['another’s state key', state('mod', 'm.custom', {}, user('sam')), 'STATE_KEY'],
    ['a second value of what has one', { ...levels('adam', {}), state_key: 'x' }, 'STATE_KEY_SHAPE'],
    ['a kick at the level of one’s server’s ceiling', membership('max@b', 'sam', 'leave'), null],
    ['a kick of an equal under a ceiling', membership('max@b', 'mod', 'leave'), 'RANK_TARGET'],
    ['a kick below the level', membership('sam', 'mod', 'leave'), 'BIT_KICK'],
    ['levels within one’s own', levels('adam', { kick: 60 }), null],
    ['a level above one’s own', levels('mod', { kick: 60 }), 'LEVELS_ABOVE'],
    ['another raised to above oneself', levels('mod', {}, { [user('sam')]: 60 }), 'LEVELS_ABOVE'],
    ['an equal lowered', levels('adam', {}, { [user('adam')]: 90, [user('mod')]: 40 }), null],
    ['the creator listed', levels('adam', {}, { [user('olga')]: 1 }), 'LEVELS_CREATOR'],
    ['a level as text', levels('adam', { kick: '50' }), 'LEVELS_SHAPE'],
    ['null for a level', levels('adam', { kick: null }), 'LEVELS_SHAPE'],
    ['a level above 65,535', levels('olga', { kick: 65_536 }), 'LEVELS_SHAPE'],
    ['an admission at the level `admit`', admission('mod', 'c.example', 10), null],
    ['an admission below it', admission('sam', 'c.example', 0), 'BIT_ADMIT_SERVERS'],
    ['a stranger', { type: 'm.room.message', sender: user('new') }, 'NOT_JOINED'],
  ]);
  cases(plain.with(levels('olga', {}, { [user('sam')]: 90 })), 'judge', [
    ['an equal’s level changed', levels('adam', {}, { [user('sam')]: 10 }), 'LEVELS_EQUAL'],
    [
      'an equal’s level changed, and after it another’s to above one’s own',
      levels('adam', {}, { [user('sam')]: 10, [user('zoe')]: 95 }),
      'LEVELS_EQUAL',
    ],
    [
      'a level above one’s own, and after it an equal’s level changed',
      levels('adam', {}, { [user('bea@b')]: 95, [user('sam')]: 10 }),
      'LEVELS_ABOVE',
    ],
    ['an act’s level above one’s own before a user’s', levels('adam', { kick: 95 }, { [user('sam')]: 10 }), 'LEVELS_ABOVE'],
  ]);
  cases(plain.with(levels('olga', { users_default: 60 })), 'judge', [
    [
      'a first level for somebody, though the default is above one’s own',
      levels('mod', { users_default: 60 }, { [user('sam')]: 40 }),
      null,
    ],
    ['a default above one’s own changed', levels('mod', { users_default: 40 }), 'LEVELS_ABOVE'],
  ]);
});

describe('the table of rules', () => {
  it('has each ID once', () => {
    expect(new Set(Object.values(RULES)).size).to.equal(Object.keys(RULES).length);
  });

  it('is published with these cases in spec/vectors/auth-rules.json', () => {
    expect(published.text()).to.equal(published.file());
  });

  it('is covered by the cases above', function () {
    if (seen.size === 0) this.skip();
    expect((Object.keys(RULES) as Name[]).filter((rule) => !seen.has(rule) && !OF_THE_ENGINE.includes(rule))).to.deep.equal([]);
  });
});
