import { expect } from 'chai';
import { Cluster, eventually, type Person } from '../src/index.ts';

describe('two hosts', function () {
  this.timeout(60_000);
  let cluster: Cluster;
  let alice: Person;
  let bob: Person;
  let guild: string;
  let channel: string;

  before(async () => {
    cluster = await Cluster.start(2);
    alice = await cluster.host(0).register('alice');
    bob = await cluster.host(1).register('bob');
    guild = await alice.createGuild('Harbour');
    channel = await alice.createChannel(guild, 'general');
  });

  after(async () => {
    await cluster?.stop();
  });

  async function inStep(room: string): Promise<void> {
    await eventually(
      `equal states of ${room}`,
      async () => Promise.all([alice.stateHash(room), bob.stateHash(room)]),
      ([a, b]) => a.state_hash === b.state_hash && a.heads.join() === b.heads.join(),
    );
  }

  it('an invitation crosses over, is shown, and lets its target in with the whole history', async () => {
    await alice.send(channel, 'before bob');
    await alice.invite(guild, bob.userId);
    const pending = await eventually(
      'the invitation',
      () => bob.request('GET', '/client/v1/invites'),
      (seen) => seen.invites.length === 1,
    );
    expect(pending.invites[0].room_id).to.equal(guild);
    await bob.join({ room_id: guild });
    expect(await bob.texts(channel)).to.deep.equal(['before bob']);
    const members = async (): Promise<string[]> => (await alice.guild(guild)).members.map((member: { user_id: string }) => member.user_id);
    await eventually('bob at A', members, (seen) => seen.includes(bob.userId));
    await inStep(guild);
  });

  it('messages go both ways, in one order', async () => {
    await alice.send(channel, 'hello bob');
    await eventually(
      'the message at B',
      () => bob.texts(channel),
      (seen) => seen.includes('hello bob'),
    );
    await bob.send(channel, 'hello alice');
    await eventually(
      'the message at A',
      () => alice.texts(channel),
      (seen) => seen.includes('hello alice'),
    );
    await Promise.all(Array.from({ length: 10 }, (_, i) => Promise.all([alice.send(channel, `a${i}`), bob.send(channel, `b${i}`)])));
    const [a] = await eventually(
      'the same timeline',
      () => Promise.all([alice.texts(channel), bob.texts(channel)]),
      ([x, y]) => x.length === 23 && x.join() === y.join(),
    );
    expect(a).to.include.members(['a9', 'b9']);
    await inStep(channel);
  });

  it('a channel that is made later comes over by itself, with what is said in it', async () => {
    const later = await alice.createChannel(guild, 'later');
    await alice.send(later, 'first');
    await eventually(
      'the channel at B',
      () => bob.texts(later).catch((): string[] => []),
      (seen) => seen.includes('first'),
    );
    await bob.send(later, 'second');
    await eventually(
      'the answer at A',
      () => alice.texts(later),
      (seen) => seen.includes('second'),
    );
  });

  it('FED-72: a role granted to a user of the other host counts there', async () => {
    expect(await bob.attempt('PATCH', `/client/v1/channels/${channel}`, { name: 'bobs' })).to.include({ status: 403 });
    const role = await alice.createRole(guild, 'moderator', 50, ['MANAGE_CHANNELS', 'BAN_MEMBERS', 'KICK_MEMBERS']);
    await alice.grant(guild, bob.userId, [role]);
    await eventually(
      'the right to rename',
      () => bob.attempt('PATCH', `/client/v1/channels/${channel}`, { name: 'bobs' }),
      ({ status }) => status === 200,
    );
    await inStep(guild);
    await inStep(channel);
  });

  it('a code joins somebody, signed by both servers, as often as it may be used', async () => {
    const carla = await cluster.host(1).register('carla');
    const dora = await cluster.host(1).register('dora');
    const code = await alice.createCode(guild, { max_uses: 1 });
    await carla.join({ invite: code });
    await carla.send(channel, 'by code');
    await eventually(
      'her message at A',
      () => alice.texts(channel),
      (seen) => seen.includes('by code'),
    );
    const refused = await dora.attempt('POST', '/client/v1/join', { invite: code });
    expect(refused.status).to.be.oneOf([403, 404]);
    await inStep(guild);
  });

  it('a member who uses a code stays who he is, and uses nothing up', async () => {
    const code = await alice.createCode(guild, { max_uses: 1 });
    const before = await bob.guild(guild);
    await bob.join({ invite: code });
    await inStep(guild);
    expect((await bob.guild(guild)).members).to.deep.equal(before.members);
    const emil = await cluster.host(1).register('emil');
    await emil.join({ invite: code });
  });

  it('media of one host are read through the other', async () => {
    const png = Uint8Array.from(
      Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64'),
    );
    const uri = await alice.upload(png, 'dot "ü".png');
    const { status, bytes, headers } = await bob.bytes(`/client/v1/media/${uri.slice('mxc://'.length)}`);
    expect(status).to.equal(200);
    expect(Buffer.from(bytes).equals(Buffer.from(png))).to.equal(true);
    expect(headers.get('content-type')).to.equal('image/png');
  });

  it('a host that was down gets everything, in order', async () => {
    await cluster.host(1).stop();
    for (let i = 0; i < 120; i += 1) await alice.send(channel, `while away ${i}`);
    await cluster.host(1).start();
    await eventually(
      'catching up',
      () => bob.texts(channel, 100),
      (seen) => seen.at(-1) === 'while away 119',
      20_000,
    );
    await inStep(channel);
    await bob.send(channel, 'back');
    await eventually(
      'bob at A again',
      () => alice.texts(channel),
      (seen) => seen.includes('back'),
    );
  });

  it('what waits for a host that is down outlives a restart of the sender', async () => {
    await cluster.host(1).stop();
    await alice.send(channel, 'kept on disk');
    await cluster.host(0).stop();
    await cluster.host(0).start();
    await cluster.host(1).start();
    await eventually(
      'the message at B',
      () => bob.texts(channel),
      (seen) => seen.includes('kept on disk'),
      20_000,
    );
    await inStep(channel);
  });

  it('kicked, banned and unbanned across hosts', async () => {
    const erik = await cluster.host(1).register('erik');
    await alice.invite(guild, erik.userId);
    await erik.join({ room_id: guild });
    await alice.request('PUT', `/client/v1/guilds/${guild}/bans/${erik.userId}`, {});
    await eventually(
      'the ban at B',
      () => erik.attempt('POST', `/client/v1/rooms/${channel}/send`, { content: { body: 'x' }, txn_id: `x${Math.random()}` }),
      ({ status }) => status === 403,
    );
    const code = await alice.createCode(guild);
    expect((await erik.attempt('POST', '/client/v1/join', { invite: code })).status).to.be.oneOf([403, 404]);
    await alice.request('DELETE', `/client/v1/guilds/${guild}/bans/${erik.userId}`);
    await erik.join({ invite: code });
    await inStep(guild);
  });
});
