import type { Narrator } from './narrator.ts';
import type { HostProcess } from './host-process.ts';
import { Person } from './person.ts';
import { channelNameAt, guildAt, membersAt, rolesAt, spoken, timelineAt, byCodePoint } from './story.ts';
import type { Place, Story } from './story.ts';

const MODERATOR = ['VIEW_CHANNEL', 'SEND_MESSAGES', 'MANAGE_MESSAGES', 'MANAGE_CHANNELS', 'KICK_MEMBERS', 'BAN_MEMBERS', 'CREATE_INVITE'];
const MODERATOR_RANK = 50;

/** The people of the story, and the guild with its channel and role, made by Alice on host A. */
export async function aliceMakesTheGuild(tell: Narrator, a: HostProcess, b: HostProcess): Promise<Story> {
  const people: Person[] = [];
  await tell.step('People register, each on their own host', async () => {
    for (const [name, host] of [
      ['Alice', a],
      ['Carol', a],
      ['Bob', b],
    ] as const) {
      const person = await Person.register(name, host);
      const me = await person.get<{ user_id: string }>('/whoami');
      tell.check(`${host.label}: ${name} is ${person.id}`, `@${name.toLowerCase()}:${host.serverName}`, me.user_id);
      people.push(person);
    }
  });
  const [alice, carol, bob] = people as [Person, Person, Person];
  let made: Pick<Story, 'guild' | 'channel' | 'moderator'> | undefined;
  await tell.step('Alice makes a guild with a text channel and a moderator role', async () => {
    const { guild_id: guild } = await alice.post<{ guild_id: string }>('/guilds', { name: 'Lighthouse' });
    const path = `/guilds/${encodeURIComponent(guild)}`;
    const { channel_id: channel } = await alice.post<{ channel_id: string }>(`${path}/channels`, { name: 'harbour', kind: 'text' });
    const role = { name: 'Moderator', rank: MODERATOR_RANK, permissions: MODERATOR };
    const { role_id: moderator } = await alice.post<{ role_id: string }>(`${path}/roles`, role);
    const view = await guildAt({ label: 'A', reader: alice }, guild);
    tell.check('A: the guild is Lighthouse, owned by Alice', ['Lighthouse', alice.id], [view.name, view.owner]);
    tell.check(
      'A: it has the text channel "harbour"',
      [[channel, 'harbour', 'text']],
      view.channels.map((c) => [c.channel_id, c.name, c.kind]),
    );
    tell.check('A: it has the role Moderator at rank 50', MODERATOR_RANK, view.roles.find((r) => r.role_id === moderator)?.rank);
    made = { guild, channel, moderator };
    tell.aside(`guild    ${guild}`);
    tell.aside(`channel  ${channel}`);
  });
  if (made === undefined) throw new Error('the guild was not made');
  return { alice, bob, carol, ...made };
}

/** Carol joins with a code on her own host, Bob by an invitation that crosses to his. */
export async function bobAndCarolJoin(tell: Narrator, story: Story, places: readonly Place[]): Promise<void> {
  const { alice, bob, carol, guild } = story;
  await tell.step('Carol joins on A with an invite code', async () => {
    const { code } = await alice.post<{ code: string }>(`/guilds/${encodeURIComponent(guild)}/invites`, { max_uses: 1 });
    tell.says(`Alice hands Carol the code ${code}`);
    await carol.post('/join', { invite: code });
    await tell.reads('A: Carol reads the member list and is in it', sorted([alice.id, carol.id]), () =>
      membersAt({ label: 'A', reader: carol }, guild),
    );
  });
  await tell.step('Alice invites Bob, whose host learns of the guild, and Bob joins', async () => {
    await alice.post('/invite', { room_id: guild, user_id: bob.id });
    await tell.reads('B: the invitation reached Bob', [guild], async () => {
      const { invites } = await bob.get<{ invites: readonly { room_id: string }[] }>('/invites');
      return invites.map((invite) => invite.room_id);
    });
    await bob.post('/join', { room_id: guild, via: [alice.host.serverName] });
    await tell.readsEverywhere('Alice, Bob and Carol are the members', places, sorted([alice.id, bob.id, carol.id]), (p) =>
      membersAt(p, guild),
    );
    await tell.readsEverywhere('the channel is called "harbour"', places, 'harbour', (p) => channelNameAt(p, guild, story.channel));
  });
}

/** Bob becomes moderator, and everybody writes. The timeline so far, oldest first. */
export async function everybodyWrites(tell: Narrator, story: Story, places: readonly Place[]): Promise<string[]> {
  const { alice, bob, carol, guild, channel, moderator } = story;
  await tell.step('Bob becomes moderator', async () => {
    await alice.put(`/guilds/${encodeURIComponent(guild)}/members/${encodeURIComponent(bob.id)}/roles`, { roles: [moderator] });
    await tell.readsEverywhere('Bob holds the role Moderator', places, [moderator], (p) => rolesAt(p, guild, bob.id));
  });
  const timeline: string[] = [];
  await tell.step('Everybody writes, and both hosts show the same timeline', async () => {
    for (const [person, words] of [
      [alice, 'Welcome to the lighthouse.'],
      [bob, 'Hello from the other host!'],
      [carol, 'Nice to meet you both.'],
    ] as const) {
      await person.write(channel, words);
      timeline.push(spoken(person.id, words));
      await tell.readsEverywhere(timeline.at(-1) ?? '', places, [...timeline], (p) => timelineAt(p, channel));
    }
  });
  return timeline;
}

function sorted(ids: readonly string[]): string[] {
  return ids.toSorted(byCodePoint);
}
