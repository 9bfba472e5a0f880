import type { HostProcess } from './host-process.ts';
import type { Narrator } from './narrator.ts';
import { rolesAt, spoken, stateHashAt, timelineAt } from './story.ts';
import type { Place, Story } from './story.ts';

/** Host B is killed without warning, the conversation goes on, and B catches up. Returns the timeline, oldest first. */
export async function hostBIsKilled(
  tell: Narrator,
  story: Story,
  places: readonly Place[],
  b: HostProcess,
  before: readonly string[],
): Promise<string[]> {
  const { alice, bob, guild, channel } = story;
  const [atA, atB] = places as [Place, Place];
  const timeline = [...before];
  await tell.step('Host B is killed with SIGKILL, and Alice writes on', async () => {
    const pid = b.pid;
    await b.kill();
    tell.says(`process ${pid} is gone`);
    await tell.reads('B: no longer answers', 'no answer', () =>
      bob.get('/whoami').then(
        () => 'an answer',
        () => 'no answer',
      ),
    );
    for (const words of ['Bob? Your host has gone quiet.', 'I will leave this here for when you are back.']) {
      await alice.write(channel, words);
      timeline.push(spoken(alice.id, words));
    }
    await tell.reads('A: shows what Alice wrote meanwhile', timeline, () => timelineAt(atA, channel));
  });
  await tell.step('Host B starts again on the same data, and catches up', async () => {
    await b.start();
    tell.says(`process ${b.pid} runs; Bob's access token is still good`);
    await tell.reads('B: shows what Alice wrote meanwhile', timeline, () => timelineAt(atB, channel));
    await tell.reads('B: Bob is still moderator', [story.moderator], () => rolesAt(atB, guild, bob.id));
    const words = 'Back again. What did I miss? Oh, I see.';
    await bob.write(channel, words);
    timeline.push(spoken(bob.id, words));
    await tell.readsEverywhere('Bob writes, and is heard', places, timeline, (p) => timelineAt(p, channel));
    await sameState(tell, story, places);
  });
  return timeline;
}

/** Both hosts hold the same state of guild and channel. */
export async function sameState(tell: Narrator, story: Story, places: readonly Place[]): Promise<void> {
  for (const [name, room] of [
    ['guild', story.guild],
    ['channel', story.channel],
  ] as const) {
    await tell.reads(`A and B: the same state_hash of the ${name}`, true, async () => {
      const hashes = new Set(await Promise.all(places.map((place) => stateHashAt(place, room))));
      return hashes.size === 1;
    });
  }
}
