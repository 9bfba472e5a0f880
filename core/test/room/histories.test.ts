import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { type History, HistoryReplay } from './history-replay.ts';

/** Every n-th history; OPENGUILD_HISTORIES=all judges each. All of them with real hashes and signatures take minutes. */
const EVERY = process.env['OPENGUILD_HISTORIES'] === 'all' ? 1 : 20;

describe('histories of the reference model, through the whole engine', function () {
  this.timeout(1_800_000);
  const text = gunzipSync(readFileSync(new URL('../../../spec/native/histories.jsonl.gz', import.meta.url))).toString('utf8');
  const histories = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as History);
  // Where time stamps tie on purpose, event IDs decide, and real ones compare otherwise than the names in the file.
  const chosen = histories.filter((history, n) => n % EVERY === 0 && history.tie !== true);

  it(`gives the same verdicts, states and void events in ${chosen.length} histories`, () => {
    const wrong = chosen.flatMap((history) => new HistoryReplay(history).differences().map((difference) => `${history.id} ${difference}`));
    expect(wrong.slice(0, 20)).to.deep.equal([]);
    expect(chosen.length).to.be.greaterThan(50);
  });
});
