import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';
import { sumCounter, SUMMED_TABLES, type SummedTable } from './row-sums.ts';

/** Sums of tables that have none yet: in a new store, and in one of an earlier version. */
export async function ensureSums(reader: Sql, committer: Committer): Promise<void> {
  const lacking = await tablesWithoutSum(reader);
  if (lacking.length === 0) return;
  await committer.run(async (tx) => {
    // Another process may have made them meanwhile.
    for (const table of await tablesWithoutSum(tx)) await tx.sumAgain(table);
  });
}

async function tablesWithoutSum(sql: Sql): Promise<SummedTable[]> {
  const names = new Set((await sql.all<{ name: string }>('SELECT name FROM counters')).map(({ name }) => name));
  return SUMMED_TABLES.filter((table) => !names.has(sumCounter(table)));
}
