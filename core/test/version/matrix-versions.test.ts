import { expect } from 'chai';
import { sha256 } from '../../src/crypto/digest.ts';
import { roomVersion, roomVersionIds, type RoomVersion } from '../../src/version/room-version.ts';

/**
 * What the pages of the Matrix specification say of room versions, written down a second time: every field of the record, version by version. (The auth rule
 * switches and the resolution are in `auth-matrix/versions.ts`.)
 */
const PAGES: Readonly<
  Record<string, { readonly ids: string; readonly strict: boolean; readonly validity: boolean; readonly room: string }>
> = {
  '3': { ids: 'base64', strict: false, validity: false, room: 'given' },
  '4': { ids: 'base64url', strict: false, validity: false, room: 'given' },
  '5': { ids: 'base64url', strict: false, validity: true, room: 'given' },
  '6': { ids: 'base64url', strict: true, validity: true, room: 'given' },
  '7': { ids: 'base64url', strict: true, validity: true, room: 'given' },
  '8': { ids: 'base64url', strict: true, validity: true, room: 'given' },
  '9': { ids: 'base64url', strict: true, validity: true, room: 'given' },
  '10': { ids: 'base64url', strict: true, validity: true, room: 'given' },
  '11': { ids: 'base64url', strict: true, validity: true, room: 'given' },
  '12': { ids: 'base64url', strict: true, validity: true, room: 'from-create' },
};

const LEVELS = 'ban events events_default kick redact state_default users users_default';
const UNTIL_10 =
  'auth_events content depth event_id hashes membership origin origin_server_ts prev_events prev_state room_id sender signatures state_key type';
const FROM_11 = 'auth_events content depth event_id hashes origin_server_ts prev_events room_id sender signatures state_key type';

/** "Redactions": what of the content of each type stays; `*`: all of it, `a.b`: of `a` only `b`. From this version on. */
const REDACTIONS: readonly (readonly [from: number, kept: Readonly<Record<string, string>>])[] = [
  [
    3,
    {
      'm.room.aliases': 'aliases',
      'm.room.create': 'creator',
      'm.room.history_visibility': 'history_visibility',
      'm.room.join_rules': 'join_rule',
      'm.room.member': 'membership',
      'm.room.power_levels': LEVELS,
    },
  ],
  [6, { 'm.room.aliases': '' }],
  [8, { 'm.room.join_rules': 'allow join_rule' }],
  [9, { 'm.room.member': 'join_authorised_via_users_server membership' }],
  [
    11,
    {
      'm.room.create': '*',
      'm.room.member': 'join_authorised_via_users_server membership third_party_invite.signed',
      'm.room.power_levels': 'ban events events_default invite kick redact state_default users users_default',
      'm.room.redaction': 'redacts',
    },
  ],
];

function expectedRedaction(version: number): Record<string, string> {
  const kept = Object.assign({}, ...REDACTIONS.filter(([from]) => from <= version).map(([, one]) => one)) as Record<string, string>;
  return Object.fromEntries(Object.entries(kept).filter(([, members]) => members !== ''));
}

function sorted(names: Iterable<string>): string {
  return [...names].sort((a, b) => (a < b ? -1 : 1)).join(' ');
}

function redactionOf(version: RoomVersion): Record<string, string> {
  return Object.fromEntries(
    [...version.redaction].map(([type, kept]) => [
      type,
      kept === 'all' ? '*' : sorted(kept.map((member) => (typeof member === 'string' ? member : member.join('.')))),
    ]),
  );
}

describe('the record of a Matrix room version', () => {
  for (const [id, page] of Object.entries(PAGES)) {
    it(`${id}: every field is what the specification says`, () => {
      const version = roomVersion(id) as RoomVersion;
      const { authority: _authority, resolution: _resolution, redaction: _redaction, keptMembers, limits, ...rest } = version;
      expect(rest).to.deep.equal({
        id,
        eventFormat: 'matrix',
        keyOrder: 'code-points',
        strictNumbers: page.strict,
        badContent: 'drop',
        hash: sha256,
        hashName: 'sha256',
        eventId: page.ids,
        roomId: page.room,
        signatureRule: 'published-keys',
        serverKeys: 'published',
        enforceKeyValidity: page.validity,
      });
      expect(keptMembers === 'all' ? 'all' : sorted(keptMembers)).to.equal(Number(id) < 11 ? UNTIL_10 : FROM_11);
      expect(redactionOf(version)).to.deep.equal(expectedRedaction(Number(id)));
      expect(limits).to.deep.include({
        maxEventBytes: 65_536,
        maxPrevEvents: 20,
        maxAuthEvents: 10,
        maxTypeBytes: 255,
        maxStateKeyBytes: 255,
      });
    });
  }

  it('there are these and no others, and nobody changes them', () => {
    expect(roomVersionIds().slice(1)).to.deep.equal(Object.keys(PAGES));
    for (const id of roomVersionIds()) {
      const version = roomVersion(id) as RoomVersion;
      expect(Object.isFrozen(version)).to.equal(true);
      expect(version.authority === 'native' || Object.isFrozen(version.authority)).to.equal(true);
    }
    for (const id of ['1', '2', '13', '03', '', 'constructor', '__proto__']) expect(roomVersion(id), id).to.equal(undefined);
  });
});
