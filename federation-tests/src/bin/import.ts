import { readFileSync, statSync, writeFileSync } from 'node:fs';
import { basename } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type JsonValue, readJson } from '@openguild/core';
import { Option } from 'commander';
import { commandLine } from '../command-line.ts';
import { EventSource } from '../import/event-source.ts';
import { ImportError, type Imported, importRoom } from '../import/import-room.ts';
import { vectorForm } from '../import/vector-form.ts';
import { writeHistory } from '../sim/history-file.ts';

/** A file is held in memory once. */
const MAX_FILE_BYTES = 1024 * 1024 * 1024;
const MAX_KEYS_BYTES = 64 * 1024 * 1024;

function bytesOf(file: string): Uint8Array {
  const { size } = statSync(file);
  if (size > MAX_FILE_BYTES) throw new ImportError(`${size} bytes, at most ${MAX_FILE_BYTES}`);
  const bytes = readFileSync(file);
  return bytes[0] === 0x1f && bytes[1] === 0x8b ? gunzipSync(bytes, { maxOutputLength: MAX_FILE_BYTES }) : bytes;
}

function keysOf(file: string): JsonValue {
  const read = readJson(bytesOf(file), { maxBytes: MAX_KEYS_BYTES });
  if (!read.ok) throw new ImportError(`${file}: ${read.rule}: ${read.detail}`);
  return read.value;
}

function report(file: string, out: string, { events, version, history, notices }: Imported): string {
  const { room_id, keys } = history.header;
  return [
    `${file}: ${events.length} events of ${room_id}, version ${version.id}, in causal order`,
    ...notices.flatMap(({ what, times, examples }) => [`  ${times} × ${what}`, ...examples.map((one) => `      ${one}`)]),
    keys === undefined ? '  no keys: signatures will not be checked (--keys)' : `  keys of ${Object.keys(keys).length} servers`,
    `written to ${out}`,
    '',
  ].join('\n');
}

const command = commandLine({
  name: 'import',
  description:
    'Makes a history of the events of a Matrix room of versions 3 to 12, which `npm run replay` judges. What is left out or changed is counted.',
  examples: [
    ['room.ndjson', 'writes room.history.jsonl'],
    ['dump.json --room !a:example.org --keys keys.json', 'one of several rooms, with the keys of its servers'],
    ['room.ndjson --as vectors', 'a history of spec/matrix, which `npm run vectors` judges'],
  ],
  exitCodes: { 0: 'it was written', 1: 'the file is no such history' },
})
  .argument('<file>', 'one event a line, a JSON list, or answers of the federation API; plain or gzip, at most 1 GiB')
  .option('--out <file>', 'what is written (default: beside the file, named .history.jsonl or .vectors.jsonl)')
  .addOption(new Option('--as <form>', 'what is made').choices(['history', 'vectors']).default('history'))
  .option('--keys <file>', "servers' key documents, or {server: {key ID: key}}; without it signatures are taken as right")
  .option('--room <id>', 'the room, where the file has several')
  .option('--version <id>', 'its version, where no create event tells it')
  .parse();
const [file = ''] = command.args;
const values = command.opts<{ out?: string; as: 'history' | 'vectors'; keys?: string; room?: string; version?: string }>();
try {
  const imported = importRoom(new EventSource(bytesOf(file)), {
    ...(values.room === undefined ? {} : { roomId: values.room }),
    ...(values.version === undefined ? {} : { version: values.version }),
    ...(values.keys === undefined ? {} : { keys: keysOf(values.keys) }),
    progress: (events) => process.stderr.write(`\r${events} events read`),
  });
  process.stderr.write('\n');
  const stem = file.replace(/\.gz$/, '').replace(/\.(jsonl|ndjson|json)$/, '');
  const out = values.out ?? `${stem}.${values.as}.jsonl`;
  const form = values.as === 'vectors' ? vectorForm(basename(stem), imported.history) : null;
  writeFileSync(out, form === null ? writeHistory(imported.history) : `${JSON.stringify(form.vector)}\n`);
  process.stdout.write(report(file, out, imported));
  if (form !== null && form.leftOut > 0)
    process.stdout.write(`  ${form.leftOut} events are left out: wrong signatures, and what follows them\n`);
  process.stdout.write(`judge it: npm run ${form === null ? 'replay' : 'vectors'} -- ${out}\n`);
} catch (error) {
  process.stderr.write(`import: ${file}: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
