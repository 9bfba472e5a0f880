import { isDeepStrictEqual, inspect } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Refused } from './person.ts';

const POLL_MS = 100;
/** How long a host may take until what it shows is what was expected. */
const PATIENCE_MS = 15_000;

/** A step did not come out as expected. */
export class Unverified extends Error {
  readonly expected: unknown;
  readonly found: unknown;

  constructor(what: string, expected: unknown, found: unknown) {
    super(what);
    this.name = 'Unverified';
    this.expected = expected;
    this.found = found;
  }
}

type Colour = 'bold' | 'dim' | 'green' | 'red' | 'cyan' | 'yellow';
const CODES: Record<Colour, string> = { bold: '1', dim: '2', green: '32', red: '31', cyan: '36', yellow: '33' };

/** Tells the story and keeps count of what was verified. Colours only on a terminal, and not where NO_COLOR asks for none. */
export class Narrator {
  readonly #coloured: boolean;
  #steps = 0;
  #verified = 0;

  constructor(coloured: boolean) {
    this.#coloured = coloured;
  }

  get verified(): number {
    return this.#verified;
  }

  get steps(): number {
    return this.#steps;
  }

  paint(colour: Colour, text: string): string {
    return this.#coloured ? `\u001b[${CODES[colour]}m${text}\u001b[0m` : text;
  }

  line(text = ''): void {
    process.stdout.write(`${text}\n`);
  }

  title(text: string): void {
    this.line(this.paint('bold', text));
  }

  /** A chapter of the story: a number, what happens, and what is verified below it. */
  async step(title: string, tell: () => Promise<void>): Promise<void> {
    this.#steps += 1;
    this.line();
    this.line(`${this.paint('cyan', String(this.#steps).padStart(2))}  ${this.paint('bold', title)}`);
    await tell();
  }

  /** Something that happens. */
  says(text: string): void {
    this.line(`    ${text}`);
  }

  aside(text: string): void {
    this.line(`    ${this.paint('dim', text)}`);
  }

  /** Text of somebody else, indented and wrapped. */
  quote(text: string): void {
    const width = Math.max(60, (process.stdout.columns ?? 140) - 8);
    for (const line of text
      .trimEnd()
      .split('\n')
      .flatMap((one) => wrap(one, width)))
      this.line(`      ${this.paint('dim', '│')} ${line}`);
  }

  /** Verifies a value that will not change any more. */
  check(what: string, expected: unknown, found: unknown): void {
    if (!isDeepStrictEqual(found, expected)) throw new Unverified(what, expected, found);
    this.#passed(what);
  }

  /** Reads until the value is the expected one, and gives up when patience ends. */
  async reads<T>(what: string, expected: T, read: () => Promise<T>, patienceMs = PATIENCE_MS): Promise<void> {
    const deadline = performance.now() + patienceMs;
    for (;;) {
      const found = await read().catch((error: unknown) => String(error));
      if (isDeepStrictEqual(found, expected)) break;
      if (performance.now() > deadline) throw new Unverified(what, expected, found);
      await sleep(POLL_MS);
    }
    this.#passed(what);
  }

  /** The same question to several hosts, one after the other. */
  async readsEverywhere<S extends { readonly label: string }, T>(
    what: string,
    places: readonly S[],
    expected: T,
    read: (place: S) => Promise<T>,
  ): Promise<void> {
    for (const place of places) await this.reads(`${place.label}: ${what}`, expected, () => read(place));
  }

  failed(error: unknown): void {
    this.line();
    if (error instanceof Unverified) {
      this.line(this.paint('red', `    ✗ ${error.message}`));
      this.line(`      expected  ${show(error.expected)}`);
      this.line(`      found     ${show(error.found)}`);
    } else if (error instanceof Refused) {
      this.line(this.paint('red', `    ✗ ${error.request}`));
      this.line('      expected  success');
      this.line(`      found     ${error.status} ${error.body}`);
    } else this.line(this.paint('red', `    ✗ ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`));
  }

  #passed(what: string): void {
    this.#verified += 1;
    this.line(`    ${this.paint('green', '✓')} ${what}`);
  }
}

function show(value: unknown): string {
  return inspect(value, { depth: 8, breakLength: 110 }).replaceAll('\n', '\n                ');
}

/** Breaks a line at spaces; what follows is indented more than its beginning. */
function wrap(line: string, width: number): string[] {
  const indent = /^ */.exec(line)?.[0] ?? '';
  const lines: string[] = [];
  let current = indent;
  for (const word of line.slice(indent.length).split(' ')) {
    const empty = current.trim() === '';
    if (!empty && current.length + 1 + word.length > width) {
      lines.push(current);
      current = `${indent}    ${word}`;
    } else current += empty ? word : ` ${word}`;
  }
  return [...lines, current];
}
