import { expect } from 'chai';
import { GatheredAssignments } from '../../src/postgres/gathered-assignments.ts';
import { GatheredLookups } from '../../src/postgres/gathered-lookups.ts';
import { GatheredRows } from '../../src/postgres/gathered-rows.ts';
import { assignTo, insertInto, lookUp, type SqlValue } from '../../src/sql/driver.ts';

describe('rows that are gathered', () => {
  const EVENTS = insertInto('events', ['num', 'pdu']);
  const STATES = insertInto('states', ['num']);
  const STREAM = insertInto('stream', ['position', 'event']);

  it('of other tables are not taken', () => {
    const rows = new GatheredRows();
    expect(rows.add(insertInto('accounts', ['user_id']), ['@a:a.example'])).to.equal(false);
    expect([rows.concern('accounts'), rows.take()]).to.deep.equal([false, []]);
  });

  it('are written in the order of references, whatever the order they came in, each value in its place', () => {
    const rows = new GatheredRows();
    rows.add(STREAM, [1, 7]);
    rows.add(EVENTS, [7, 'a']);
    rows.add(STATES, [3]);
    rows.add(EVENTS, [8, null]);
    expect(['events', 'stream', 'outgoing'].map((table) => rows.concern(table))).to.deep.equal([true, true, false]);
    expect(rows.take()).to.deep.equal([
      { query: 'INSERT INTO states (num) VALUES (?)', values: [3] },
      { query: 'INSERT INTO events (num, pdu) VALUES (?, ?), (?, ?)', values: [7, 'a', 8, null] },
      { query: 'INSERT INTO stream (position, event) VALUES (?, ?)', values: [1, 7] },
    ]);
    expect([rows.take(), rows.concern('events')]).to.deep.equal([[], false]);
  });

  it('with other columns than those that wait are left to the caller', () => {
    const rows = new GatheredRows();
    expect(rows.add(EVENTS, [1, 'a'])).to.equal(true);
    expect(rows.add(insertInto('events', ['num']), [2])).to.equal(false);
    expect(rows.take().flatMap(({ values }) => values)).to.deep.equal([1, 'a']);
  });

  it('are divided into statements of few lengths, without a row lost, doubled or moved', () => {
    const lengths = new Set<number>();
    for (let count = 1; count <= 200; count++) {
      const rows = new GatheredRows();
      for (let n = 0; n < count; n++) rows.add(STATES, [n]);
      expect(rows.areMany).to.equal(count >= 50);
      const made = rows.take();
      expect(rows.areMany).to.equal(false);
      for (const { query, values } of made) {
        expect(query.match(/\(\?\)/g)).to.have.length(values.length);
        lengths.add(values.length);
      }
      expect(made.flatMap(({ values }) => values)).to.deep.equal(Array.from({ length: count }, (_, n) => n));
    }
    expect(lengths.size).to.be.at.most(6);
  });
});

describe('values that are gathered', () => {
  const ENDS = assignTo('rooms', ['num', 'integer'], ['extremities', 'text']);

  it('are given in one statement for each column, the last of each row', () => {
    const values = new GatheredAssignments();
    for (const [key, value] of [
      [1, 'a'],
      [2, 'b'],
      [1, 'c'],
    ] as const)
      values.add(ENDS, key, value);
    values.add(assignTo('counters', ['name', 'text'], ['value', 'integer']), 'events', 9);
    expect(['rooms', 'counters', 'events'].map((table) => values.concern(table))).to.deep.equal([true, true, false]);
    expect(values.take()).to.deep.equal([
      {
        query: 'UPDATE rooms SET extremities = given FROM unnest(?::bigint[], ?::text[]) AS u (k, given) WHERE rooms.num = k',
        values: [
          [1, 2],
          ['c', 'b'],
        ],
      },
      {
        query: 'UPDATE counters SET value = given FROM unnest(?::text[], ?::bigint[]) AS u (k, given) WHERE counters.name = k',
        values: [['events'], [9]],
      },
    ]);
    expect([values.take(), values.concern('rooms')]).to.deep.equal([[], false]);
  });
});

describe('questions that are gathered', () => {
  const EVENT = lookUp('events', { room: 'integer', event_id: 'text' }, ['num']);
  const ROOM = lookUp('rooms', { num: 'integer' }, ['kind']);
  type Values = readonly (SqlValue | readonly SqlValue[])[];

  it('are asked together if they are of one turn, and each gets its own answer', async () => {
    const asked: { query: string; values: Values }[] = [];
    const lookups = new GatheredLookups(async (lookup, query, values) => {
      asked.push({ query, values });
      return lookup === ROOM
        ? [{ kind: 'guild' }]
        : [
            { asked: 3, num: 33 },
            { asked: 1, num: 11 },
          ];
    });
    const answers = await Promise.all([
      lookups.find(EVENT, [1, '$a']),
      lookups.find(EVENT, [1, '$b']),
      // Later in the turn, after others have gone on.
      Promise.resolve().then(() => lookups.find(EVENT, [2, '$a'])),
      lookups.find(ROOM, [5]),
    ]);
    expect(answers).to.deep.equal([{ num: 11 }, undefined, { num: 33 }, { kind: 'guild' }]);
    expect(asked.map(({ values }) => values)).to.deep.equal([
      [
        [1, 1, 2],
        ['$a', '$b', '$a'],
      ],
      [5],
    ]);
    expect(asked[1]?.query).to.equal('SELECT kind FROM rooms WHERE num = ?');
  });

  it('fail together, and those of the next turn are asked anew', async () => {
    let fails = true;
    const lookups = new GatheredLookups(async () => {
      if (fails) throw new Error('lost');
      return [];
    });
    const outcomes = await Promise.allSettled([lookups.find(EVENT, [1, '$a']), lookups.find(EVENT, [1, '$b'])]);
    expect(outcomes.map(({ status }) => status)).to.deep.equal(['rejected', 'rejected']);
    fails = false;
    expect(await lookups.find(EVENT, [1, '$a'])).to.equal(undefined);
  });
});
