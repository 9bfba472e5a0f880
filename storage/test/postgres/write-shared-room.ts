// Run as a child: writes to a guild and a channel to which others write at the same time, by a runner of its own, and prints what was acknowledged.
// Arguments: URL, schema, guild, channel, name, number of events.
import { PostgresStore } from '@openguild/storage';
import { TestServer } from '../runner/test-server.ts';
import { A, CAROL, OLGA } from '../runner/two-servers.ts';

const [url = '', schema = '', guild = '', channel = '', name = '', count = '0'] = process.argv.slice(2);
const store = await PostgresStore.open({ url, schema });
const server = new TestServer(A, store);
server.clock = 1_000_000;
process.stdout.write('ready\n');
for (let i = 0; i < Number(count); i++) {
  const made =
    i % 4 === 3
      ? [await server.add(guild, OLGA, 'm.room.join_rules', { join_rule: i % 8 === 3 ? 'invite' : 'public' }, '')]
      : await Promise.all([server.say(channel, OLGA, `${name} ${i} a`), server.say(channel, CAROL, `${name} ${i} b`)]);
  for (const event of made) process.stdout.write(`${event.event_id}\n`);
}
await server.runner.settled();
await store.close();
