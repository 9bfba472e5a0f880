import { expect } from 'chai';
import { SampleRoom } from '../../src/contract/sample-events.ts';
import { CommitWriter } from '../../src/sql/commit-writer.ts';
import type { KeyedSql } from '../../src/sql/driver.ts';

describe('reading ahead for a commit', () => {
  it('fails as one when the connection is lost: no question is left whose failure nobody takes', async () => {
    const room = new SampleRoom('guild');
    room.next({ stateKey: '' });
    const commit = room.next({ stateKey: 'again' });
    const asked: string[] = [];
    const lost = async (query: string): Promise<never> => {
      asked.push(query);
      throw new Error('Connection terminated unexpectedly');
    };
    const sql: KeyedSql = { all: lost, get: lost, run: lost, find: ({ query }) => lost(query) };
    const writer = new CommitWriter();
    writer.memory.addRoom(1, room.snapshot);
    // A rejection that nobody takes would fail this test run.
    const error = await writer.prepare(sql, commit).catch((caught: unknown) => caught);
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(error).to.have.property('message', 'Connection terminated unexpectedly');
    expect(asked).to.have.length(2);
  });
});
