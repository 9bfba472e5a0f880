import { fileURLToPath } from 'node:url';

/** Absolute path of the repository, without a trailing separator. */
export const root = fileURLToPath(new URL('../..', import.meta.url)).replace(/[\\/]$/, '');

/** The workspaces, each after those it may import. `package.json` lists the same folders. */
export const packages = ['state-resolution', 'core', 'spec', 'storage', 'host', 'federation-tests'];

/** Other folders that hold checked code. */
export const otherFolders = ['demo', 'examples', 'scripts'];

/** A failure that the person at the terminal can act on: printed without a stack trace. */
export class SetupError extends Error {
  name = 'SetupError';
}

/** Says what a script does. On stderr, so that stdout stays with the program that is run. */
export function say(line) {
  process.stderr.write(`${line}\n`);
}

/** Runs a script's main function; a SetupError ends it with its message alone and exit code 1. */
export async function runScript(main) {
  try {
    process.exitCode = await main();
  } catch (error) {
    if (!(error instanceof SetupError)) throw error;
    say(`openguild: ${error.message}`);
    process.exitCode = 1;
  }
}
