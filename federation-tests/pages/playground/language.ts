/** An event as the text has it: what it does is read later, when it is known what it follows. */
export interface ActLine {
  readonly name: string;
  readonly act: string;
  /** `origin_ts`; undefined: one tick after the event before it in the text. */
  readonly at: number | undefined;
  /** Names of the keys that sign; undefined: the everyday key of the sender's server. */
  readonly signed: readonly string[] | undefined;
  /** Line of the text, from 1. */
  readonly line: number;
  /** Names of what it follows; empty: the end of the base. */
  readonly after: readonly string[];
}

export interface Drawing {
  readonly title: string;
  readonly room: string;
  /** In an order in which what is followed comes first. */
  readonly acts: readonly ActLine[];
}

/** Something in the text that is not understood. */
export class TextFault extends Error {
  override readonly name = 'TextFault';
  readonly line: number;

  constructor(line: number, message: string) {
    super(message);
    this.line = line;
  }
}

export const BASE = 'base';
const NAME = /^[A-Za-z][A-Za-z0-9_]*$/;
const ACT = /^(?<name>[A-Za-z][A-Za-z0-9_]*)\s*(?:\((?<options>[^)]*)\))?\s*:\s*(?<act>.+)$/;
const LINK = /\s*(?:-{1,}>?|─+|→)\s*/;
/** Events of one drawing. Each costs signatures and resolutions. */
const MAX_ACTS = 200;
const MAX_CHARACTERS = 400_000;

/**
 * Reads a drawing: `name: act` says what an event does, `base -- a -- b` what follows what. A name that stands in several chains follows all that stand
 * before it there; one that stands in none follows the base. `#` begins a comment, `title` and `room` stand for themselves.
 */
export function readDrawing(text: string): Drawing {
  if (text.length > MAX_CHARACTERS) throw new TextFault(1, `more than ${MAX_CHARACTERS} characters`);
  let [title, room] = ['Untitled', 'guild'];
  const acts = new Map<string, Omit<ActLine, 'after'>>();
  const after = new Map<string, Set<string>>();
  const named = new Map<string, number>();
  for (const [i, raw] of text.split('\n').entries()) {
    const line = raw.trim();
    const number = i + 1;
    if (line === '' || line.startsWith('#')) continue;
    const match = ACT.exec(line);
    if (/^title\s/.test(line)) title = line.slice(6).trim();
    else if (/^room\s/.test(line)) room = line.slice(5).trim();
    else if (match !== null) readAct(match.groups as { name: string; options?: string; act: string }, number, acts);
    else if (LINK.test(line)) readChain(line, number, after, named);
    else throw new TextFault(number, `neither "name: act" nor a chain "base -- name -- name"`);
  }
  if (acts.size > MAX_ACTS) throw new TextFault(1, `more than ${MAX_ACTS} events`);
  for (const [name, line] of named) if (!acts.has(name)) throw new TextFault(line, `${name} is drawn, but nothing says what it does`);
  return { title, room, acts: ordered([...acts.values()].map((act) => ({ ...act, after: [...(after.get(act.name) ?? [])] }))) };
}

function readAct(
  { name, options, act }: { name: string; options?: string; act: string },
  line: number,
  acts: Map<string, Omit<ActLine, 'after'>>,
): void {
  if (name === BASE) throw new TextFault(line, `${BASE} stands for what was there before`);
  if (acts.has(name)) throw new TextFault(line, `${name} is there twice`);
  const said = (options ?? '').split(';').map((one) => one.trim());
  const at = said.find((one) => one.startsWith('at '))?.slice(3);
  const signed = said.find((one) => one.startsWith('signed '))?.slice(7);
  const wrong = said.find((one) => one !== '' && !/^(?:at \d+|signed \S.*)$/.test(one));
  if (wrong !== undefined) throw new TextFault(line, `in brackets are "at NUMBER" and "signed KEY, KEY", with ; between: ${wrong}`);
  acts.set(name, {
    name,
    act: act.trim(),
    at: at === undefined ? undefined : Number(at),
    signed: signed?.split(',').map((key) => key.trim()),
    line,
  });
}

function readChain(line: string, number: number, after: Map<string, Set<string>>, named: Map<string, number>): void {
  const names = line.split(LINK).map((name) => (name === 'F' ? BASE : name));
  for (const [i, name] of names.entries()) {
    if (!NAME.test(name)) throw new TextFault(number, `${JSON.stringify(name)} is no name of an event`);
    if (name === BASE) continue;
    if (!named.has(name)) named.set(name, number);
    const before = names[i - 1];
    if (before === undefined) continue;
    const own = after.get(name) ?? new Set();
    if (before !== BASE) own.add(before);
    after.set(name, own);
  }
}

/** What is followed comes first; otherwise the order of the text. */
function ordered(acts: readonly ActLine[]): ActLine[] {
  const out: ActLine[] = [];
  const done = new Set<string>();
  for (let left = acts; left.length > 0; ) {
    const ready = left.find((act) => act.after.every((name) => done.has(name)));
    if (ready === undefined)
      throw new TextFault((left[0] as ActLine).line, `${left.map((act) => act.name).join(', ')} follow each other in a circle`);
    out.push(ready);
    done.add(ready.name);
    left = left.filter((act) => act !== ready);
  }
  return out;
}
