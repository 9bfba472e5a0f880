import { createHash } from 'node:crypto';
import type { StateChange } from '@openguild/core';
import { StorageError } from '../errors.ts';
import { CommitMemory } from '../sql/commit-memory.ts';
import type { SqlValue } from '../sql/driver.ts';
import type { SqlStore } from '../sql/sql-store.ts';
import type { WriteTransaction } from '../sql/write-transaction.ts';
import { type ColumnKind, DUMP_FORMAT, DUMP_TABLES, DUMP_VERSION, TOLD_COUNTERS, type Progress } from './tables.ts';

/** The dump is damaged, or of a version that this program does not know; nothing was written. */
export class DumpError extends StorageError {
  override name = 'DumpError';
}

type JsonRow = Readonly<Record<string, unknown>>;

const SETTLE_EVERY = 500;
/** The version of dumps in which each event has the whole list of what was void before it. */
const WHOLE_VOIDS = 1;

/** Fills an empty store from the lines of a dump, in one transaction: all of it, or nothing. Throws DumpError, or StorageError if the store is not empty. */
export async function loadStore(store: SqlStore, lines: AsyncIterable<string>, progress: Progress = () => undefined): Promise<void> {
  await store.committer.run(async (tx) => {
    for (const { name } of DUMP_TABLES) {
      if ((await tx.get(`SELECT 1 AS one FROM ${name} LIMIT 1`)) !== undefined)
        throw new StorageError('a dump is loaded into an empty store only');
    }
    await new Loader(tx, progress).load(lines);
  });
}

class Loader {
  readonly #tx: WriteTransaction;
  readonly #progress: Progress;
  readonly #memory = new CommitMemory();
  readonly #rooms = new Map<string, number>();
  #version: unknown;
  readonly #tables = new Map(DUMP_TABLES.map((table) => [table.name as string, table]));

  constructor(tx: WriteTransaction, progress: Progress) {
    this.#tx = tx;
    this.#progress = progress;
  }

  async load(lines: AsyncIterable<string>): Promise<void> {
    const hash = createHash('sha256');
    let count = 0;
    let ended = false;
    for await (const line of lines) {
      if (ended) throw new DumpError('lines follow the end of the dump');
      const value = parse(line, count + 1);
      if ('end' in value) {
        const { lines: expected, sha256 } = value['end'] as { lines: number; sha256: string };
        if (expected !== count || sha256 !== hash.digest('hex'))
          throw new DumpError('the dump is not what was written: its checksum does not fit');
        ended = true;
        continue;
      }
      hash.update(`${line}\n`);
      if (count++ === 0) this.#header(value);
      else await this.#row(value, count);
      if (count % SETTLE_EVERY === 0) {
        await this.#tx.settle();
        this.#progress('lines', count);
      }
    }
    if (!ended) throw new DumpError('the dump is cut short: its last line is missing');
    await this.#tx.settle();
  }

  #header(value: JsonRow): void {
    if (value['format'] !== DUMP_FORMAT) throw new DumpError('this is no dump of a store');
    this.#version = value['version'];
    if (this.#version !== DUMP_VERSION && this.#version !== WHOLE_VOIDS)
      throw new DumpError(`a dump of version ${String(value['version'])}; version ${DUMP_VERSION} is known`);
    const counters = value['counters'] as Readonly<Partial<Record<(typeof TOLD_COUNTERS)[number], number>>>;
    for (const counter of TOLD_COUNTERS) this.#tx.raise(counter, counters[counter] ?? 0);
  }

  async #row({ table: name, row }: JsonRow, line: number): Promise<void> {
    const table = this.#tables.get(String(name));
    if (table === undefined || typeof row !== 'object' || row === null) throw new DumpError(`line ${line}: there is no such table`);
    const given = row as JsonRow;
    if (this.#version === WHOLE_VOIDS && 'void_before' in given) return this.#row({ table: name, row: renamed(given) }, line);
    const values: Record<string, SqlValue> = {};
    const room = typeof given['room'] === 'string' ? this.#room(given['room']) : null;
    for (const [column, kind] of Object.entries(table.columns)) values[column] = await this.#value(kind, given[column], room);
    const num = table.counted === undefined ? undefined : this.#tx.next(table.counted);
    if (num !== undefined) values['num'] = num;
    if (table.name === 'rooms' && num !== undefined) this.#rooms.set(String(given['room_id']), num);
    if (table.name === 'events' && num !== undefined && room !== null) {
      values['state'] = await this.#state(room, num, given);
    }
    this.#tx.insert(table.name, values);
  }

  async #value(kind: ColumnKind, value: unknown, room: number | null): Promise<SqlValue> {
    if (value === null || value === undefined) return null;
    if (kind === 'json') return JSON.stringify(value);
    if (kind === 'flag') return value === true ? 1 : 0;
    if (kind === 'room') return this.#room(String(value));
    if (kind === 'event') return this.#event(room ?? 0, String(value));
    if (kind === 'room and event') return this.#event(this.#room(String((value as string[])[0])), String((value as string[])[1]));
    return value === 'Infinity' ? Infinity : (value as SqlValue);
  }

  #room(roomId: string): number {
    const num = this.#rooms.get(roomId);
    if (num === undefined) throw new DumpError(`room ${roomId} is referred to before it comes`);
    return num;
  }

  async #event(room: number, eventId: string): Promise<number> {
    const place = await this.#memory.place(this.#tx, room, eventId);
    if (place === undefined) throw new DumpError(`event ${eventId} is referred to before it comes`);
    return place.num;
  }

  async #state(room: number, num: number, row: JsonRow): Promise<number | null> {
    const rejected = row['rejected'] === true;
    const base = typeof row['state_base'] === 'string' ? await this.#memory.place(this.#tx, room, row['state_base']) : undefined;
    const delta = (row['state_delta'] as StateChange[] | null) ?? ownDelta(row);
    let state = rejected ? null : (base?.state ?? null);
    if (!rejected && delta.length > 0) {
      const node = await this.#memory.nodeAfter(this.#tx, state, delta);
      state = this.#tx.next('states');
      this.#tx.insert('states', { num: state, seq: node.seq, parent: node.parent, changes: JSON.stringify(node.changes) });
      this.#memory.setNode(state, node);
    }
    this.#memory.setPlace(String(row['event_id']), { num, room, rejected: rejected ? 1 : 0, state });
    return state;
  }
}

function renamed({ void_before, ...row }: JsonRow): JsonRow {
  return { ...row, void_added: void_before };
}

function ownDelta({ event_id, rejected, pdu }: JsonRow): StateChange[] {
  const { type, state_key } = pdu as { type: string; state_key?: string };
  return rejected === true || state_key === undefined ? [] : [[type, state_key, String(event_id)]];
}

function parse(line: string, number: number): JsonRow {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch (error) {
    throw new DumpError(`line ${number} is no JSON`, { cause: error });
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new DumpError(`line ${number} is no object`);
  return value as JsonRow;
}
