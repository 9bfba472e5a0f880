import type { Store } from '@openguild/storage';
import { SampleRoom } from '../../src/contract/sample-events.ts';
import { BOB, OLGA, twoServers } from '../runner/two-servers.ts';

const DEVICE = { user_id: '@a:a.example', device_id: 'd', created_ts: 2 };

/** The same rows in any store: rooms, forks, rejected and soft-failed events, queues, accounts, invitations, odd characters. */
export async function fillWithSamples(store: Store, size = 60): Promise<void> {
  const guild = new SampleRoom('guild');
  const channel = new SampleRoom('channel', guild);
  const txn = (n: number): object =>
    n % 4 === 0 ? { client_txn: { user_id: '@a:a.example', device_id: 'd\u0001', txn_id: `t${n}` } } : {};
  for (let i = 0; i < size; i++) {
    const room = i % 3 === 2 ? channel : guild;
    const options = i % 5 === 0 ? { stateKey: `k${i % 7}` } : { body: `text ${i} \u2028 \u0000 \u{1F600}` };
    await store.rooms.commit(room.next(options, { destinations: i % 2 === 0 ? ['b.example', 'c.example'] : [], ...txn(i) }));
  }
  await store.rooms.commit(guild.next({ stateKey: 'bad', rejected: { rule: 'AUTH-1.1', detail: 'x' } }));
  await store.rooms.commit(guild.next({ stateKey: 'soft', softFailed: { rule: 'AUTH-2.7', detail: 'y' } }));
  await store.outgoing.delivered('c.example', 7);
  await fillOthers(store);
}

/** A row at least in every table that is not about rooms. */
export async function fillOthers(store: Store): Promise<void> {
  await store.outgoing.setState('b.example', { failures: 2, retry_at: 99 });
  await store.accounts.create({ user_id: '@a:a.example', password_hash: '$argon2id$x', created_ts: 1, deactivated: false });
  await store.accounts.addToken({ token_hash: 'ff', user_id: '@a:a.example', device_id: 'd', created_ts: 2, expires_ts: null });
  await store.devices.put({ ...DEVICE, display_name: 'Telephone \u0000', last_seen_ts: 5, keys: { ed25519: 'x' } });
  const key = (n: number) => ({ algorithm: 'signed_curve25519', key_id: `k${n}`, key: { key: `public ${n}` } });
  await store.devices.addOneTimeKeys('@a:a.example', 'd', [key(1), key(2), key(3)]);
  await store.devices.claimOneTimeKey('@a:a.example', 'd', 'signed_curve25519');
  for (const n of [1, 2, 3])
    await store.toDevice.add([{ user_id: '@a:a.example', device_id: 'd', sender: '@b:b.example', type: 'm.t', content: { n } }]);
  await store.toDevice.acknowledge('@a:a.example', 'd', 1);
  const code = {
    guild_id: '!guild:a.example',
    creator: '@a:a.example',
    created_ts: 0,
    expires_ts: null,
    max_uses: 3,
    uses: 1,
    revoked: true,
  };
  await store.invites.addCode({ ...code, code: 'c1' });
  const pending = {
    user_id: '@a:a.example',
    inviter: '@b:b.example',
    via: ['b.example'],
    event: {},
    preview: { n: '\u0000' },
    received_ts: 1,
  };
  await store.invites.addPending({ ...pending, room_id: '!r:b.example' });
  await store.inbound.add({ origin: 'b.example', txn_id: '1', body_hash: 'aa', response: { pdus: {} }, received_ts: 3 });
  const media = { server: 'a.example', media_id: 'm', content_type: 'image/png', size: 3, sha256: 'ab', file_name: null, uploader: null };
  await store.media.add({ ...media, created_ts: 4 });
  for (const key of ['\u0000', 'b', '\u{1F600}']) await store.values.set('s', key, { key, ['__proto__']: 1 });
}

/** A guild on two servers, with real signatures, and a channel with messages on both sides that cross. */
export async function realHistory(stores: { readonly a: Store; readonly b: Store }, messages = 12): Promise<void> {
  const { a, b, channel, channelCreate } = await twoServers(stores);
  await b.receive(channelCreate);
  for (let i = 0; i < messages; i++) {
    const [one, two] = await Promise.all([a.say(channel, OLGA, `from a ${i}`), b.say(channel, BOB, `from b ${i}`)]);
    await a.receive(two, 'b.example');
    await b.receive(one);
  }
  await a.runner.settled();
  await b.runner.settled();
}
