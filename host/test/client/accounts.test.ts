import { SqliteStore } from '@openguild/storage';
import { expect } from 'chai';
import { PASSWORD } from './test-client.ts';
import { SERVER_NAME, TEST_LIMITS, TestHost } from './test-host.ts';

describe('client API: accounts', () => {
  let host: TestHost;
  before(async () => {
    host = await TestHost.start();
  });
  after(() => host.stop());

  it('registers, says who one is, signs in again and out', async () => {
    const alice = await host.register('alice');
    expect(alice.userId).to.equal(`@alice:${SERVER_NAME}`);
    expect((await alice.get('/client/v1/whoami')).user_id).to.equal(alice.userId);
    const again = host.anonymous();
    for (const username of ['alice', alice.userId]) {
      const session = await again.post('/client/v1/login', { username, password: PASSWORD });
      expect(session.user_id).to.equal(alice.userId);
      again.token = session.access_token;
    }
    await again.post('/client/v1/logout', undefined);
    await again.fails(401, 'UNAUTHENTICATED', 'GET', '/client/v1/whoami');
    expect((await alice.get('/client/v1/whoami')).user_id).to.equal(alice.userId);
  });

  it('refuses a name that is taken, and names that are no user IDs', async () => {
    await host.register('taken');
    const other = host.anonymous();
    await other.fails(409, 'CONFLICT', 'POST', '/client/v1/register', { username: 'taken', password: PASSWORD });
    for (const username of ['', 'Alice', 'a b', 'a:b', 'a@b', 'ü', '../x', 'x'.repeat(65)]) {
      await other.fails(400, 'BAD_REQUEST', 'POST', '/client/v1/register', { username, password: PASSWORD });
    }
    await other.fails(400, 'BAD_REQUEST', 'POST', '/client/v1/register', { username: 'short', password: '1234567' });
  });

  it('registers a name once, however many ask at the same time', async () => {
    const asked = Array.from({ length: 5 }, () =>
      host.anonymous().request('POST', '/client/v1/register', { username: 'racer', password: PASSWORD }),
    );
    const statuses = (await Promise.all(asked)).map((answer) => answer.status).toSorted((a, b) => a - b);
    expect(statuses).to.deep.equal([201, 409, 409, 409, 409]);
  });

  it('gives one answer, and takes the same work, for a wrong password and for somebody who does not exist', async () => {
    await host.register('known');
    const stranger = host.anonymous();
    await stranger.fails(401, 'UNAUTHENTICATED', 'POST', '/client/v1/login', { username: 'warmup', password: 'x' });
    const time = async (username: string): Promise<number> => {
      const times: number[] = [];
      for (let i = 0; i < 7; i++) {
        const before = performance.now();
        const error = await stranger.fails(401, 'UNAUTHENTICATED', 'POST', '/client/v1/login', { username, password: 'wrong password' });
        times.push(performance.now() - before);
        expect(error.message).to.equal('wrong name or password');
      }
      return times.toSorted((a, b) => a - b)[3] ?? 0;
    };
    const [known, unknown, foreign] = [await time('known'), await time('nobody'), await time('@known:elsewhere.example')];
    // Argon2id takes milliseconds; without it an answer takes a fraction of one.
    for (const other of [unknown, foreign]) expect(other).to.be.greaterThan(known / 3);
  });

  it('refuses missing, malformed and unknown tokens, and never reads one from the URL', async () => {
    const alice = await host.register('tokens');
    const stranger = host.anonymous();
    await stranger.fails(401, 'UNAUTHENTICATED', 'GET', '/client/v1/whoami');
    await stranger.fails(401, 'UNAUTHENTICATED', 'GET', `/client/v1/whoami?access_token=${alice.token}`);
    for (const value of [
      'Bearer',
      'Bearer  ',
      'Bearer x',
      `Basic ${alice.token}`,
      `Bearer ${alice.token}x`,
      `Bearer ${'a'.repeat(5000)}`,
    ]) {
      const answer = await stranger.request('GET', '/client/v1/whoami', undefined, { Authorization: value });
      expect(answer.status, value.slice(0, 40)).to.equal(401);
    }
  });

  it('keeps tokens and passwords out of the database', async () => {
    const alice = await host.register('secretive');
    const { readdir, readFile } = await import('node:fs/promises');
    const files = (await readdir(host.folder)).filter((name) => name.includes('.') && !name.endsWith('.lock'));
    expect(files.length).to.be.greaterThan(0);
    for (const name of files) {
      const bytes = await readFile(`${host.folder}/${name}`).catch(() => Buffer.alloc(0));
      expect(bytes.includes(alice.token ?? '-'), name).to.equal(false);
      expect(bytes.includes(PASSWORD), name).to.equal(false);
    }
  });

  it('lets a deactivated account neither sign in nor go on', async () => {
    const mallory = await host.register('mallory');
    await host.restart(async () => {
      const store = await SqliteStore.open(host.folder);
      await store.accounts.setDeactivated(mallory.userId, true);
      await store.close();
    });
    await mallory.fails(401, 'UNAUTHENTICATED', 'GET', '/client/v1/whoami');
    await host.anonymous().fails(401, 'UNAUTHENTICATED', 'POST', '/client/v1/login', { username: 'mallory', password: PASSWORD });
    await host.anonymous().fails(409, 'CONFLICT', 'POST', '/client/v1/register', { username: 'mallory', password: PASSWORD });
  });

  it('lets tokens expire', async () => {
    let shift = 0;
    const clock = await TestHost.start({ limits: { ...TEST_LIMITS, access_token_ms: 1_000 } }, { now: () => Date.now() + shift });
    try {
      const alice = await clock.register('alice');
      await alice.get('/client/v1/whoami');
      shift = 2_000;
      await alice.fails(401, 'UNAUTHENTICATED', 'GET', '/client/v1/whoami');
    } finally {
      await clock.stop();
    }
  });

  it('takes no new accounts where registration is closed', async () => {
    const closed = await TestHost.start({ registration: 'closed' });
    try {
      await closed.anonymous().fails(403, 'FORBIDDEN', 'POST', '/client/v1/register', { username: 'alice', password: PASSWORD });
    } finally {
      await closed.stop();
    }
  });

  it('limits registrations and sign-ins by address, everything else by person', async () => {
    const rates = {
      ...TEST_LIMITS.rates,
      register: { points: 2, seconds: 60 },
      login: { points: 1, seconds: 60 },
      read: { points: 3, seconds: 60 },
    };
    const strict = await TestHost.start({ limits: { ...TEST_LIMITS, rates } });
    try {
      const [alice, bob] = [await strict.register('alice'), await strict.register('bob')];
      const error = await strict
        .anonymous()
        .fails(429, 'LIMITED', 'POST', '/client/v1/register', { username: 'carol', password: PASSWORD });
      expect(error.retry_after_ms).to.be.within(1, 60_000);
      for (let i = 0; i < 3; i++) await alice.get('/client/v1/whoami');
      const limited = await alice.request('GET', '/client/v1/whoami');
      expect([limited.status, Number(limited.headers.get('retry-after')) > 0]).to.deep.equal([429, true]);
      await bob.get('/client/v1/whoami');
      await strict.anonymous().fails(401, 'UNAUTHENTICATED', 'POST', '/client/v1/login', { username: 'bob', password: 'wrong' });
      await strict.anonymous().fails(429, 'LIMITED', 'POST', '/client/v1/login', { username: 'bob', password: PASSWORD });
    } finally {
      await strict.stop();
    }
  });
});
