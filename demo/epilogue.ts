import { drawDag } from './draw-dag.ts';
import type { Disputed } from './chapter-three-partition.ts';
import type { Narrator } from './narrator.ts';
import { byCodePoint, dagAt, explainedAt, localPart, stateHashAt } from './story.ts';
import type { DagRow, Place, Story } from './story.ts';

/** Asks both hosts why: the same answer from each, rule by rule. */
export async function explainWhy(tell: Narrator, story: Story, places: readonly Place[], disputed: Disputed): Promise<void> {
  const [atA] = places as [Place, Place];
  await tell.step('explain: why did it come out like this?', async () => {
    const questions = [
      ["Bob's ban of Carol", disputed.ban],
      ["Bob's rename", disputed.bobsRename],
      ["Alice's rename", disputed.alicesRename],
      ["Bob's message after the ban", disputed.lateMessage],
    ] as const;
    const roomOf = await roomsOfEvents(atA, story);
    for (const [what, event] of questions) {
      const room = roomOf.get(event) ?? story.channel;
      const text = await explainedAt(atA, room, event);
      tell.line();
      tell.says(`${what}  ${short(event)}`);
      tell.quote(text);
      tell.check(`A: names the rules`, true, /\b(AUTH|RES|DAG|ENG)-[0-9]/.test(text));
    }
    await tell.readsEverywhere('the ban is void', places, true, async (place) => (await dagAt(place, story.guild)).find((row) => row.event_id === disputed.ban)?.void);
  });
}

/** The last word: equal hashes, equal DAGs, and a drawing of both. */
export async function lastWord(tell: Narrator, story: Story, places: readonly Place[]): Promise<void> {
  const [atA, atB] = places as [Place, Place];
  for (const [name, room] of [['guild', story.guild], ['channel', story.channel]] as const) {
    await tell.step(`The ${name} on both hosts`, async () => {
      await tell.reads(`A and B hold the same events of the ${name}`, true, async () => same(await Promise.all(places.map((p) => eventsAt(p, room)))));
      await tell.reads(`A and B: the same state_hash of the ${name}`, true, async () => same(await Promise.all(places.map((p) => stateHashAt(p, room)))));
      for (const place of [atA, atB]) tell.says(`${place.label}  state_hash ${await stateHashAt(place, room)}`);
      tell.line();
      for (const line of drawDag(await dagAt(atA, room), (event) => label(tell, event))) tell.says(line);
    });
  }
}

async function roomsOfEvents(place: Place, story: Story): Promise<Map<string, string>> {
  const rooms = [story.guild, story.channel];
  const dags = await Promise.all(rooms.map((room) => dagAt(place, room)));
  return new Map(dags.flatMap((dag, index) => dag.map((row) => [row.event_id, rooms[index] ?? ''] as const)));
}

async function eventsAt(place: Place, room: string): Promise<string> {
  return (await dagAt(place, room)).map((event) => event.event_id).toSorted(byCodePoint).join(' ');
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
