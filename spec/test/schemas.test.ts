import { expect } from 'chai';
import { readSchema, schemaNames, validator } from '../src/index.ts';

const GOOD: Record<string, unknown> = {
  'client-register': { username: 'alice', password: 'correct horse' },
  'client-login': { username: '@alice:localhost:8008', password: 'x' },
  'client-create-guild': { name: 'Reading circle' },
  'client-change-guild': { join_rule: 'public' },
  'client-create-role': { name: 'Moderator', rank: 50, permissions: ['KICK_MEMBERS', 'BAN_MEMBERS'] },
  'client-change-role': { permissions: '18446744073709551615' },
  'client-member-roles': { roles: ['mod'] },
  'client-ban': {},
  'client-create-channel': { name: 'general', kind: 'text' },
  'client-change-channel': { topic: 'about\nbooks' },
  'client-overwrites': { overwrites: [{ kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] }] },
  'client-invite': { room_id: `!${'1'.repeat(32)}:example.com`, user_id: '@bob:example.com:8448' },
  'client-create-invite': { max_uses: 1 },
  'client-join': { invite: 'abcdefgh@[::1]:8008' },
  'client-send': { content: { body: 'hello' }, txn_id: '1' },
  'client-redact': { event_id: `$${'2'.repeat(44)}`, txn_id: '1' },
};

describe('spec: schemas', () => {
  it('has an example for every client schema', () => {
    const names = schemaNames().filter((name) => name.startsWith('client-'));
    expect(Object.keys(GOOD).toSorted((a, b) => (a < b ? -1 : 1))).to.deep.equal(names);
  });

  for (const name of schemaNames().filter((each) => each !== 'common')) {
    it(`${name}: compiles, declares its dialect, refuses what is no object`, () => {
      expect(readSchema(name)['$schema']).to.equal('https://json-schema.org/draft/2020-12/schema');
      for (const value of [null, 1, 'x', []]) expect(validator(name)(value).ok, JSON.stringify(value)).to.equal(false);
    });
  }

  for (const [name, value] of Object.entries(GOOD)) {
    it(`${name}: accepts its example, refuses it with an unknown field`, () => {
      expect(validator(name)(value)).to.deep.equal({ ok: true });
      expect(validator(name)({ ...(value as object), surprise: 1 }).ok).to.equal(false);
    });
  }

  it('names the place of a fault', () => {
    const answer = validator('client-member-roles')({ roles: ['ok', 7] });
    expect(answer).to.deep.include({ ok: false, path: '/roles/1' });
  });

  it('refuses what only looks like the right thing', () => {
    const bad: [string, unknown][] = [
      ['client-register', { username: 'Alice', password: 'correct horse' }],
      ['client-register', { username: 'alice', password: 'short' }],
      ['client-create-role', { name: 'x', rank: 65536, permissions: [] }],
      ['client-create-role', { name: 'x', rank: 1, permissions: '01' }],
      ['client-create-role', { name: 'x', rank: 1, permissions: ['FLY'] }],
      ['client-create-guild', { name: 'a\u0000b' }],
      ['client-join', { invite: 'abcdefgh@example.com', room_id: `!${'1'.repeat(32)}:example.com` }],
      ['client-invite', { room_id: '!x:example.com', user_id: '@bob:example.com' }],
      ['client-send', { content: [], txn_id: '1' }],
      ['client-send', { content: {}, txn_id: 'a b' }],
    ];
    for (const [name, value] of bad) expect(validator(name)(value).ok, `${name} ${JSON.stringify(value)}`).to.equal(false);
  });

  it('throws for a schema that does not exist', () => {
    expect(() => validator('client-nothing')({})).to.throw('no schema is called');
  });
});
