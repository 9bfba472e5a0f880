#!/usr/bin/env node
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { isPostgresUrl, openStore } from '../open-store.ts';
import { SqlSearch } from '../search/sql-search.ts';
import type { SqlStore } from '../sql/sql-store.ts';
import { HeldRooms } from '../runner/held-rooms.ts';
import { DATABASE_FILE } from '../sqlite/sqlite-store.ts';
import { backupStore, dumpToFile, loadFromFile, restoreStore } from './backup.ts';
import { checkStore } from './check.ts';
import { purgeQuarantine, rebuildStore } from './rebuild.ts';

const HELP = `openguild-storage: looks after the data of an OpenGuild host

  openguild-storage check PLACE [--no-signatures] [--verdicts] [--json]
                                                             compare everything with the events; exit code 2 if something is wrong.
                                                             --verdicts: judge every event anew, as if it had just come
  openguild-storage rebuild PLACE                            make anew what follows from the events (states, depths, indexes)
  openguild-storage purge PLACE --days N                     delete what rebuilding put in quarantine N days ago or earlier
  openguild-storage backup PLACE FILE                        a copy of one moment, also while a host runs
  openguild-storage restore FILE PLACE                       a backup or dump into an empty place; nothing that was given out later is given out again
  openguild-storage release PLACE [ROOM]                     let restored rooms go whose other servers are gone for good (ENG-15)
  openguild-storage dump PLACE FILE                          everything as lines of JSON, from any kind of store
  openguild-storage load FILE PLACE                          a dump into an empty store of any kind, as it was

PLACE is a data folder, or postgres://user@host/database (?schema=name, by default openguild).
But for backup, a data folder must not be in use by a host.

  --quiet   no progress
  --help    this text
`;

const MS_PER_DAY = 86_400_000;
/** Milliseconds since 1970. */
// oxlint-disable-next-line no-restricted-properties -- a program of its own, which hands the time to what it calls
const NOW = Date.now();

const { values, positionals } = readArguments();
const [command = '', first, second] = positionals;
try {
  process.exitCode = values.help || command === '' || command === 'help' ? help() : await run(command, first, second);
} catch (error) {
  process.stderr.write(`openguild-storage: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        help: { type: 'boolean', short: 'h', default: false },
        quiet: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        'no-signatures': { type: 'boolean', default: false },
        verdicts: { type: 'boolean', default: false },
        days: { type: 'string' },
      },
    });
  } catch (error) {
    process.stderr.write(`openguild-storage: ${(error as Error).message}\n\n${HELP}`);
    process.exit(1);
  }
}

function help(): number {
  process.stdout.write(HELP);
  return 0;
}

async function run(name: string, a: string | undefined, b: string | undefined): Promise<number> {
  const needed = { check: 1, rebuild: 1, purge: 1, release: 1, backup: 2, restore: 2, dump: 2, load: 2 }[name];
  if (needed === undefined) throw new Error(`there is no command ${name}; --help lists them`);
  if (a === undefined || (needed === 2 && b === undefined))
    throw new Error(`${name} needs ${needed} argument${needed === 1 ? '' : 's'}; --help says which`);
  const file = b ?? '';
  switch (name) {
    case 'check':
      return withStore(a, check);
    case 'rebuild':
      return withStore(a, async (store) => {
        const { events, quarantined } = await rebuildStore(store, NOW, progress);
        if (await SqlSearch.isOpen(store)) await (await SqlSearch.open(store)).rebuild();
        return done(`rebuilt from ${events} events; ${quarantined} old states are in quarantine`);
      });
    case 'purge': {
      const days = Number(values.days ?? 'none');
      if (!(days >= 0)) throw new Error('purge needs --days');
      return withStore(a, async (store) => done(`${await purgeQuarantine(store, NOW - days * MS_PER_DAY)} rows deleted`));
    }
    case 'backup':
      existing(a);
      await backupStore(a, file, progress);
      return done(`backup written to ${file}`);
    case 'restore':
      await restoreStore(a, file, NOW, progress);
      return done(
        'restored; the host makes nothing in a room until the others there have returned what is missing. Keep the old data until then',
      );
    case 'release':
      return withStore(a, async (store) => {
        const held = await HeldRooms.load(store.values);
        const rooms = held.rooms.filter((room) => b === undefined || room === b);
        for (const room of rooms) await held.release(room);
        return done(`${rooms.length} rooms let go`);
      });
    case 'dump':
      return withStore(a, async (store) => {
        await dumpToFile(store, file, progress);
        return done(`dump written to ${file}`);
      });
    default: {
      const store = await openStore(file);
      try {
        await loadFromFile(store, a, progress);
      } finally {
        await store.close();
      }
      return done('loaded');
    }
  }
}

async function check(store: SqlStore): Promise<number> {
  const report = await checkStore(store, { signatures: !values['no-signatures'], verdicts: values.verdicts, progress });
  if (values.json) process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  else {
    for (const { kind, room_id, event_id, detail } of report.findings) {
      process.stdout.write(
        `${kind}: ${[room_id, event_id].filter((id) => id !== undefined).join(' ')}${room_id === undefined ? '' : ': '}${detail}\n`,
      );
    }
    if (report.unverifiable > 0)
      done(`${report.unverifiable} signatures cannot be verified: no keys are known here of ${report.unverifiable_servers.join(', ')}`);
    const judged = values.verdicts ? `, ${report.verdicts} verdicts` : '';
    done(`${report.rooms} rooms, ${report.events} events, ${report.signatures} signatures${judged}: ${report.finding_count} findings`);
  }
  return report.finding_count === 0 ? 0 : 2;
}

async function withStore(place: string, work: (store: SqlStore) => Promise<number>): Promise<number> {
  existing(place);
  const store = await openStore(place);
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Opening a store makes its folder: a misspelt one must not be left behind. */
function existing(place: string): void {
  if (isPostgresUrl(place)) return;
  if (!existsSync(join(place.replace(/^sqlite:/, ''), DATABASE_FILE))) throw new Error(`there is no store in ${place}`);
}

function progress(what: string, amount: number, total?: number): void {
  if (values.quiet || !process.stderr.isTTY) return;
  process.stderr.write(`\r${what}: ${amount}${total === undefined ? '' : ` of ${total}`}   `);
}

function done(text: string): number {
  if (!values.quiet && process.stderr.isTTY) process.stderr.write('\r');
  process.stdout.write(`${text}\n`);
  return 0;
}
