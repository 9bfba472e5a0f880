#!/usr/bin/env node
import { Command } from 'commander';
import { start } from './start.ts';
import type { StartOptions } from './start.ts';

const program = new Command('openguild').description('A federated, self-hosted home for guilds, channels, roles and voice.');

program
  .command('start')
  .description('run one host until it is interrupted')
  .option('--port <number>', 'port to listen on (default 8008; OPENGUILD_PORT)')
  .option('--bind <address>', 'address to listen on (default 127.0.0.1; OPENGUILD_BIND)')
  .option('--data <folder>', 'folder of the database, media and keys (default ./data; OPENGUILD_DATA)')
  .option('--server-name <name>', 'the name in user IDs (default localhost:<port>; OPENGUILD_SERVER_NAME); never changes later')
  .option('--config <file>', 'configuration file, TOML (OPENGUILD_CONFIG)')
  .option('--log-level <level>', 'trace, debug, info, warn, error, fatal or silent (OPENGUILD_LOG_LEVEL)')
  .addHelpText('after', '\nVoice needs a LiveKit server: LIVEKIT_URL, LIVEKIT_API_KEY, LIVEKIT_API_SECRET.')
  .action((options: StartOptions) => start(options));

await program.parseAsync();
