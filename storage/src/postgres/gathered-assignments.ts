import type { Assignment, SqlValue } from '../sql/driver.ts';

/** Statements for many rows, by the one for a single row. */
const statements = new Map<string, string>();

/** Values for columns of rows: those of one column are given in one statement. */
export class GatheredAssignments {
  readonly #values = new Map<Assignment, Map<SqlValue, SqlValue>>();

  add(to: Assignment, key: SqlValue, value: SqlValue): void {
    const known = this.#values.get(to);
    if (known === undefined) this.#values.set(to, new Map([[key, value]]));
    else known.set(key, value);
  }

  /** Whether rows of a table are to get values. */
  concern(table: string): boolean {
    for (const to of this.#values.keys()) if (to.table === table) return true;
    return false;
  }

  /** What gives all of them; afterwards none is here. */
  take(): { readonly query: string; readonly values: readonly (SqlValue | readonly SqlValue[])[] }[] {
    if (this.#values.size === 0) return [];
    const made = [...this.#values].map(([to, values]) => ({ query: assignMany(to), values: [[...values.keys()], [...values.values()]] }));
    this.#values.clear();
    return made;
  }
}

function assignMany({ table, key, value, query }: Assignment): string {
  const known = statements.get(query);
  if (known !== undefined) return known;
  const array = (type: string): string => `?::${type === 'text' ? 'text' : 'bigint'}[]`;
  const made = `UPDATE ${table} SET ${value[0]} = given FROM unnest(${array(key[1])}, ${array(value[1])}) AS u (k, given) WHERE ${table}.${key[0]} = k`;
  statements.set(query, made);
  return made;
}
