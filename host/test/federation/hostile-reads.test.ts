import { expect } from 'chai';
import { fileNameField, readFileName } from '../../src/federation/media-transfer.ts';
import { type HostileWorld, hostileWorld, NOWHERE, refusal } from './hostile-world.ts';

describe('hostile servers: what a server may see', function () {
  this.timeout(60_000);
  let world: HostileWorld;
  let host: HostileWorld['host'];
  let alice: HostileWorld['alice'];
  let mallory: HostileWorld['mallory'];
  let stranger: HostileWorld['stranger'];
  let guild: HostileWorld['guild'];
  let channel: HostileWorld['channel'];
  let secret: HostileWorld['secret'];

  before(async () => {
    world = await hostileWorld();
    ({ host, alice, mallory, stranger, guild, channel, secret } = world);
  });

  after(() => world?.stop());

  it('FED-50: a stranger gets nothing, and the same answer for rooms that do not exist', async () => {
    const nothing = `!${'1'.repeat(32)}:${host.name}`;
    const { extremities } = (await mallory.store.rooms.open(channel)) as { extremities: readonly string[] };
    for (const room of [guild, channel, nothing]) {
      const q = `room_id=${encodeURIComponent(room)}`;
      const answers = await Promise.all([
        stranger.request(host, 'GET', `/_federation/log?${q}`),
        stranger.request(host, 'GET', `/_federation/state?${q}`),
        stranger.request(host, 'GET', `/_federation/backfill?${q}&from=${encodeURIComponent(extremities[0] ?? '')}`),
        stranger.request(host, 'GET', `/_federation/event/${encodeURIComponent(extremities[0] ?? '')}?${q}`),
        stranger.request(host, 'POST', '/_federation/missing_events', {
          room_id: room,
          earliest: [],
          latest: extremities.slice(0, 1),
          limit: 10,
        }),
      ]);
      for (const answer of answers) expect(refusal(answer)).to.deep.equal([403, 'NOT_ADMITTED', 'FED-50']);
      const sent = await stranger.request(host, 'POST', '/_federation/heads', {
        rooms: { [room]: { heads: [], state_hash: '1'.repeat(32) } },
      });
      expect(sent.body).to.deep.equal({ rooms: {} });
    }
  });

  it('FED-56: a stranger gets no media, a member does', async () => {
    const upload = await alice.request('PUT', '/client/v1/media/upload?file_name=a.txt', new TextEncoder().encode('hello file'));
    const id = (upload.body.uri as string).split('/').at(-1) ?? '';
    expect(refusal(await stranger.request(host, 'GET', `/_federation/media/${id}`))).to.deep.equal([403, 'NOT_ADMITTED', 'FED-50']);
    const got = await mallory.request(host, 'GET', `/_federation/media/${id}`);
    expect([got.status, Buffer.from(got.bytes).toString()]).to.deep.equal([200, 'hello file']);
    for (const bad of ['..%2F..%2Fkeys%2Froot.json', '%2e%2e', 'a%00b', 'x'.repeat(200)]) {
      expect((await mallory.request(host, 'GET', `/_federation/media/${bad}`)).status).to.be.oneOf([400, 404]);
    }
  });

  it('FED-56: a file name of any characters and any length is a field, and a name again, in whole characters', async () => {
    const names = [
      'a'.repeat(254) + '\u{1f600}b',
      '\u{1f600}'.repeat(255),
      "it's (a) *name*!",
      'é'.repeat(255),
      '\u202Egnp.exe',
      '%00%2F..',
    ];
    for (const name of names) {
      const path = `/client/v1/media/upload?file_name=${encodeURIComponent(name)}`;
      const upload = await alice.request('PUT', path, new TextEncoder().encode('named'));
      const id = (upload.body.uri as string).split('/').at(-1) ?? '';
      const got = await mallory.request(host, 'GET', `/_federation/media/${id}`);
      expect([got.status, Buffer.from(got.bytes).toString()], name).to.deep.equal([200, 'named']);
      const [first = ''] = [...name.replace('\u202E', '')];
      expect(readFileName(got.headers.get('content-disposition')), name).to.satisfy(
        (read: string) => read.isWellFormed() && read.startsWith(first),
      );
    }
    expect(readFileName(fileNameField(names[0] as string))).to.equal('a'.repeat(254) + '\u{1f600}');
    expect(readFileName(fileNameField(names[1] as string))).to.equal(names[1]);
    expect(readFileName(`attachment; filename*=UTF-8''${'a'.repeat(254)}${encodeURIComponent('\u{1f600}b')}`)?.isWellFormed()).to.equal(
      true,
    );
    for (const bad of [
      "attachment; filename*=UTF-8''%ED%A0%80",
      "attachment; filename*=UTF-8''%00%2F",
      `attachment; filename*=UTF-8''${'a'.repeat(4_000)}`,
    ])
      expect(readFileName(bad), bad.slice(0, 50)).to.equal(null);
  });

  it('FED-51: a member without VIEW_CHANNEL gets a private channel redacted, and its heads not at all', async () => {
    const q = `room_id=${encodeURIComponent(secret)}`;
    const { status, body } = await mallory.request(host, 'GET', `/_federation/log?${q}`);
    expect(status).to.equal(200);
    expect(JSON.stringify(body)).to.not.include('hush');
    const answer = await mallory.request(host, 'POST', '/_federation/heads', {
      rooms: { [secret]: { heads: [], state_hash: '1'.repeat(32) } },
    });
    expect(answer.body).to.deep.equal({ rooms: {} });
  });

  it('FED-22: bad queries: BAD_REQUEST', async () => {
    const q = `room_id=${encodeURIComponent(channel)}`;
    for (const path of [
      'log',
      'log?room_id=',
      `log?${q}&limit=0`,
      `log?${q}&limit=101`,
      `log?${q}&limit=1e1`,
      `log?${q}&after=x`,
      `log?${q}&after=-1.${NOWHERE}`,
      `backfill?${q}`,
      `backfill?${q}&from=x`,
      `log?${q}&${q}`,
    ]) {
      expect(refusal(await mallory.request(host, 'GET', `/_federation/${path}`)).slice(0, 2), path).to.deep.equal([400, 'BAD_REQUEST']);
    }
  });

  it('FED-52, FED-53, FED-54: events in pages, in causal order, whole', async () => {
    for (let i = 0; i < 6; i += 1) await alice.send(channel, `page ${i}`);
    await mallory.takeIn(host, channel);
    const { extremities } = (await mallory.store.rooms.open(channel)) as { extremities: readonly string[] };
    const q = `room_id=${encodeURIComponent(channel)}`;
    const back = await mallory.request(host, 'GET', `/_federation/backfill?${q}&from=${encodeURIComponent(extremities[0] ?? '')}&limit=5`);
    expect(back.body['events']).to.have.length(5);
    const missing = await mallory.request(host, 'POST', '/_federation/missing_events', {
      room_id: channel,
      earliest: [],
      latest: [...extremities],
      limit: 5,
    });
    expect(missing.body['events']).to.have.length(5);
    const one = await mallory.request(host, 'GET', `/_federation/event/${encodeURIComponent(extremities[0] ?? '')}?${q}`);
    expect(one.status).to.equal(200);
    const none = await mallory.request(host, 'GET', `/_federation/event/${encodeURIComponent(NOWHERE)}?${q}`);
    expect(refusal(none).slice(0, 2)).to.deep.equal([404, 'NOT_FOUND']);
  });
});
