import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { backupStore, restoreStore } from '@openguild/storage';
import { expect } from 'chai';
import { PASSWORD, type TestClient } from '../client/test-client.ts';
import { eventually, localHost } from './local-host.ts';

type Named = Awaited<ReturnType<typeof localHost>>;

describe('ENG-15: a host that is restored from a backup', function () {
  this.timeout(60_000);
  let a: Named;
  let b: Named;
  let alice: TestClient;
  let bob: TestClient;
  let guild: string;
  let channel: string;

  beforeEach(async () => {
    a = await localHost();
    b = await localHost();
    alice = await a.register('alice');
    bob = await b.register('bob');
    guild = await alice.guild();
    channel = await alice.channel(guild);
    await alice.post('/client/v1/invite', { room_id: guild, user_id: bob.userId });
    await eventually(
      'the invitation',
      () => bob.get('/client/v1/invites'),
      (seen) => seen.invites.length === 1,
    );
    await bob.post('/client/v1/join', { room_id: guild });
    await alice.send(channel, 'kept');
    await reads(bob, ['kept']);
  });
  afterEach(async () => {
    await a?.stop();
    await b?.stop();
  });

  const reads = (person: TestClient, texts: readonly string[]): Promise<string[]> =>
    eventually(
      `${person.userId} reads ${texts.join()}`,
      () => person.texts(channel).catch((): string[] => []),
      (seen) => seen.join() === texts.join(),
    );
  const headsOf = (host: Named, room: string): Promise<readonly string[]> =>
    host.host.rooms.ask(room, (each) => ({ needs: null, value: [...each.extremities] }));

  /** An event and all before it. */
  async function pastOf(host: Named, room: string, id: string): Promise<Set<string>> {
    const past = new Set([id]);
    for (let level = [id]; level.length > 0; ) {
      const events = await host.host.rooms.events(room, level);
      level = [...new Set(events.flatMap((event) => event.prev_events))].filter((each) => !past.has(each));
      for (const each of level) past.add(each);
    }
    return past;
  }

  /** Puts the backup in the place of what A has now. */
  async function putBack(file: string): Promise<void> {
    for (const name of await readdir(a.folder)) if (name.startsWith('openguild.')) await rm(join(a.folder, name));
    await restoreStore(file, a.folder, 5);
  }

  it('makes nothing in a room until another has returned what it made after the backup, and then follows it', async () => {
    const backup = join(a.folder, 'the-backup');
    const { code } = await alice.post(`/client/v1/guilds/${guild}/invites`, { max_uses: 1 }, 201);
    await backupStore(a.folder, backup);
    await alice.send(channel, 'lost 1');
    await alice.send(channel, 'lost 2');
    await alice.patch(`/client/v1/guilds/${guild}`, { name: 'Renamed' });
    const other = await alice.channel(guild, 'made later');
    await bob.send(channel, 'from bob');
    const all = ['kept', 'lost 1', 'lost 2', 'from bob'];
    await Promise.all([reads(alice, all), reads(bob, all)]);
    const given = await a.host.rooms.position();
    await eventually(
      'the other channel at B',
      () => bob.texts(other).catch(() => undefined),
      (seen) => seen !== undefined,
    );
    const [lostGuild, lostChannel] = [await headsOf(b, guild), await headsOf(b, channel)];

    // B is away while A comes back.
    await b.restart(async () => {
      await a.restart(() => putBack(backup));
      expect((await alice.request('GET', '/client/v1/guilds')).status, 'an old token').to.equal(401);
      const { access_token } = await alice.post('/client/v1/login', { username: 'alice', password: PASSWORD });
      alice.token = access_token;
      expect(await alice.texts(channel)).to.deep.equal(['kept']);
      for (const held of [
        () => alice.request('POST', `/client/v1/rooms/${channel}/send`, { content: { body: 'too soon' }, txn_id: 'soon' }),
        () => alice.request('PATCH', `/client/v1/guilds/${guild}`, { name: 'Too soon' }),
        () => alice.request('POST', `/client/v1/guilds/${guild}/channels`, { name: 'too-soon', kind: 'text' }),
      ]) {
        const answer = await held();
        expect([answer.status, answer.body.error?.rule], JSON.stringify(answer.body)).to.deep.equal([503, 'ENG-15']);
      }
      expect(await headsOf(a, channel)).not.to.deep.equal(lostChannel);
      // A room that the backup does not know has nothing to wait for.
      await alice.channel(await alice.guild('Alone'));
    });

    await reads(alice, all);
    await eventually(
      'alice may send again',
      () => alice.request('POST', `/client/v1/rooms/${channel}/send`, { content: { body: 'after' }, txn_id: 'after' }),
      ({ status }) => status === 200,
    );
    await Promise.all([reads(alice, [...all, 'after']), reads(bob, [...all, 'after'])]);
    await alice.patch(`/client/v1/guilds/${guild}`, { name: 'Again' });
    for (const [room, lost] of [
      [guild, lostGuild],
      [channel, lostChannel],
    ] as const) {
      await eventually(
        `one end of ${room} on both`,
        async () => [await headsOf(a, room), await headsOf(b, room)],
        ([atA, atB]) => atA?.length === 1 && atA.join() === atB?.join(),
      );
      const [head] = await headsOf(b, room);
      for (const id of lost) expect(await pastOf(b, room, head as string), 'the events that were lost').to.include(id);
    }
    expect(await a.host.rooms.position()).to.be.greaterThan(Math.max(given, 2 ** 40));
    await eventually(
      'the channel that was made after the backup',
      () => alice.texts(other).catch(() => undefined),
      (seen) => seen !== undefined,
    );
    expect(
      (await bob.request('POST', '/client/v1/join', { invite: `${code}@${a.name}` })).status,
      'a code that may be used up',
    ).to.not.equal(500);
  });

  it('waits through a restart, and only where there are others', async () => {
    const alone = await alice.guild('Alone');
    const backup = join(a.folder, 'the-backup');
    await backupStore(a.folder, backup);
    await b.restart(async () => {
      await a.restart(() => putBack(backup));
      await a.restart();
      const { access_token } = await alice.post('/client/v1/login', { username: 'alice', password: PASSWORD });
      alice.token = access_token;
      await eventually(
        'the guild without others',
        () => alice.request('PATCH', `/client/v1/guilds/${alone}`, { name: 'Still alone' }),
        ({ status }) => status === 200,
      );
      expect((await alice.request('PATCH', `/client/v1/guilds/${guild}`, { name: 'Too soon' })).status).to.equal(503);
    });
    await eventually(
      'the guild with others',
      () => alice.request('PATCH', `/client/v1/guilds/${guild}`, { name: 'Not too soon' }),
      ({ status }) => status === 200,
    );
  });
});
