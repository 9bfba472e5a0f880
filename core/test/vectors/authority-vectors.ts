import type { JsonObject, RoomEvent } from '@openguild/core';
import {
  admission,
  CHANNEL,
  type Draft,
  ENTRIES,
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
} from '../auth/small-room.ts';

/**
 * spec/vectors/authority.json: what a state says about users, servers and channels, and what an event's citations and rank must be. What is
 * expected is written here by hand, from PROTOCOL.md.
 */
type Case = readonly [rule: string, why: string, room: SmallRoom | null, ask: JsonObject, expect: unknown];

const ALL = String(2n ** 64n - 1n);
const EVERYDAY = '3073';
const MOD = '4611686018695834631';
const ADMIN = '4611686018695834679';
const OWNER = 1_000_000;

const keyed = guild.with(grant('adam', ['admin'], { key: K.p }));
const replaced = guild.with(admission('olga', 'b.example', 80, { root: K.c0, keys: [K.c0] }));
const stated = guild.with({ ...state('@b', 'm.server.keys', { keys: [K.b0, K.c0] }, K.b0), signed_by: [K.b0] });
const lowered = guild.with(admission('olga', 'b.example', 20));
const muted = guild.with(overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: '2048' }]));
const hidden = guild.with(overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: '1024' }]));
const deleted = guild.with(state('olga', 'm.guild.channel', { kind: 'text', deleted: true }, CHANNEL));
const renewed = guild.with({ ...join('sam'), event_id: '$profile sam', content: { membership: 'join', root: K.a0, stay: '$join sam' } });
const rejoined = guild.with({ ...join('adam'), event_id: '$join adam again' });
const owned = guild.with(roles('olga', { boss: { rank: 65_535, allow: '8' } }), grant('sam', ['boss', 'low']));

const event = (draft: Draft): JsonObject => plainForm(make(draft));
const signed = (draft: Draft, ...keys: string[]): Draft => ({ ...draft, signed_by: keys });
const create = (content: JsonObject, more: Partial<Draft> = {}): JsonObject =>
  event({ type: 'm.guild.create', sender: user('olga'), state_key: '', content, prev_events: [], ...more });
const CREATE = { root: K.a0, keys: [K.a0, K.a1] };
const message: Draft = { type: 'm.room.message', sender: user('sam'), room_id: CHANNEL };

const CASES: readonly Case[] = [
  [
    'AUTH-4.1',
    'the owner’s server is admitted by the create event, above every rank',
    guild,
    { admission: 'a.example' },
    { root: K.a0, rank: OWNER },
  ],
  ['AUTH-4.1', 'another server by its admission, up to its ceiling', guild, { admission: 'b.example' }, { root: K.b0, rank: 90 }],
  ['AUTH-4.1', 'who has no admission is not admitted', guild, { admission: 'c.example' }, null],
  ['AUTH-4.2', 'the keys that came with the admission', guild, { server_keys: 'b.example' }, [K.b0, K.b1]],
  ['AUTH-4.2', 'the server’s own statement under its root comes before them', stated, { server_keys: 'b.example' }, [K.b0, K.c0]],
  [
    'AUTH-4.2',
    'a statement under another root is not asked',
    stated.with(admission('olga', 'b.example', 80, { root: K.c0, keys: [K.c0] })),
    { server_keys: 'b.example' },
    [K.c0],
  ],
  ['AUTH-4.2', 'of a server that is not admitted, none', guild, { server_keys: 'c.example' }, []],
  ['AUTH-4.3', 'the sender of the create event', guild, { owner: true }, user('olga')],
  ['AUTH-4.4', 'what the member event says', guild, { membership: user('ivy') }, 'invite'],
  ['AUTH-4.4', 'without one, leave', guild, { membership: user('new@c') }, 'leave'],
  ['AUTH-4.4', 'a join under a root that is no longer its server’s is leave', replaced, { membership: user('max@b') }, 'leave'],
  ['AUTH-4.4', 'a ban does not depend on roots', replaced.with(membership('olga', 'max@b', 'ban')), { membership: user('max@b') }, 'ban'],
  ['AUTH-4.5', 'a first join is the stay’s name', guild, { stay: user('sam') }, '$join sam'],
  ['AUTH-4.5', 'a later join of the same stay names it', renewed, { stay: user('sam') }, '$join sam'],
  ['AUTH-4.5', 'who is not joined has none', guild, { stay: user('ivy') }, null],
  [
    'AUTH-4.6',
    'those of the authority event',
    guild,
    { roles: true },
    Object.fromEntries(Object.entries(ROLES).map(([name, { rank, allow }]) => [name, { rank, allow }])),
  ],
  ['AUTH-4.6', 'without one, everyone alone with no permission', plain, { roles: true }, { everyone: { rank: 0, allow: '0' } }],
  ['AUTH-4.7', 'the roles of the grant', guild, { held_roles: user('adam') }, ['admin']],
  ['AUTH-4.7', 'a grant for another stay is none', rejoined, { held_roles: user('adam') }, []],
  [
    'AUTH-4.7',
    'roles that the guild no longer has do not count',
    guild.with(roles('olga', { admin: null })),
    { held_roles: user('adam') },
    [],
  ],
  ['AUTH-4.8', 'the owner', guild, { rank: user('olga') }, OWNER],
  ['AUTH-4.8', 'the highest rank among the roles held', owned, { rank: user('sam') }, 65_535],
  ['AUTH-4.8', 'no higher than the ceiling of the server', lowered, { rank: user('bea@b') }, 20],
  ['AUTH-4.8', 'without a role, 0', guild, { rank: user('sam') }, 0],
  ['AUTH-4.9', 'the level in users', plain, { rank: user('adam') }, 90],
  ['AUTH-4.9', 'no higher than the ceiling of the server', plain, { rank: user('max@b') }, 50],
  ['AUTH-4.9', 'else users_default', plain.with(state('olga', 'm.room.power_levels', { users_default: 7 })), { rank: user('sam') }, 7],
  ['AUTH-4.9', 'the owner', plain, { rank: user('olga') }, OWNER],
  [
    'AUTH-4.10',
    'a grant names a key: acts that it does not sign have rank 0',
    keyed,
    { event_rank: event(membership('adam', 'sam', 'ban')), kind: 'guild' },
    0,
  ],
  [
    'AUTH-4.10',
    'with it, the rank is there',
    keyed,
    { event_rank: event(signed(membership('adam', 'sam', 'ban'), K.a1, K.p)), kind: 'guild' },
    90,
  ],
  [
    'AUTH-4.11',
    'who has no key of his own acts with his rank',
    guild,
    { event_rank: event(membership('adam', 'sam', 'ban')), kind: 'guild' },
    90,
  ],
  [
    'AUTH-4.12',
    'an event of a channel ranks by the guild',
    guild,
    { event_rank: event({ ...message, sender: user('mod') }), kind: 'channel' },
    50,
  ],
  [
    'AUTH-4.12',
    'a statement of keys by the first key',
    guild,
    { event_rank: event(signed(state('@b', 'm.server.keys', { keys: [K.b0] }, K.b0), K.b0)), kind: 'guild' },
    1_000_005,
  ],
  [
    'AUTH-4.12',
    'by the second',
    guild,
    { event_rank: event(signed(state('@b', 'm.server.keys', { keys: [K.b0] }, K.b0), K.b1)), kind: 'guild' },
    1_000_004,
  ],
  ['AUTH-4.12', 'the create event', guild, { event_rank: create(CREATE), kind: 'guild' }, 1_000_010],
  ['AUTH-4.12', 'a merge', guild, { event_rank: event({ type: 'm.room.merge', sender: user('@b') }), kind: 'guild' }, 0],
  ['AUTH-4.13', 'listed', guild, { listed: CHANNEL }, true],
  ['AUTH-4.13', 'deleted', deleted, { listed: CHANNEL }, false],
  ['AUTH-4.14', 'a bit by its name', guild, { bit: 'KICK_MEMBERS' }, '2'],
  ['AUTH-4.14', 'the highest that has a name', guild, { bit: 'ADMIT_SERVERS' }, '4611686018427387904'],
  ['AUTH-4.15', 'the greatest mask', guild, { mask: ALL }, ALL],
  ...['18446744073709551616', '-1', '+1', '01', '', '1.0', '1e3', ' 1', '0x1', '٣'].map(
    (text): Case => ['AUTH-4.15', `no mask: ${JSON.stringify(text)}`, guild, { mask: text }, null],
  ),
  ['AUTH-4.16', 'everyone’s', guild, { permissions: user('sam') }, EVERYDAY],
  ['AUTH-4.16', 'with the roles held', guild, { permissions: user('mod') }, MOD],
  ['AUTH-4.16', 'the owner has all bits', guild, { permissions: user('olga') }, ALL],
  ['AUTH-4.16', 'ADMINISTRATOR has all bits', owned, { permissions: user('sam') }, ALL],
  ['AUTH-4.16', 'who is not joined has none', guild, { permissions: user('ivy') }, '0'],
  [
    'AUTH-4.17',
    'without his key adam’s role gives everyday bits only',
    keyed,
    { acting_bits: event(membership('adam', 'sam', 'ban')) },
    EVERYDAY,
  ],
  [
    'AUTH-4.17',
    'of the 64 bits that ADMINISTRATOR gives the same three',
    owned.with(grant('sam', ['boss'], { key: K.p })),
    { acting_bits: event(membership('sam', 'adam', 'ban')) },
    EVERYDAY,
  ],
  ['AUTH-4.17', 'with it, all of it', keyed, { acting_bits: event(signed(membership('adam', 'sam', 'ban'), K.a1, K.p)) }, ADMIN],
  [
    'AUTH-4.17',
    'what an overwrite gives everyone counts whole without his key',
    keyed.with(overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '8192', deny: '0' }])),
    { acting_bits: event({ ...message, sender: user('adam') }), channel: CHANNEL },
    '11265',
  ],
  [
    'AUTH-4.17',
    'what it gives one of his roles does not',
    keyed.with(overwrites('olga', [{ kind: 'role', id: 'admin', allow: '8192', deny: '0' }])),
    { acting_bits: event({ ...message, sender: user('adam') }), channel: CHANNEL },
    EVERYDAY,
  ],
  [
    'AUTH-4.18',
    'an administrator whose key is missing skips overwrites as well, with the three bits that count',
    owned.with(grant('sam', ['boss'], { key: K.p }), overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '0', deny: '1024' }])),
    { acting_bits: event(message), channel: CHANNEL },
    EVERYDAY,
  ],
  ['AUTH-4.18', 'what everyone’s overwrite takes', muted, { permissions: user('sam'), channel: CHANNEL }, '1025'],
  [
    'AUTH-4.18',
    'a role’s overwrite gives back, a member’s own takes',
    guild.with(
      grant('sam', ['low']),
      overwrites('olga', [
        { kind: 'role', id: 'everyone', allow: '0', deny: '2048' },
        { kind: 'role', id: 'low', allow: '2048', deny: '0' },
        { kind: 'member', id: user('sam'), allow: '0', deny: '2048' },
      ]),
    ),
    { permissions: user('sam'), channel: CHANNEL },
    '1025',
  ],
  [
    'AUTH-4.18',
    'a member’s allow needs his stay',
    guild.with(overwrites('olga', [{ kind: 'member', id: user('sam'), allow: '8192', deny: '0', stay: '$join of old' }])),
    { permissions: user('sam'), channel: CHANNEL },
    EVERYDAY,
  ],
  [
    'AUTH-4.18',
    'and counts with it',
    guild.with(overwrites('olga', [{ kind: 'member', id: user('sam'), allow: '8192', deny: '0', stay: '$join sam' }])),
    { permissions: user('sam'), channel: CHANNEL },
    '11265',
  ],
  [
    'AUTH-4.18',
    'bits that are no channel’s are not touched',
    guild.with(overwrites('olga', [{ kind: 'role', id: 'everyone', allow: '2', deny: '1' }])),
    { permissions: user('sam'), channel: CHANNEL },
    EVERYDAY,
  ],
  ['AUTH-4.18', 'who cannot view has nothing', hidden, { permissions: user('sam'), channel: CHANNEL }, '0'],
  ['AUTH-4.18', 'the owner skips overwrites', hidden, { permissions: user('olga'), channel: CHANNEL }, ALL],

  ['AUTH-1.1', 'a state without a create event allows nothing', null, { verdict: event(join('olga')), kind: 'guild' }, 'AUTH-1.1'],
  ['AUTH-1.2', 'a create event stands first', null, { verdict: create(CREATE), kind: 'guild' }, null],
  ['AUTH-1.2', 'and once', guild, { verdict: create(CREATE), kind: 'guild' }, 'AUTH-1.2'],
  ['AUTH-1.2', 'with nothing before it', null, { verdict: create(CREATE, { prev_events: ['$x'] }), kind: 'guild' }, 'AUTH-1.2'],
  [
    'AUTH-1.3',
    'the owner’s key signs the create event that fixes it',
    null,
    { verdict: create({ ...CREATE, owner_key: K.p }), kind: 'guild' },
    'AUTH-1.3',
  ],
  [
    'AUTH-1.3',
    'then it is good',
    null,
    { verdict: create({ ...CREATE, owner_key: K.p }, { signed_by: [K.a1, K.p] }), kind: 'guild' },
    null,
  ],
  ['AUTH-1.5', 'a bare server creates no guild', null, { verdict: create(CREATE, { sender: '@:a.example' }), kind: 'guild' }, 'AUTH-1.5'],
  ['AUTH-1.8', 'what a guild takes, a plain room does not', plain, { verdict: event(roles('olga', {})), kind: 'plain' }, 'AUTH-1.6'],
  [
    'AUTH-3.1',
    'other fields are ignored',
    guild,
    { verdict: event(state('olga', 'm.room.join_rules', { join_rule: 'public', because: [1] })), kind: 'guild' },
    null,
  ],
  [
    'AUTH-3.1',
    'null is not absent',
    guild,
    { verdict: event(membership('olga', 'sam', 'leave', { ban: null })), kind: 'guild' },
    'AUTH-3.3',
  ],
  ['AUTH-3.2', 'a create event without keys', null, { verdict: create({ root: K.a0, keys: [] }), kind: 'guild' }, 'AUTH-3.2'],
  ['AUTH-3.2', 'five keys', null, { verdict: create({ root: K.a0, keys: [K.a0, K.a1, K.b0, K.b1, K.c0] }), kind: 'guild' }, 'AUTH-3.2'],
  [
    'AUTH-3.2',
    'a channel that is neither text nor voice',
    guild,
    {
      verdict: event({
        type: 'm.channel.create',
        sender: user('olga'),
        state_key: '',
        room_id: CHANNEL,
        prev_events: [],
        content: { guild: make({ type: 'x', sender: user('olga') }).room_id, kind: 'video' },
      }),
      kind: 'channel',
    },
    'AUTH-3.2',
  ],
  [
    'AUTH-3.13',
    'a role with a field too many',
    guild,
    { verdict: event(roles('olga', { low: { rank: 1, allow: '0', colour: 'red' } })), kind: 'guild' },
    'AUTH-3.7',
  ],
  [
    'AUTH-3.13',
    'an overwrite with one too few',
    guild,
    { verdict: event(overwrites('olga', [{ kind: 'role', id: 'low', allow: '0' }])), kind: 'guild' },
    'AUTH-3.9',
  ],
  [
    'AUTH-3.14',
    'a rank of 65,536',
    guild,
    { verdict: event(roles('olga', { low: { rank: 65_536, allow: '0' } })), kind: 'guild' },
    'AUTH-3.7',
  ],
  ['AUTH-3.14', 'a rank of 65,535', guild, { verdict: event(roles('olga', { low: { rank: 65_535, allow: '0' } })), kind: 'guild' }, null],
  ['AUTH-3.14', 'a rank below 0', guild, { verdict: event(admission('olga', 'c.example', -1)), kind: 'guild' }, 'AUTH-3.5'],
  [
    'AUTH-3.14',
    'a power level of -65,535',
    plain,
    { verdict: event(state('olga', 'm.room.power_levels', { events_default: -65_535 })), kind: 'plain' },
    null,
  ],
  [
    'AUTH-5.3',
    'a proof that is wrong',
    guild,
    { verdict: event(admission('olga', 'c.example', 1)), kind: 'guild', proof: 'invalid' },
    'AUTH-5.3',
  ],
  ['AUTH-5.3', 'a proof that is right', guild, { verdict: event(admission('olga', 'c.example', 1)), kind: 'guild', proof: 'valid' }, null],

  ['AUTH-10.1', 'a create event and an event of a channel select nothing', guild, { selection: create(CREATE), kind: 'guild' }, []],
  ['AUTH-10.1', 'a channel’s event selects nothing', guild, { selection: event(message), kind: 'channel' }, []],
  [
    'AUTH-10.1',
    'a malformed content names nobody',
    guild,
    { selection: event({ ...overwrites('olga', []), content: { overwrites: 7 } }), kind: 'guild' },
    ['$join olga', '$m.guild.authority ', `$m.guild.channel ${CHANNEL}`],
  ],
  [
    'AUTH-10.2',
    'a merge selects what makes its server’s keys',
    stated,
    { selection: event({ type: 'm.room.merge', sender: user('@b') }), kind: 'guild' },
    ['$m.server.admission b.example', `$m.server.keys ${K.b0}`],
  ],
  [
    'AUTH-10.3',
    'standing of the sender',
    guild,
    { selection: event(state('adam', 'm.guild.meta', {})), kind: 'guild' },
    ['$join adam', '$m.guild.authority ', `$m.guild.member_roles ${user('adam')}`],
  ],
  [
    'AUTH-10.3',
    'of the sender and of whom it is granted to',
    guild,
    { selection: event(grant('max@b', ['low'])), kind: 'guild' },
    ['$join max@b', '$join olga', '$m.guild.authority ', '$m.server.admission b.example'],
  ],
  [
    'AUTH-10.3',
    'in a plain room',
    plain,
    { selection: event(state('mod', 'm.room.topic', {})), kind: 'plain' },
    ['$join mod', '$m.room.power_levels '],
  ],
  [
    'AUTH-10.4',
    'an overwrites event also selects the standing of the one member whose entry changes',
    guild,
    { selection: event(overwrites('olga', ENTRIES)), kind: 'guild' },
    ['$join olga', '$join sam', '$m.guild.authority ', `$m.guild.channel ${CHANNEL}`],
  ],
  [
    'AUTH-10.5',
    'a join',
    guild,
    { selection: event(join('max@b')), kind: 'guild' },
    ['$join max@b', '$m.room.join_rules ', '$m.server.admission b.example'],
  ],
  ['AUTH-10.5', 'leaving', guild, { selection: event(membership('sam', 'sam', 'leave')), kind: 'guild' }, ['$join sam']],
  [
    'AUTH-10.5',
    'a kick',
    guild,
    { selection: event(membership('mod', 'sam', 'leave')), kind: 'guild' },
    ['$join mod', '$join sam', '$m.guild.authority ', `$m.guild.member_roles ${user('mod')}`],
  ],

  ['AUTH-11.1', 'a kick is one', guild, { power_event: event(membership('mod', 'sam', 'leave')) }, true],
  ['AUTH-11.1', 'leaving is none', guild, { power_event: event(membership('sam', 'sam', 'leave')) }, false],
  ['AUTH-11.1', 'an invitation is none', guild, { power_event: event(membership('mod', 'ivy', 'invite')) }, false],
  ...[
    'm.guild.authority',
    'm.guild.member_roles',
    'm.channel.overwrites',
    'm.guild.channel',
    'm.room.join_rules',
    'm.server.admission',
    'm.server.keys',
    'm.room.power_levels',
  ].map((type): Case => ['AUTH-11.1', `${type} is one`, guild, { power_event: event(state('olga', type, {})) }, true]),
  ...['m.guild.meta', 'm.guild.role', 'm.guild.successor'].map(
    (type): Case => ['AUTH-11.1', `${type} is none`, guild, { power_event: event(state('olga', type, {})) }, false],
  ),
];

export function authorityVectors(): string {
  const states = new Map<string, string>();
  const lines: string[] = [];
  const nameOf = (room: SmallRoom | null): string => {
    const events = room === null ? [] : room.events().map(plainForm);
    const key = JSON.stringify(events);
    const known = states.get(key);
    if (known !== undefined) return known;
    const name = room === null ? 'nothing' : room === guild || room === plain ? room.kind : `${room.kind} ${states.size}`;
    states.set(key, name);
    lines.push(`  "${name}": ${stateText(room, events)}`);
    return name;
  };
  for (const room of [null, guild, plain]) nameOf(room);
  const cases = CASES.map(([rule, why, room, ask, expect]) => ({ rule, why, state: nameOf(room), ask, expect }));
  return `{"states": {\n${lines.join(',\n')}\n}, "cases": [\n${listed(cases)}\n]}\n`;
}

/** The two rooms that all are made of are written whole, the others as what they have beside or instead. */
function stateText(room: SmallRoom | null, events: readonly JsonObject[]): string {
  if (room === null) return '{"events": []}';
  const base = room.kind === 'guild' ? guild : plain;
  if (room === base) return `{"events": [\n${listed(events)}\n  ]}`;
  const known = new Set(base.events().map((one) => JSON.stringify(plainForm(one))));
  const own = events.filter((one) => !known.has(JSON.stringify(one)));
  return `{"like": "${room.kind}", "events": [\n${listed(own)}\n  ]}`;
}

function listed(items: readonly object[]): string {
  return items.map((item) => `    ${JSON.stringify(item)}`).join(',\n');
}

function plainForm({ event_id, room_id, type, sender, state_key, content, prev_events, signed_by }: RoomEvent): JsonObject {
  return { event_id, room_id, type, sender, ...(state_key === undefined ? {} : { state_key }), content, prev_events, signed_by };
}
