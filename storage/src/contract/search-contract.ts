import { expect } from 'chai';
import type { Store } from '../ports.ts';
import type { SearchIndex } from '../search/search-port.ts';
import { SampleRoom } from './sample-events.ts';

export interface TestedSearch {
  readonly store: Store;
  readonly index: SearchIndex;
  /** Opens the index again, over what the same store holds. */
  reopen(): Promise<SearchIndex>;
  dispose(): Promise<void>;
}

/** A text, words that find it, and words that do not. */
const SCRIPTS: readonly (readonly [script: string, text: string, finds: readonly string[], misses: readonly string[]])[] = [
  ['Latin', 'Größe und Ärger: naïve Coöperation', ['größe', 'ÄRGER', 'aïv', 'coöp naïve', 'e'], ['groß', 'arger x']],
  ['Greek', 'Το τραγούδι της θάλασσας', ['ΤΡΑΓΟΎΔΙ', 'θάλα', 'τη'], ['τραγούδια']],
  ['Cyrillic', 'Съешь ещё этих мягких булок', ['СЪЕШЬ', 'булок мягк', 'ещё'], ['булочка']],
  ['Arabic', 'السلام عليكم ورحمة الله', ['السلام', 'رحمة', 'عليكم الله'], ['سلامة']],
  ['Hebrew', 'שלום לכולם וברוכים הבאים', ['שלום', 'ברוכים'], ['שלומות']],
  ['Devanagari', 'नमस्ते दुनिया, आप कैसे हैं', ['नमस्ते', 'दुनिया', 'कैसे'], ['नमस्कार']],
  ['Han', '我们明天去北京大学图书馆', ['北京', '图书馆', '明天 大学', '我'], ['南京', '北大']],
  ['Japanese', '東京タワーで会いましょう。ﾊﾝｶｸもあり', ['東京', 'タワー', '会いま', 'ハンカク'], ['京都']],
  ['Korean', '안녕하세요 여러분 반갑습니다', ['안녕', '여러분', '갑습니'], ['안경']],
  ['Thai', 'สวัสดีครับ ยินดีต้อนรับ', ['สวัสดี', 'ยินดี', 'ครับ'], ['ขอบคุณ']],
  [
    'Emoji and marks',
    '100% "quoted" it\'s a_b \\ back 🎉🎉 done*',
    ['100%', '"quoted"', "it's", 'a_b', '\\', '🎉', 'done*', '%'],
    ['axb', '1000', 'quoted""', 'NOT'],
  ],
];

/** Declares the tests that every search index must pass. */
export function searchContract(name: string, make: () => Promise<TestedSearch>): void {
  describe(`search contract: ${name}`, () => {
    let tested: TestedSearch;
    let index: SearchIndex;
    beforeEach(async () => {
      tested = await make();
      index = tested.index;
    });
    afterEach(() => tested.dispose());

    const say = async (room: SampleRoom, body: string): Promise<string> => {
      const commit = room.next({ type: 'm.room.message', body });
      await tested.store.rooms.commit(commit);
      return commit.effects.stored.event.event_id;
    };
    const find = async (room: SampleRoom, text: string, more: { before?: number; limit?: number } = {}): Promise<string[]> =>
      (await index.search({ rooms: [room.room_id], text, limit: 100, ...more })).map((hit) => hit.event_id);

    it('finds words of ten scripts and more, wherever they stand', async () => {
      const room = new SampleRoom('channel');
      const ids = new Map<string, string>();
      for (const [script, text] of SCRIPTS) ids.set(script, await say(room, text));
      for (const [script, , finds, misses] of SCRIPTS) {
        for (const words of finds) expect(await find(room, words), `${script}: ${words}`).to.include(ids.get(script));
        for (const words of misses) expect(await find(room, words), `${script}: not ${words}`).not.to.include(ids.get(script));
      }
    });

    it('finds only what has all the words, in the rooms that were named, newest first, page by page', async () => {
      const [one, two] = [new SampleRoom('one'), new SampleRoom('two')];
      const both = [await say(one, 'apples and pears'), await say(one, 'pears before apples')];
      await say(one, 'apples');
      const other = await say(two, 'pears, apples');
      expect(await find(one, 'apples pears')).to.deep.equal(both.toReversed());
      const hits = await index.search({ rooms: [one.room_id, two.room_id], text: ' PEARS  apples ', limit: 2 });
      expect(hits.map((hit) => hit.event_id)).to.deep.equal([other, both[1]]);
      expect(hits[0]?.room_id).to.equal(two.room_id);
      expect(await find(one, 'pears', { before: hits[1]?.position ?? 0 })).to.deep.equal([both[0]]);
      for (const nothing of ['', '   ', '\u0000']) expect(await find(one, nothing)).to.deep.equal([]);
      expect(await index.search({ rooms: [], text: 'apples', limit: 5 })).to.deep.equal([]);
    });

    it('takes what is written for text, never for a query language', async () => {
      const room = new SampleRoom('channel');
      await say(room, 'plain words');
      for (const text of [
        '"',
        '" OR "plain',
        'body:plain',
        'NEAR(plain words)',
        'plain*',
        '-words^',
        "'; DROP TABLE events; --",
        '%',
        '_',
        '\\',
        '(',
        'AND',
        '{}',
      ])
        expect(await find(room, text), text).to.deep.equal([]);
    });

    it('follows what is written, indexes messages only, and forgets for good', async () => {
      const room = new SampleRoom('channel');
      await tested.store.rooms.commit(room.next({ type: 'm.room.topic', stateKey: '', body: 'fruit' }));
      await tested.store.rooms.commit(room.next({ type: 'm.room.message', body: 'fruit', softFailed: { rule: 'AUTH-2.7', detail: '' } }));
      const ids = [await say(room, 'fruit 1')];
      expect(await find(room, 'fruit')).to.deep.equal(ids);
      for (let i = 0; i < 30; i++) ids.push(await say(room, `fruit ${i}`));
      expect(await find(room, 'fruit')).to.have.length(31);
      const [first = ''] = ids;
      await index.forget(room.room_id, first);
      await index.forget(room.room_id, '$unknown');
      expect(await find(room, 'fruit')).to.deep.equal(ids.slice(1).toReversed());
      await index.rebuild();
      expect(await find(room, 'fruit')).to.deep.equal(ids.slice(1).toReversed());
    });

    it('is there again when it is opened again', async () => {
      const room = new SampleRoom('channel');
      const ids = [await say(room, 'remember me')];
      expect(await find(room, 'remember')).to.deep.equal(ids);
      ids.push(await say(room, 'remember me too'));
      index = await tested.reopen();
      expect(await find(room, 'remember')).to.deep.equal(ids.toReversed());
    });
  });
}
