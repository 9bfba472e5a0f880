import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { type JsonObject, type JsonValue, LineSplitter, readJson } from '@openguild/core';
import { isObject } from './protocol.ts';

/** One answer. */
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const MAX_ANSWER_DEPTH = 200;
/** What is kept of its standard error. */
const STDERR_BYTES = 2_000;
/** What is shown of a line that is no answer. */
const SHOWN = 120;

/** The adapter did not keep to the protocol. Not a wrong answer: none at all. */
export class AdapterError extends Error {
  override readonly name = 'AdapterError';
  readonly kind: 'start' | 'exit' | 'silence' | 'garbage' | 'flood' | 'error';

  constructor(kind: AdapterError['kind'], message: string) {
    super(message);
    this.kind = kind;
  }
}

interface Waiting {
  readonly id: number;
  readonly op: string;
  readonly done: (value: JsonValue) => void;
  readonly failed: (error: AdapterError) => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

/** A child process that answers JSON lines on its standard output, one for each on its standard input, in order. Nothing that it does can stop or fill the runner. */
export class AdapterProcess {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #timeoutMs: number;
  readonly #splitter = new LineSplitter(MAX_ANSWER_BYTES);
  #stderr = '';
  #lines = 0;
  #next = 1;
  #waiting: Waiting | null = null;
  #broken: AdapterError | null = null;

  constructor(command: readonly string[], timeoutMs: number) {
    const [file, ...args] = command;
    this.#timeoutMs = timeoutMs;
    this.#child = spawn(file ?? '', args, { stdio: 'pipe' });
    this.#child.on('error', (error) => this.#break(new AdapterError('start', `the adapter cannot be started: ${error.message}`)));
    this.#child.on('close', (code, signal) => this.#break(new AdapterError('exit', this.#lastWords(code, signal))));
    // What is written to a process that has ended; its end says more.
    this.#child.stdin.on('error', () => undefined);
    this.#child.stdout.on('data', (chunk: Buffer) => this.#read(chunk));
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString('utf8')).slice(-STDERR_BYTES);
    });
  }

  get isBroken(): boolean {
    return this.#broken !== null;
  }

  /** The `ok` of its answer. Rejects with an AdapterError; after any but kind `error` the process is dead. */
  ask(request: JsonObject): Promise<JsonValue> {
    if (this.#broken !== null) return Promise.reject(this.#broken);
    if (this.#waiting !== null) throw new Error('one question at a time');
    const id = this.#next++;
    const op = String(request['op']);
    return new Promise((done, failed) => {
      const silent = (): void =>
        this.#break(new AdapterError('silence', `the adapter did not answer ${op} within ${this.#timeoutMs} ms${this.#saidOnStderr()}`));
      this.#waiting = { id, op, done, failed, timer: setTimeout(silent, this.#timeoutMs) };
      this.#child.stdin.write(`${JSON.stringify({ id, ...request })}\n`);
    });
  }

  /** Ends it, whatever it does. */
  close(): void {
    this.#broken ??= new AdapterError('exit', 'the adapter was ended');
    this.#child.stdin.end();
    this.#child.kill('SIGKILL');
  }

  #read(chunk: Buffer): void {
    if (this.#broken !== null) return;
    for (const line of this.#splitter.push(chunk)) {
      this.#lines += 1;
      this.#answer(line);
      if (this.#broken !== null) return;
    }
  }

  #answer(line: Uint8Array): void {
    const where = `line ${this.#lines} of its output`;
    if (line.length > MAX_ANSWER_BYTES) return this.#break(new AdapterError('flood', `${where} is longer than ${MAX_ANSWER_BYTES} bytes`));
    const waiting = this.#waiting;
    if (waiting === null) return this.#break(new AdapterError('flood', `${where} answers nothing that was asked: ${shown(line)}`));
    const read = readJson(line, { maxBytes: MAX_ANSWER_BYTES, maxDepth: MAX_ANSWER_DEPTH });
    if (!read.ok || !isObject(read.value)) {
      const why = read.ok ? 'no object' : `${read.rule}: ${read.detail}`;
      return this.#break(
        new AdapterError('garbage', `${where}, where ${waiting.op} should be answered, is no answer (${why}): ${shown(line)}`),
      );
    }
    const { id, ok, error } = read.value;
    if (id !== waiting.id || (ok === undefined) === (error === undefined))
      return this.#break(
        new AdapterError(
          'garbage',
          `${where} must be {"id": ${waiting.id}, "ok": ...} or {"id": ${waiting.id}, "error": text}: ${shown(line)}`,
        ),
      );
    this.#waiting = null;
    clearTimeout(waiting.timer);
    if (ok !== undefined) waiting.done(ok);
    else waiting.failed(new AdapterError('error', `the adapter answers ${waiting.op} with an error of its own: ${JSON.stringify(error)}`));
  }

  #break(error: AdapterError): void {
    if (this.#broken !== null && this.#waiting === null) return;
    this.#broken ??= error;
    const waiting = this.#waiting;
    this.#waiting = null;
    this.#child.kill('SIGKILL');
    if (waiting === null) return;
    clearTimeout(waiting.timer);
    waiting.failed(this.#broken);
  }

  #lastWords(code: number | null, signal: string | null): string {
    const asked = this.#waiting === null ? '' : ` while it was asked ${this.#waiting.op}`;
    return `the adapter ended${asked} (${signal === null ? `exit code ${code}` : signal})${this.#saidOnStderr()}`;
  }

  #saidOnStderr(): string {
    return this.#stderr.trim() === '' ? '' : `; the end of its standard error:\n${this.#stderr.trimEnd()}`;
  }
}

function shown(line: Uint8Array): string {
  const text = new TextDecoder().decode(line.subarray(0, SHOWN));
  return JSON.stringify(line.length > SHOWN ? `${text}…` : text);
}
