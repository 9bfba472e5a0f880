import type { Insert, SqlValue } from '../sql/driver.ts';

/** Tables whose rows are gathered, in the order in which they refer to each other: each is written before those that refer to it. */
const TABLES = ['states', 'events', 'stream', 'client_transactions', 'outgoing'];

/** Rows in one statement: few different numbers, so that few statements are prepared. */
const SIZES = [50, 20, 10, 5, 2, 1];
/** Rows of one table that are worth sending before more come. */
const MANY = 50;

/** Statements for several rows, by the one for a single row and their number. */
const statements = new Map<string, Map<number, string>>();

/** Rows that wait to be written, many in a statement: a statement costs more than a row. */
export class GatheredRows {
  readonly #tables = new Map<string, { readonly into: Insert; readonly rows: (readonly SqlValue[])[] }>();
  /** Whether it is time to send them. */
  areMany = false;

  /** Takes a row, unless such rows are not gathered. */
  add(into: Insert, values: readonly SqlValue[]): boolean {
    const known = this.#tables.get(into.table);
    if (known === undefined) {
      if (!TABLES.includes(into.table)) return false;
      this.#tables.set(into.table, { into, rows: [values] });
      return true;
    }
    if (known.into !== into) return false;
    if (known.rows.push(values) >= MANY) this.areMany = true;
    return true;
  }

  /** Whether rows of a table are here. */
  concern(table: string): boolean {
    return this.#tables.has(table);
  }

  /** What writes all of them; afterwards none is here. */
  take(): { readonly query: string; readonly values: readonly SqlValue[] }[] {
    if (this.#tables.size === 0) return [];
    const found = TABLES.flatMap((table) => this.#tables.get(table) ?? []);
    this.#tables.clear();
    this.areMany = false;
    return found.flatMap(({ into, rows }) => {
      const made = [];
      for (let from = 0; from < rows.length; ) {
        const size = SIZES.find((each) => each <= rows.length - from) ?? 1;
        made.push({ query: insertMany(into, size), values: rows.slice(from, from + size).flat() });
        from += size;
      }
      return made;
    });
  }
}

function insertMany({ query, columns }: Insert, count: number): string {
  const known = statements.get(query)?.get(count);
  if (known !== undefined) return known;
  const made = `${query}${`, (${columns.map(() => '?').join(', ')})`.repeat(count - 1)}`;
  if (!statements.has(query)) statements.set(query, new Map());
  statements.get(query)?.set(count, made);
  return made;
}
