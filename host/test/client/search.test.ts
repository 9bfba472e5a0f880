import Database from 'better-sqlite3';
import { join } from 'node:path';
import { expect } from 'chai';
import { type Json, type TestClient } from './test-client.ts';
import { TestHost } from './test-host.ts';

/** A text, words that find it, and words that do not. */
const SCRIPTS: readonly (readonly [text: string, finds: readonly string[], misses: readonly string[]])[] = [
  ['Größe und Ärger', ['GRÖ', 'ärg'], ['arger']],
  ['Το τραγούδι της θάλασσας', ['ΤΡΑΓΟΎΔΙ', 'θάλα'], ['τραγούδια']],
  ['Съешь ещё этих мягких булок', ['булок мягк'], ['булочка']],
  ['السلام عليكم ورحمة الله', ['رحمة'], ['سلامة']],
  ['שלום לכולם וברוכים הבאים', ['ברוכים'], ['שלומות']],
  ['नमस्ते दुनिया, आप कैसे हैं', ['दुनिया'], ['नमस्कार']],
  ['我们明天去北京大学图书馆', ['北京', '图书馆', '我'], ['南京']],
  ['東京タワーで会いましょう。ﾊﾝｶｸもあり', ['タワー', 'ハンカク'], ['京都']],
  ['안녕하세요 여러분 반갑습니다', ['갑습니'], ['안경']],
  ['สวัสดีครับ ยินดีต้อนรับ', ['ยินดี'], ['ขอบคุณ']],
];

describe('API-9: searching', function () {
  this.timeout(30_000);
  let host: TestHost;
  let alice: TestClient;
  let bob: TestClient;
  let guild: string;
  let channel: string;
  beforeEach(async () => {
    host = await TestHost.start();
    alice = await host.register('alice');
    bob = await host.register('bob');
    guild = await alice.guild();
    channel = await alice.channel(guild);
  });
  afterEach(() => host.stop());

  const search = (who: TestClient, query: Record<string, string>): Promise<Json> =>
    who.get(`/client/v1/search?${new URLSearchParams(query).toString()}`);
  const bodies = async (who: TestClient, q: string, more: Record<string, string> = {}): Promise<string[]> =>
    (await search(who, { q, ...more })).results.map((one: Json) => one.event.content.body);

  it('finds words of ten scripts, and shows where', async () => {
    for (const [text] of SCRIPTS) await alice.send(channel, text);
    for (const [text, finds, misses] of SCRIPTS) {
      for (const words of finds) expect(await bodies(alice, words), words).to.include(text);
      for (const words of misses) expect(await bodies(alice, words), words).not.to.include(text);
    }
    const { results } = await search(alice, { q: '图书馆' });
    expect(results[0]).to.include({ guild_id: guild });
    expect(results[0].event).to.include({ room_id: channel, sender: alice.userId, type: 'm.room.message' });
  });

  it('finds only what the asking person may view now', async () => {
    const secret = await alice.channel(guild, 'secret');
    const everyone = 'everyone';
    await alice.put(`/client/v1/channels/${secret}/overwrites`, {
      overwrites: [{ kind: 'role', id: everyone, allow: [], deny: ['VIEW_CHANNEL'] }],
    });
    await alice.send(channel, 'pears for all');
    await alice.send(secret, 'pears for few');
    const other = await bob.guild('Of bob');
    await bob.send(await bob.channel(other), 'pears of bob');
    expect(await bodies(alice, 'pears')).to.deep.equal(['pears for few', 'pears for all']);
    expect(await bodies(bob, 'pears')).to.deep.equal(['pears of bob']);
    await alice.invite(guild, bob);
    expect(await bodies(bob, 'pears')).to.deep.equal(['pears of bob', 'pears for all']);
    expect(await bodies(bob, 'pears', { guild })).to.deep.equal(['pears for all']);
    expect(await bodies(bob, 'pears', { channel })).to.deep.equal(['pears for all']);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/search?q=pears&channel=${secret}`);
    await alice.fails(404, 'NOT_FOUND', 'GET', `/client/v1/search?q=pears&guild=${other}`);
    await bob.fails(404, 'NOT_FOUND', 'GET', `/client/v1/search?q=pears&channel=${channel}&guild=${other}`);
    await alice.delete(`/client/v1/guilds/${guild}/members/${bob.userId}`);
    expect(await bodies(bob, 'pears')).to.deep.equal(['pears of bob']);
  });

  it('what was redacted is neither found nor left in the index', async () => {
    const { event_id } = await alice.send(channel, 'unspeakable pears');
    await alice.send(channel, 'fine pears');
    expect(await bodies(alice, 'pears')).to.have.length(2);
    await alice.post(`/client/v1/rooms/${channel}/redact`, { event_id, txn_id: 'r1' });
    expect(await bodies(alice, 'pears')).to.deep.equal(['fine pears']);
    expect(await bodies(alice, 'unspeakable')).to.deep.equal([]);
    const inIndex = (): unknown[] => {
      const db = new Database(join(host.folder, 'openguild.db'), { readonly: true });
      const rows = db.prepare('SELECT body FROM search_text WHERE search_text MATCH \'"pears"\'').pluck().all();
      db.close();
      return rows;
    };
    expect(inIndex()).to.deep.equal(['fine pears']);
    await host.restart();
    expect(await bodies(alice, 'pears')).to.deep.equal(['fine pears']);
    expect(inIndex()).to.deep.equal(['fine pears']);
  });

  it('goes page by page, also over redacted ones', async () => {
    const ids: string[] = [];
    for (let i = 0; i < 12; i++) ids.push((await alice.send(channel, `pear ${i}`)).event_id);
    expect(await bodies(alice, 'pear')).to.have.length(12);
    for (const i of [3, 4, 5, 6]) await alice.post(`/client/v1/rooms/${channel}/redact`, { event_id: ids[i], txn_id: `r${i}` });
    const seen: string[] = [];
    for (let from: string | null = ''; from !== null; ) {
      const page = await search(alice, { q: 'pear', limit: '3', ...(from === '' ? {} : { from }) });
      expect(page.results.length).to.be.at.most(3);
      seen.push(...page.results.map((one: Json) => one.event.content.body));
      from = page.next;
    }
    expect(seen).to.deep.equal([11, 10, 9, 8, 7, 2, 1, 0].map((i) => `pear ${i}`));
  });

  it('takes a query for text, and refuses what is none', async () => {
    await alice.send(channel, 'plain words');
    for (const q of [
      '" OR "plain',
      'body:plain',
      'NEAR(plain words)',
      'plain*',
      '-words^',
      "'; DROP TABLE events; --",
      '%',
      '_',
      '\\',
      '\u0000',
    ])
      expect(await bodies(alice, q), q).to.deep.equal([]);
    for (const query of [
      '',
      'q=',
      'q=%20%20',
      `q=${'x'.repeat(257)}`,
      'q=a&q=b',
      'q=a&limit=0',
      'q=a&limit=51',
      'q=a&from=-1',
      'q=a&from=1e3',
    ])
      await alice.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/search?${query}`);
    for (const query of ['q=a&guild=nothing', 'q=a&channel=%24event'])
      await alice.fails(400, 'BAD_REQUEST', 'GET', `/client/v1/search?${query}`);
    await host.anonymous().fails(401, 'UNAUTHENTICATED', 'GET', '/client/v1/search?q=a');
    expect(await bodies(alice, 'plain')).to.deep.equal(['plain words']);
  });
});
