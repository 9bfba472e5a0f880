import type { Lookup, SqlValue } from '../sql/driver.ts';

type Asked = { readonly key: readonly SqlValue[] } & Pick<PromiseWithResolvers<never>, 'resolve' | 'reject'>;

type Ask = (lookup: Lookup, query: string, values: readonly (SqlValue | readonly SqlValue[])[]) => Promise<object[]>;

/** Statements for many keys, by the one for a single key. */
const statements = new Map<string, string>();

/** Questions for rows by their keys: those of one turn are asked in one statement, since a statement costs more than a row. */
export class GatheredLookups {
  readonly #ask: Ask;
  readonly #waiting = new Map<Lookup, Asked[]>();

  constructor(ask: Ask) {
    this.#ask = ask;
  }

  find<Row>(lookup: Lookup, key: readonly SqlValue[]): Promise<Row | undefined> {
    const { promise, resolve, reject } = Promise.withResolvers<Row | undefined>();
    const asked = { key, resolve, reject } as Asked;
    const waiting = this.#waiting.get(lookup);
    if (waiting !== undefined) waiting.push(asked);
    else {
      this.#waiting.set(lookup, [asked]);
      // After every promise that can go on without the database has gone on.
      queueMicrotask(() => process.nextTick(() => void this.#send(lookup)));
    }
    return promise;
  }

  async #send(lookup: Lookup): Promise<void> {
    const waiting = this.#waiting.get(lookup) ?? [];
    this.#waiting.delete(lookup);
    try {
      const found = await this.#answers(lookup, waiting);
      waiting.forEach(({ resolve }, index) => resolve(found[index] as never));
    } catch (error) {
      for (const { reject } of waiting) reject(error);
    }
  }

  async #answers(lookup: Lookup, waiting: readonly Asked[]): Promise<(object | undefined)[]> {
    const [only] = waiting;
    if (waiting.length === 1 && only !== undefined) return this.#ask(lookup, lookup.query, only.key);
    const columns = Object.keys(lookup.key).map((_, index) => waiting.map(({ key }) => key[index] ?? null));
    const found: (object | undefined)[] = waiting.map(() => undefined);
    for (const { asked, ...row } of (await this.#ask(lookup, lookUpMany(lookup), columns)) as { asked: number }[]) found[asked - 1] = row;
    return found;
  }
}

/** LIMIT: each row is looked for by itself, whatever plan else looks cheaper. */
function lookUpMany({ table, key, columns, query }: Lookup): string {
  const known = statements.get(query);
  if (known !== undefined) return known;
  const keys = Object.entries(key);
  const arrays = keys.map(([, type]) => `?::${type === 'text' ? 'text' : 'bigint'}[]`).join(', ');
  const names = keys.map((_, index) => `k${index}`);
  const where = keys.map(([column], index) => `${column} = ${names[index]}`).join(' AND ');
  const made = `SELECT asked, t.* FROM unnest(${arrays}) WITH ORDINALITY AS u (${names.join(', ')}, asked)
    CROSS JOIN LATERAL (SELECT ${columns.join(', ')} FROM ${table} WHERE ${where} LIMIT 1) t`;
  statements.set(query, made);
  return made;
}
