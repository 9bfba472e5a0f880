import { drawDag } from './draw-dag.ts';
import type { Disputed } from './chapter-three-partition.ts';
import type { Narrator } from './narrator.ts';
import { byCodePoint, dagAt, explainedAt, localPart, stateHashAt } from './story.ts';
import type { DagRow, Place, Story } from './story.ts';

interface Question {
  readonly about: string;
  readonly room: string;
  readonly event: string;
  /** What the answer must contain, and what that shows. */
  readonly must: readonly (readonly [text: string, shows: string])[];
}

/** What `explain` is asked, and what it must answer on both hosts. Rule IDs are those of PROTOCOL.md. */
function questions(story: Story, { ban, demotion, bobsRename, alicesRename, lateMessage }: Disputed): readonly Question[] {
  return [
    {
      about: "Bob's ban of Carol",
      room: story.guild,
      event: ban,
      must: [
        ['Accepted.', 'the ban stands in the history, since Bob was entitled to it by all that he knew'],
        ['Not in force (void)', 'but it is void'],
        ['RES-6', 'by RES-6: something concurrent that ranks higher'],
        [`once ${demotion} is in place`, "and that is Alice's event which takes his role"],
      ],
    },
    {
      about: "Bob's rename",
      room: story.channel,
      event: bobsRename,
      must: [
        [`Not in force: ${alicesRename} holds its entry.`, "Alice's rename took its place"],
        ['RES-8', 'by RES-8, the rule of channels'],
      ],
    },
    { about: "Alice's rename", room: story.channel, event: alicesRename, must: [['In force', 'it is in force']] },
    {
      about: "Bob's message after the ban",
      room: story.channel,
      event: lateMessage,
      must: [
        ['Accepted.', 'it is accepted and shown'],
        ['AUTH-8.2', 'by AUTH-8.2: it needs SEND_MESSAGES, which everyone has'],
      ],
    },
  ];
}

/** Asks both hosts why, and shows what A says. */
export async function explainWhy(tell: Narrator, story: Story, places: readonly Place[], disputed: Disputed): Promise<void> {
  await tell.step('explain: why did it come out like this?', async () => {
    for (const { about, room, event, must } of questions(story, disputed)) {
      tell.line();
      tell.says(`${tell.paint('bold', about)}, as A explains it:`);
      tell.quote(await explainedAt(places[0] as Place, room, event));
      for (const [text, shows] of must) {
        await tell.readsEverywhere(shows, places, true, async (place) => (await explainedAt(place, room, event)).includes(text));
      }
    }
  });
}

/** The last word: equal hashes, equal DAGs, and a drawing of both. */
export async function lastWord(tell: Narrator, story: Story, places: readonly Place[]): Promise<void> {
  const [atA, atB] = places as [Place, Place];
  for (const [name, room] of [
    ['guild', story.guild],
    ['channel', story.channel],
  ] as const) {
    await tell.step(`The ${name} on both hosts`, async () => {
      await tell.reads(`A and B hold the same events of the ${name}`, true, async () =>
        same(await Promise.all(places.map((p) => eventsAt(p, room)))),
      );
      await tell.reads(`A and B: the same state_hash of the ${name}`, true, async () =>
        same(await Promise.all(places.map((p) => stateHashAt(p, room)))),
      );
      for (const place of [atA, atB]) tell.says(`${place.label}  state_hash ${await stateHashAt(place, room)}`);
      tell.line();
      for (const line of drawDag(await dagAt(atA, room), (event) => label(tell, event))) tell.says(line);
    });
  }
}

async function eventsAt(place: Place, room: string): Promise<string> {
  return (await dagAt(place, room))
    .map((event) => event.event_id)
    .toSorted(byCodePoint)
    .join(' ');
}

function same(values: readonly string[]): boolean {
  return new Set(values).size === 1;
}

function label(tell: Narrator, event: DagRow): string {
  const who = localPart(event.sender);
  const marks = event.void ? tell.paint('red', '  void') : '';
  const cites = event.guild_heads.length === 0 ? '' : tell.paint('dim', `  at ${event.guild_heads.map(short).join(' ')}`);
  return `${tell.paint('yellow', short(event.event_id))}  ${event.type.padEnd(20)} ${who}${marks}${cites}`;
}

function short(id: string): string {
  return id.slice(0, 7);
}
