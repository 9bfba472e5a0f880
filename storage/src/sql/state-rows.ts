import type { StateChange } from '@openguild/core';
import type { StateNode } from '../state-chain.ts';
import type { Sql } from './driver.ts';

interface StateRow {
  readonly num: number;
  readonly seq: number;
  readonly parent: number | null;
  readonly changes: string;
}

/** All nodes from one to the root of its chain. */
const WHOLE_CHAIN = `WITH RECURSIVE chain (num, parent) AS (
    SELECT num, parent FROM states WHERE num = ?
    UNION ALL SELECT s.num, s.parent FROM chain c JOIN states s ON s.num = c.parent
  ) SELECT s.num, s.seq, s.parent, s.changes FROM chain c JOIN states s ON s.num = c.num`;

/** The nodes that `nextNode` looks at: down to where the skip of the next node ends; of that one the changes are not needed, and can be many. */
const CHAIN_FOR_NEXT = `WITH RECURSIVE chain (num, seq, parent, target) AS (
    SELECT num, seq, parent, (seq + 1) & seq FROM states WHERE num = ?
    UNION ALL SELECT s.num, s.seq, s.parent, c.target FROM chain c JOIN states s ON s.num = c.parent WHERE c.seq > c.target
  ) SELECT c.num, c.seq, c.parent, CASE WHEN c.seq = c.target THEN '[]' ELSE s.changes END AS changes FROM chain c JOIN states s ON s.num = c.num`;

export function wholeChain(sql: Sql, state: number): Promise<Map<number, StateNode<number>>> {
  return readChain(sql, WHOLE_CHAIN, state);
}

/** Enough for `nextNode`, and for nothing else. */
export function chainForNext(sql: Sql, state: number): Promise<Map<number, StateNode<number>>> {
  return readChain(sql, CHAIN_FOR_NEXT, state);
}

export function nodeOf(nodes: ReadonlyMap<number, StateNode<number>>): (num: number) => StateNode<number> {
  return (num) => {
    const node = nodes.get(num);
    if (node === undefined) throw new Error(`state ${num} is referred to and is not there`);
    return node;
  };
}

async function readChain(sql: Sql, query: string, state: number): Promise<Map<number, StateNode<number>>> {
  const rows = await sql.all<StateRow>(query, state);
  return new Map(rows.map((row) => [row.num, { seq: row.seq, parent: row.parent, changes: JSON.parse(row.changes) as StateChange[] }]));
}
