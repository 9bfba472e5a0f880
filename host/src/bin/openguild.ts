#!/usr/bin/env node
import { Command } from 'commander';
import type { StartOptions } from './start.ts';
import type { ExportOptions } from './export.ts';
import type { VerifyOptions } from './verify.ts';

// Each command loads only what it needs.
const program = new Command('openguild')
  .description('A federated, self-hosted home for guilds, channels, roles and voice.')
  .configureOutput({ outputError: (text, write) => write(`openguild: ${oneLine(text)} (--help lists all options)\n`) })
  .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));

program
  .command('start')
  .description('run one host until it is interrupted')
  .option('--port <number>', 'port to listen on (default 8008; OPENGUILD_PORT)')
  .option('--bind <address>', 'address to listen on (default 127.0.0.1; OPENGUILD_BIND)')
  .option('--data <folder>', 'folder of the database, media and keys (default ./data; OPENGUILD_DATA)')
  .option('--server-name <name>', 'the name in user IDs (default localhost:<port>; OPENGUILD_SERVER_NAME); never changes later')
  .option('--config <file>', 'configuration file, TOML (OPENGUILD_CONFIG)')
  .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (OPENGUILD_LOG_LEVEL)')
  .addHelpText(
    'after',
    '\nExamples:\n  npm start -- --port 8009 --data ./other\n\nExit codes: 0 it was stopped; 1 it could not start; 2 called wrongly.\n\nVoice needs a LiveKit server: LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET.',
  )
  .action(async (options: StartOptions) => (await import('./start.ts')).start(options));

program
  .command('verify')
  .description(
    "check a room's export offline, from its bytes: IDs, hashes, signatures, keys, every verdict, the state; prove equivocations",
  )
  .argument('<file>', 'JSON lines, plain or gzip; - reads standard input')
  .option('--json', 'print the report as JSON')
  .option('--events', 'print a line for every event')
  .option('--quiet', 'say nothing about progress')
  .addHelpText('after', '\nExit code: 0 verified, 1 something is at fault, 2 the file cannot be read.')
  .action(async (file: string, options: VerifyOptions) => (await import('./verify.ts')).verifyFile(file, options));

program
  .command('export')
  .description('write a room from a data folder, as a file that `openguild verify` checks; the host must not be running')
  .argument('<room>', 'room ID of a guild, a channel (with its guild), or a plain room')
  .option('--data <folder>', 'folder of the database (default ./data; OPENGUILD_DATA)')
  .option('--out <file>', 'file to write, gzip if its name ends in .gz (default: standard output)')
  .action(async (room: string, options: ExportOptions) => (await import('./export.ts')).exportRoom(room, options));

/** Of a command line that is wrong. */
function oneLine(text: string): string {
  return text
    .replace(/^error: /, '')
    .trim()
    .replaceAll('\n', ' ');
}

await program.parseAsync();
