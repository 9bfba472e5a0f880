import { setTimeout as sleep } from 'node:timers/promises';
import type { CuttableLink } from './cuttable-link.ts';
import type { Narrator } from './narrator.ts';
import { byCodePoint, channelNameAt, membersAt, rolesAt, spoken, timelineAt } from './story.ts';
import type { Person } from './person.ts';
import type { Place, Story } from './story.ts';

/** One line of what must hold after the partition, written down before it begins. */
interface Promised {
  readonly text: string;
  readonly expected: unknown;
  read(place: Place): Promise<unknown>;
}

/** The events of the partition that `explain` is asked about afterwards. */
export interface Disputed {
  /** Alice takes Bob's role. */
  readonly demotion: string;
  readonly ban: string;
  readonly bobsRename: string;
  readonly alicesRename: string;
  readonly lateMessage: string;
}

const ALICES_NAME = 'north-pier';
const BOBS_NAME = 'bobs-cove';
const WORDS = {
  bobEarly: 'The line to A went dead. I will keep an eye on things.',
  bobLate: 'I have tidied up here. It is quiet now.',
  bobLater: 'Very quiet.',
  alice: 'Bob is no moderator any more, and this is the north pier.',
  carol: 'I like the new name.',
} as const;

/** Says what must come out, before anything happens. */
export function declareOutcome(tell: Narrator, story: Story, before: readonly string[]): readonly Promised[] {
  const { alice, bob, carol, guild, channel } = story;
  const said = [
    ...before,
    spoken(alice.id, WORDS.alice),
    spoken(carol.id, WORDS.carol),
    ...[WORDS.bobEarly, WORDS.bobLate, WORDS.bobLater].map((words) => spoken(bob.id, words)),
  ].toSorted(byCodePoint);
  const promised: Promised[] = [
    {
      text: `the channel is called "${ALICES_NAME}": Alice's name stands, for it knows a guild in which Bob may not rename any more`,
      expected: ALICES_NAME,
      read: (place) => channelNameAt(place, guild, channel),
    },
    { text: 'Bob is a member without a role', expected: [], read: (place) => rolesAt(place, guild, bob.id) },
    {
      text: "Carol is in: Bob's ban is void, for Alice, who ranks higher, took away his right to it at the same time",
      expected: [alice.id, bob.id, carol.id].toSorted(byCodePoint),
      read: (place) => membersAt(place, guild),
    },
    {
      text: "all that was written is shown, Bob's later messages too: they cite his void ban, but writing needs no role",
      expected: said,
      read: async (place) => (await timelineAt(place, channel)).toSorted(byCodePoint),
    },
  ];
  tell.line();
  tell.title('    Declared before the partition: whatever order things arrive in, after it both hosts must show:');
  for (const [index, promise] of promised.entries()) tell.says(`${index + 1}. ${promise.text}`);
  return promised;
}

/** Cuts both hosts off from each other, and lets Alice and Bob contradict each other meanwhile. */
export async function thePartition(
  tell: Narrator,
  story: Story,
  places: readonly Place[],
  links: readonly CuttableLink[],
  lastsMs: number,
): Promise<Disputed> {
  const { alice, bob, carol, guild, channel, moderator } = story;
  const [atA, atB] = places as [Place, Place];
  let disputed: Disputed | undefined;
  await tell.step(`A partition of ${lastsMs / 1000} seconds: no byte passes between A and B`, async () => {
    const cutAt = performance.now();
    for (const link of links) link.cut();
    await bob.write(channel, WORDS.bobEarly);

    tell.says(`On A, Alice takes Bob's role away and calls the channel "${ALICES_NAME}".`);
    const bobsRoles = `/guilds/${encodeURIComponent(guild)}/members/${encodeURIComponent(bob.id)}/roles`;
    const { event_id: demotion } = await alice.put<{ event_id: string }>(bobsRoles, { roles: [] });
    const alicesRename = await rename(alice, channel, ALICES_NAME);
    await alice.write(channel, WORDS.alice);
    await carol.write(channel, WORDS.carol);
    tell.says(`On B, Bob calls it "${BOBS_NAME}", bans Carol and writes. For all that B can know, he may.`);
    const bobsRename = await rename(bob, channel, BOBS_NAME);
    const bans = `/guilds/${encodeURIComponent(guild)}/bans`;
    const { event_id: ban } = await bob.put<{ event_id: string }>(`${bans}/${encodeURIComponent(carol.id)}`, {
      reason: 'This is my harbour.',
    });
    const lateMessage = await bob.write(channel, WORDS.bobLate);
    await bob.write(channel, WORDS.bobLater);

    tell.check('A: the channel is called as Alice said', ALICES_NAME, await channelNameAt(atA, guild, channel));
    tell.check('A: Bob holds no role', [], await rolesAt(atA, guild, bob.id));
    tell.check('A: Carol is a member', true, (await membersAt(atA, guild)).includes(carol.id));
    tell.check('B: the channel is called as Bob said', BOBS_NAME, await channelNameAt(atB, guild, channel));
    tell.check('B: Bob is moderator', [moderator], await rolesAt(atB, guild, bob.id));
    tell.check('B: Carol is banned', false, (await membersAt(atB, guild)).includes(carol.id));
    const rest = lastsMs - (performance.now() - cutAt);
    tell.aside(`both are sure of their own truth; waiting ${(Math.max(rest, 0) / 1000).toFixed(1)} s more`);
    await sleep(Math.max(rest, 0));
    tell.check('A: has heard nothing from B', [], await heard(atA, channel, [WORDS.bobEarly, WORDS.bobLate, WORDS.bobLater]));
    tell.check('B: has heard nothing from A', [], await heard(atB, channel, [WORDS.alice, WORDS.carol]));
    tell.aside(`refused meanwhile: ${links.map((link) => link.refused).join(' and ')} connections`);
    disputed = { demotion, ban, bobsRename, alicesRename, lateMessage };
  });
  if (disputed === undefined) throw new Error('the partition did not happen');
  return disputed;
}

/** Lets federation through again and compares with what was declared. */
export async function healAndCompare(
  tell: Narrator,
  story: Story,
  places: readonly Place[],
  links: readonly CuttableLink[],
  promised: readonly Promised[],
): Promise<void> {
  await tell.step('The partition heals, and what was declared is compared with what both hosts show', async () => {
    for (const link of links) link.heal();
    for (const [index, promise] of promised.entries()) {
      await tell.readsEverywhere(`declared ${index + 1}: ${promise.text.split(':')[0]}`, places, promise.expected, (place) =>
        promise.read(place),
      );
    }
    await tell.reads('A and B: the same timeline, line by line', true, async () => {
      const [a, b] = await Promise.all(places.map((place) => timelineAt(place, story.channel)));
      return JSON.stringify(a) === JSON.stringify(b);
    });
  });
}

/** Lines of the timeline that end with one of these words. */
async function heard(place: Place, channel: string, words: readonly string[]): Promise<string[]> {
  return (await timelineAt(place, channel)).filter((line) => words.some((one) => line.endsWith(one)));
}

/** Gives the channel another name; the event's ID. */
async function rename(person: Person, channel: string, name: string): Promise<string> {
  return (await person.patch<{ event_id: string }>(`/channels/${encodeURIComponent(channel)}`, { name })).event_id;
}
