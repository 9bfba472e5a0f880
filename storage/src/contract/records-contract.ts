import { expect } from 'chai';
import type { InboundTransaction, MediaRecord } from '../ports.ts';
import type { ContractContext } from './contract-suite.ts';

export function recordsContract({ store }: ContractContext): void {
  it('keeps the first answer to an inbound transaction', async () => {
    const { inbound } = store();
    const first: InboundTransaction = { origin: 'b.example', txn_id: 't', body_hash: 'aa', response: { results: {} }, received_ts: 10 };
    await inbound.add(first);
    await inbound.add({ ...first, body_hash: 'bb', response: { other: true } });
    await inbound.add({ ...first, origin: 'c.example', received_ts: 20 });
    expect(await inbound.find('b.example', 't')).to.deep.equal(first);
    expect(await inbound.find('b.example', 'T')).to.equal(undefined);
    expect(await inbound.prune(10)).to.equal(0);
    expect(await inbound.prune(11)).to.equal(1);
    expect(await inbound.find('b.example', 't')).to.equal(undefined);
    expect((await inbound.find('c.example', 't'))?.received_ts).to.equal(20);
  });

  it('keeps media records by server and media ID, the first for ever', async () => {
    const { media } = store();
    const record: MediaRecord = {
      server: 'a.example',
      media_id: 'm1',
      content_type: 'image/png',
      size: 12,
      sha256: 'ab'.repeat(32),
      file_name: 'ü "quoted".png',
      uploader: '@alice:a.example',
      created_ts: 3,
    };
    const remote = { ...record, server: 'b.example', uploader: null, file_name: null };
    await media.add(record);
    await media.add(remote);
    await media.add({ ...record, content_type: 'text/html' });
    expect(await media.find('a.example', 'm1')).to.deep.equal(record);
    expect(await media.find('b.example', 'm1')).to.deep.equal(remote);
    expect(await media.find('a.example', 'm2')).to.equal(undefined);
  });

  it('keeps values by space and key, sorted by UTF-8 bytes', async () => {
    const { values } = store();
    await values.set('s', '\u{1F600}', { n: 1 });
    await values.set('s', '\uffee', { n: 2 });
    await values.set('s', 'a', { n: 3 });
    await values.set('t', 'a', { n: 4 });
    await values.set('s', 'a', { n: 5, list: [null, true, '☃'] });
    expect(await values.get('s', 'a')).to.deep.equal({ n: 5, list: [null, true, '☃'] });
    expect(await values.entries('s')).to.deep.equal([
      ['a', { n: 5, list: [null, true, '☃'] }],
      ['\uffee', { n: 2 }],
      ['\u{1F600}', { n: 1 }],
    ]);
    expect(await values.remove('s', 'a')).to.equal(true);
    expect(await values.remove('s', 'a')).to.equal(false);
    expect(await values.get('s', 'a')).to.equal(undefined);
    expect(await values.get('t', 'a')).to.deep.equal({ n: 4 });
    expect(await values.entries('none')).to.deep.equal([]);
  });

  it('keeps control characters, in names and in text, and orders by them', async () => {
    const { values } = store();
    const keys = [
      '',
      '\u0000',
      '\u0000\u0000',
      '\u0000\u0001',
      '\u0000a',
      '\u0001',
      '\u0001\u0000',
      '\u0001\u0001',
      '\u0001\u0002',
      '\u0002',
      'a',
    ];
    for (const key of keys.toReversed()) await values.set('\u0000s', key, { key });
    expect(await values.entries('\u0000s')).to.deep.equal(keys.map((key) => [key, { key }]));
  });
}
