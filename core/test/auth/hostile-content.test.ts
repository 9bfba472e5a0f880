import { expect } from 'chai';
import fc from 'fast-check';
import { authorize } from '../../src/auth/authorize.ts';
import { authSelection, MAX_AUTH_EVENTS } from '../../src/auth/auth-selection.ts';
import { TYPES } from '../../src/auth/event-types.ts';
import { rankOf } from '../../src/auth/rank.ts';
import { keptContent } from '../../src/event/redact.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject, JsonValue } from '../../src/json/value.ts';
import type { RoomKind } from '../../src/room/types.ts';
import { NATIVE_REDACTION } from '../../src/version/redaction-table.ts';
import {
  admission,
  CHANNEL,
  ENTRIES,
  grant,
  guild,
  GUILD,
  join,
  K,
  make,
  membership,
  overwrites,
  plain,
  roles,
  state,
  user,
} from './small-room.ts';

/** Values that a careless reader takes for something else. */
const nasty = fc.oneof(
  fc.constantFrom<JsonValue>(
    null,
    true,
    0,
    -1,
    65_536,
    2 ** 53 - 1,
    '',
    '0',
    '01',
    '18446744073709551616',
    [],
    {},
    [[]],
    '__proto__',
    'constructor',
    'everyone',
  ),
  fc.constantFrom<JsonValue>(
    K.a0,
    [K.a0],
    [K.a0, K.a0],
    user('sam'),
    user('@b'),
    CHANNEL,
    '$join sam',
    { everyone: null },
    [{ kind: 'role' }],
    ['everyone'],
  ),
  fc.json({ maxDepth: 2 }).map((text) => JSON.parse(text) as JsonValue),
);
const FIELDS = [
  ...[
    'root',
    'keys',
    'owner_key',
    'membership',
    'stay',
    'ban',
    'join_authorised_via',
    'join_rule',
    'roles',
    'key',
    'overwrites',
    'kind',
    'deleted',
  ],
  ...[
    'rank',
    'proof',
    'users',
    'events',
    'users_default',
    'state_default',
    'admit',
    'guild',
    'name',
    '__proto__',
    'constructor',
    'toString',
  ],
];
const good: JsonObject[] = [
  ...[join('sam'), membership('mod', 'bad', 'leave', { ban: '$ban bad' }), roles('olga', {}), grant('sam', ['low'], { key: K.p })],
  ...[admission('olga', 'c.example', 1), overwrites('olga', ENTRIES), state('olga', 'm.room.power_levels', { users: {}, events: {} })],
].map((draft) => draft.content as JsonObject);

/** Contents that are right but for a few fields. */
const contents = fc
  .tuple(fc.constantFrom<JsonObject>({}, ...good), fc.array(fc.tuple(fc.constantFrom(...FIELDS), nasty), { maxLength: 3 }))
  .map(([base, changes]) => Object.fromEntries([...Object.entries(base), ...changes]) as JsonObject);

const events = fc
  .record({
    type: fc.constantFrom(...Object.values(TYPES), 'm.room.message', 'm.channel.name', 'm.custom'),
    sender: fc.constantFrom(user('olga'), user('adam'), user('bea@b'), user('sam'), user('ivy'), user('bad'), user('@b'), user('new@c')),
    state_key: fc.constantFrom(
      undefined,
      '',
      user('sam'),
      user('olga'),
      user('@b'),
      CHANNEL,
      'b.example',
      K.b0,
      'low',
      '@',
      '!',
      '__proto__',
      'x'.repeat(255),
    ),
    content: contents,
    signed_by: fc.constantFrom([K.a1], [K.b1], [K.a1, K.p], [K.b1, K.a1]),
  })
  .map(
    ({ state_key: key, ...rest }): RoomEvent =>
      make({ ...rest, room_id: rest.type.startsWith('m.channel.') ? CHANNEL : GUILD, ...(key === undefined ? {} : { state_key: key }) }),
  );

const rooms = fc.constantFrom<readonly [RoomKind, typeof guild]>(['guild', guild], ['plain', plain], ['channel', guild]);

describe('any content at all', () => {
  it('gets a verdict, a selection of at most ten and, if accepted, a rank: nothing throws', () => {
    const verdicts = new Set<string>();
    fc.assert(
      fc.property(events, rooms, (event, [kind, room]) => {
        const fault = authorize(event, room.view(), { kind, proofValid: true });
        verdicts.add(fault?.rule ?? 'ok');
        expect(authSelection(event, room.view(), kind).length).to.be.at.most(MAX_AUTH_EVENTS);
        if (fault === null) expect(rankOf(event, room.view(), kind)).to.satisfy(Number.isSafeInteger);
        else expect(fault.detail.length).to.be.greaterThan(0);
      }),
      { numRuns: 5000, verbose: 1 },
    );
    expect(verdicts.size).to.be.greaterThan(20);
    expect(verdicts).to.include('ok');
  });

  it('gets the verdict of its redacted copy: the rules read nothing that redaction takes', () => {
    fc.assert(
      fc.property(events, rooms, (event, [kind, room]) => {
        const redacted = { ...event, content: keptContent(event.type, event.content, NATIVE_REDACTION), redacted: true };
        const judged = [event, redacted].map((copy) => authorize(copy, room.view(), { kind, proofValid: true }));
        expect(judged[1]).to.deep.equal(judged[0]);
        expect(authSelection(redacted, room.view(), kind)).to.deep.equal(authSelection(event, room.view(), kind));
      }),
      { numRuns: 3000, verbose: 1 },
    );
  });

  it('of an accepted event can be read from the state again', () => {
    fc.assert(
      fc.property(events, fc.constantFrom('guild', 'plain'), (event, kind) => {
        const room = kind === 'guild' ? guild : plain;
        if (event.state_key === undefined || authorize(event, room.view(), { kind, proofValid: true }) !== null) return;
        const next = room.view().with([event]);
        for (const by of ['olga', 'adam', 'bea@b', 'sam']) {
          for (const draft of [
            membership(by, 'max@b', 'ban'),
            roles(by, {}),
            overwrites(by, ENTRIES),
            admission(by, 'c.example', 1),
            grant('sam', [], {}, by),
          ]) {
            authorize(make(draft), next, { kind, proofValid: true });
          }
        }
      }),
      { numRuns: 2000, verbose: 1 },
    );
  });
});

describe('the selection (AUTH-10)', () => {
  it('takes exactly ten where an overwrite of a member of one server is changed by an admin of another', () => {
    const room = guild.with(
      admission('olga', 'c.example', 50),
      { ...join('cleo@c'), content: { membership: 'join', root: K.c0 } },
      grant('cleo@c', ['low']),
      { ...state('@b', 'm.server.keys', { keys: [K.b0, K.b1] }, K.b0) },
      overwrites('olga', []),
    );
    const event = make(overwrites('bea@b', [{ kind: 'member', id: user('cleo@c'), allow: '0', deny: '2048', stay: '$join cleo@c' }]));
    expect(authorize(event, room.view(), { kind: 'guild' })).to.equal(null);
    expect(authSelection(event, room.view(), 'guild').length).to.equal(10);
  });

  it('is empty for create events and in channels', () => {
    expect(authSelection(make({ type: 'm.guild.create', sender: user('olga'), state_key: '' }), guild.view(), 'guild')).to.deep.equal([]);
    expect(authSelection(make({ type: 'm.room.message', sender: user('sam') }), guild.view(), 'channel')).to.deep.equal([]);
  });

  it('is sorted by UTF-8 bytes', () => {
    const selection = authSelection(make(roles('adam', {})), guild.view(), 'guild');
    expect(selection).to.deep.equal([...selection].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))));
    expect(selection).to.include('$join adam');
  });
});
