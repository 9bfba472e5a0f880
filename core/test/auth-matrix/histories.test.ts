import { expect } from 'chai';
import { readHistories } from './history-file.ts';
import { MatrixReplay } from './history-harness.ts';
import { TESTED_VERSIONS } from './versions.ts';

const FILE = new URL('../../../spec/matrix/histories.jsonl.gz', import.meta.url);

describe('histories of Matrix rooms that other implementations judged', () => {
  it('have the same verdicts and states here, event by event, in versions 3 to 12', function () {
    this.timeout(300_000);
    const faults: string[] = [];
    const disputed: string[] = [];
    const skipped: string[] = [];
    let judged = 0;
    for (const history of readHistories(FILE)) {
      if (!TESTED_VERSIONS.has(history.room_version)) {
        skipped.push(history.id);
        continue;
      }
      const replay = new MatrixReplay(history);
      replay.run();
      const [first] = replay.differences;
      const said = `${history.id}: ${replay.differences.length} differences, the first: ${JSON.stringify(first)}`;
      if (history.disputed !== undefined)
        disputed.push(`${history.id} (${Object.keys(history.disputed).join(', ')}): ${replay.differences.length}`);
      else if (first !== undefined) faults.push(said);
      judged++;
    }
    console.log(`      ${judged} judged; not counted, differences where two implementations disagree: ${disputed.join('; ')}`);
    console.log(`      skipped, versions 1 and 2 are not supported: ${skipped.length}`);
    expect(faults, faults.join('\n')).to.deep.equal([]);
    expect(judged).to.equal(252);
  });
});
