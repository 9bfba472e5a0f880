import { Command, Help, InvalidArgumentError } from 'commander';

/** What a program ends with when it was called wrongly, or cannot read what it was given. */
export const WRONG_USAGE = 2;

export interface Program {
  /** As in package.json's scripts. */
  readonly name: string;
  /** How it is called, where that is not `npm run NAME --`. */
  readonly call?: string;
  readonly description: string;
  /** Complete commands, each with what it is for. */
  readonly examples: readonly (readonly [options: string, what: string])[];
  readonly exitCodes: Readonly<Record<number, string>>;
}

/**
 * The command line of one of the programs behind `npm run`: `--help` says how it is called, what its options are, gives examples and exit codes; a wrong
 * option or value ends it with one line that says so, and exit code 2.
 */
export function commandLine({ name, call = `npm run ${name} --`, description, examples, exitCodes }: Program): Command {
  const wide = Math.max(...examples.map(([options]) => options.length));
  const after = [
    '',
    'Examples:',
    ...examples.map(([options, what]) => `  ${call} ${options.padEnd(wide)}  # ${what}`),
    '',
    `Exit codes: ${Object.entries({ ...exitCodes, [WRONG_USAGE]: exitCodes[WRONG_USAGE] ?? 'called wrongly' })
      .map(([code, what]) => `${code} ${what}`)
      .join('; ')}.`,
  ];
  return (
    new Command(call)
      .description(description)
      .helpOption('-h, --help', 'this text')
      .addHelpText('after', after.join('\n'))
      // That a switch is off by default goes without saying.
      .configureHelp({ optionDescription: (option) => new Help().optionDescription(option).replace(/ \(default: false\)$/, '') })
      .configureOutput({
        outputError: (text, write) => {
          const what = text
            .replace(/^error: /, '')
            .trim()
            .replaceAll('\n', ' ');
          write(`${name}: ${what} (${call} --help lists all options)\n`);
        },
      })
      .exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : WRONG_USAGE))
  );
}

/** Reads an integer from `least` to `most`. */
export function whole(least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(value) || value < least || value > most)
      throw new InvalidArgumentError(
        most === Number.MAX_SAFE_INTEGER ? `A whole number from ${least} on.` : `A whole number, ${least} to ${most}.`,
      );
    return value;
  };
}

/** Reads a number above 0, such as 0.5. */
export function positive(text: string): number {
  const value = Number(text);
  if (!/^[\d.]+$/.test(text) || !Number.isFinite(value) || value <= 0) throw new InvalidArgumentError('A number above 0.');
  return value;
}

/** Reads a probability or a part of the whole. */
export function share(text: string): number {
  const value = Number(text);
  if (!/^[\d.]+$/.test(text) || !(value >= 0 && value <= 1)) throw new InvalidArgumentError('A number from 0 to 1.');
  return value;
}
