import { expect } from 'chai';
import { Cluster, eventually, type Person } from '../src/index.ts';

/** Alice owns the guild on A; Bob on B moderates; Cora on C is a member. */
describe('three hosts and partitions', function () {
  this.timeout(90_000);
  let cluster: Cluster;
  let people: Person[];
  let guild: string;
  let channel: string;
  let moderator: string;
  const alice = (): Person => people[0] as Person;
  const bob = (): Person => people[1] as Person;
  const cora = (): Person => people[2] as Person;

  before(async () => {
    cluster = await Cluster.start(3);
    people = await Promise.all(['alice', 'bob', 'cora'].map((name, i) => cluster.host(i).register(name)));
    guild = await alice().createGuild('Islands');
    channel = await alice().createChannel(guild, 'general');
    for (const person of people.slice(1)) {
      await alice().invite(guild, person.userId);
      await person.join({ room_id: guild });
    }
    moderator = await alice().createRole(guild, 'moderator', 50, [
      'VIEW_CHANNEL',
      'SEND_MESSAGES',
      'MANAGE_CHANNELS',
      'BAN_MEMBERS',
      'KICK_MEMBERS',
      'MANAGE_MESSAGES',
    ]);
    await alice().grant(guild, bob().userId, [moderator]);
    await inStep(guild);
    await inStep(channel);
  });

  after(async () => {
    for (const each of cluster?.hosts ?? []) expect(each.host.federation.divergences, each.name).to.equal(0);
    await cluster?.stop();
  });

  async function inStep(room: string, whose: Person[] = people): Promise<string[]> {
    const seen = await eventually(
      `equal heads and states of ${room}`,
      () => Promise.all(whose.map((person) => person.stateHash(room))),
      (states) => states.every((state) => state.state_hash === states[0]?.state_hash && state.heads.join() === states[0]?.heads.join()),
      20_000,
    );
    return seen[0]?.heads ?? [];
  }

  const memberOf = async (person: Person, user: string): Promise<{ roles: string[] } | undefined> =>
    (await person.guild(guild)).members.find((member: { user_id: string }) => member.user_id === user);

  it('messages of either side are there after it heals', async () => {
    cluster.partition([cluster.host(0)], [cluster.host(1), cluster.host(2)]);
    await alice().send(channel, 'alone');
    await bob().send(channel, 'without you');
    await cora().send(channel, 'me too');
    await eventually(
      'cora hears bob',
      () => cora().texts(channel),
      (seen) => seen.includes('without you'),
    );
    expect(await alice().texts(channel)).to.not.include('without you');
    cluster.heal();
    await eventually(
      'all read all',
      () => Promise.all(people.map((person) => person.texts(channel))),
      (all) => all.every((texts) => texts.length === 3 && texts.join() === all[0]?.join()),
      20_000,
    );
    await inStep(channel);
  });

  it('concurrent authority changes end the same everywhere: what ranks higher stands', async () => {
    cluster.partition([cluster.host(1)], [cluster.host(0), cluster.host(2)]);
    // Alice takes Bob's role away and renames the channel; Bob renames it otherwise, bans Cora and writes.
    await alice().grant(guild, bob().userId, []);
    await alice().request('PATCH', `/client/v1/channels/${channel}`, { name: 'lagoon' });
    await bob().request('PATCH', `/client/v1/channels/${channel}`, { name: 'pirates' });
    await bob().request('PUT', `/client/v1/guilds/${guild}/bans/${cora().userId}`, {});
    await bob().send(channel, 'mine now');
    expect(await memberOf(bob(), cora().userId)).to.equal(undefined);
    cluster.heal();
    await inStep(guild);
    for (const person of people) {
      expect(await memberOf(person, cora().userId), `cora is a member as ${person.userId} sees it`).to.not.equal(undefined);
      expect((await memberOf(person, bob().userId))?.roles, `bob has no role as ${person.userId} sees it`).to.deep.equal([]);
      const { channels } = await person.guild(guild);
      expect(channels.find((one: { channel_id: string }) => one.channel_id === channel).name).to.equal('lagoon');
    }
    await cora().send(channel, 'still here');
    await eventually(
      'alice reads cora',
      () => alice().texts(channel),
      (seen) => seen.includes('still here'),
    );
    await inStep(channel);
  });

  it('what one host soft-failed becomes part of one history: a member writes while he is being kicked', async () => {
    const ben = await cluster.host(1).register('ben');
    await alice().invite(guild, ben.userId);
    await ben.join({ room_id: guild });
    await inStep(guild);
    cluster.partition([cluster.host(1)], [cluster.host(0), cluster.host(2)]);
    await alice().request('DELETE', `/client/v1/guilds/${guild}/members/${ben.userId}`);
    await ben.send(channel, 'I am not here any more');
    await alice().send(channel, 'he is gone');
    cluster.heal();
    await inStep(guild);
    // B holds the message as a head and the others do not follow it; after a while B merges.
    await inStep(channel);
    const timelines = await Promise.all(people.map((person) => person.texts(channel)));
    for (const texts of timelines) expect(texts).to.deep.equal(timelines[0]);
    expect(await memberOf(alice(), ben.userId)).to.equal(undefined);
  });

  it('a host that was away while the other two went on, and one of them is gone when it returns', async () => {
    await cluster.host(2).stop();
    await alice().send(channel, 'cora sleeps');
    await bob().send(channel, 'so she does');
    await eventually(
      'bob and alice agree',
      () => Promise.all([alice().texts(channel), bob().texts(channel)]),
      ([a, b]) => a.join() === b.join() && a.includes('so she does'),
    );
    await cluster.host(0).stop();
    await cluster.host(2).start();
    // B delivered its own message; what A said before is in the past of it, and B has it.
    await eventually(
      'cora reads both',
      () => cora().texts(channel),
      (seen) => seen.includes('cora sleeps') && seen.includes('so she does'),
      20_000,
    );
    await cluster.host(0).start();
    await cora().send(channel, 'all awake');
    await eventually(
      'everybody reads it',
      () => Promise.all(people.map((person) => person.texts(channel))),
      (all) => all.every((texts) => texts.includes('all awake')),
      20_000,
    );
    await inStep(guild);
    await inStep(channel);
  });

  it('a host whose last member leaves hears nothing more, and everything once one is back', async () => {
    await inStep(guild);
    await cora().request('DELETE', `/client/v1/guilds/${guild}/members/${cora().userId}`);
    await eventually(
      'cora is gone',
      () => memberOf(alice(), cora().userId),
      (seen) => seen === undefined,
    );
    await alice().send(channel, 'between ourselves');
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect((await cora().attempt('GET', `/client/v1/rooms/${channel}/messages`)).status).to.be.oneOf([403, 404]);
    await alice().invite(guild, cora().userId);
    await cora().join({ room_id: guild });
    await eventually(
      'cora reads what was said without her',
      () => cora().texts(channel),
      (seen) => seen.includes('between ourselves'),
    );
    await inStep(guild);
    await inStep(channel);
  });

  it("members of a server that cannot reach the guild's own server join by way of a third", async () => {
    const code = await bob().createCode(guild);
    cluster.partition([cluster.host(0)], [cluster.host(2)]);
    const dan = await cluster.host(2).register('dan');
    await dan.join({ invite: code });
    await dan.send(channel, 'hello from the far side');
    await eventually(
      'bob reads dan',
      () => bob().texts(channel),
      (seen) => seen.includes('hello from the far side'),
    );
    cluster.heal();
    await eventually(
      'alice reads dan',
      () => alice().texts(channel),
      (seen) => seen.includes('hello from the far side'),
      20_000,
    );
    await inStep(guild);
  });

  it('a private channel goes only where somebody may view it, and comes over when that changes', async () => {
    const secret = await alice().createChannel(guild, 'secret');
    const role = await alice().createRole(guild, 'insider', 5, ['VIEW_CHANNEL', 'SEND_MESSAGES']);
    await alice().request('PUT', `/client/v1/channels/${secret}/overwrites`, {
      overwrites: [
        { kind: 'role', id: 'everyone', allow: [], deny: ['VIEW_CHANNEL'] },
        { kind: 'role', id: role, allow: ['VIEW_CHANNEL'], deny: [] },
      ],
    });
    await inStep(guild);
    await alice().send(secret, 'hush');
    expect((await bob().attempt('GET', `/client/v1/rooms/${secret}/messages`)).status).to.be.oneOf([403, 404]);
    await alice().grant(guild, cora().userId, [role]);
    await eventually(
      'cora reads the secret',
      () =>
        cora()
          .texts(secret)
          .catch((): string[] => []),
      (seen) => seen.includes('hush'),
      20_000,
    );
    await cora().send(secret, 'I know');
    await eventually(
      'alice reads the answer',
      () => alice().texts(secret),
      (seen) => seen.includes('I know'),
    );
    expect((await bob().attempt('GET', `/client/v1/rooms/${secret}/messages`)).status).to.be.oneOf([403, 404]);
  });
});
