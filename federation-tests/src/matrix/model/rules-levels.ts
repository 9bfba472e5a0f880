import { isObject, isUser, type MatrixEvent, own } from './event.ts';
import { LEVEL_FIELDS, levelOf } from './levels.ts';

interface Changing {
  readonly version: number;
  /** The sender's level. */
  readonly mine: number;
  readonly isCreator: (user: string) => boolean;
}

/** MX-10, after what holds of every state event. `now`: the power levels in force. */
export function powerLevelsRule(e: MatrixEvent, now: MatrixEvent | undefined, changing: Changing): string | null {
  const { version, mine, isCreator } = changing;
  const shape = shapeFault(e, version);
  if (shape !== null) return shape;
  if (version >= 12 && [...table(e, 'users', version).keys()].some(isCreator)) return 'MX-10.4';
  if (now === undefined) return null;
  if (Object.keys(LEVEL_FIELDS).some((field) => fieldAbove(field, now, e, changing))) return 'MX-10.6';
  const events = ['events', ...(version >= 6 ? ['notifications'] : [])].flatMap((name) => changes(now, e, name, version));
  if (events.some(({ before }) => before !== undefined && before > mine)) return 'MX-10.7';
  if (events.some(({ after }) => after !== undefined && after > mine)) return 'MX-10.8';
  const users = changes(now, e, 'users', version);
  if (users.some(({ name, before }) => name !== e.sender && before !== undefined && before >= mine)) return 'MX-10.9';
  return users.some(({ after }) => after !== undefined && after > mine) ? 'MX-10.10' : null;
}

/** MX-10.1 to MX-10.3 */
function shapeFault({ content }: MatrixEvent, version: number): string | null {
  const isLevel = (value: Parameters<typeof levelOf>[0]): boolean => levelOf(value, version) !== undefined;
  if (Object.keys(LEVEL_FIELDS).some((field) => Object.hasOwn(content, field) && !isLevel(content[field]))) return 'MX-10.1';
  for (const name of ['events', ...(version >= 6 ? ['notifications'] : [])]) {
    const entries = own(content, name);
    if (entries !== undefined && !(isObject(entries) && Object.values(entries).every(isLevel))) return 'MX-10.2';
  }
  const users = own(content, 'users');
  if (users === undefined) return null;
  return isObject(users) && Object.keys(users).every(isUser) && Object.values(users).every(isLevel) ? null : 'MX-10.3';
}

/** A side on which a field is absent counts as its default. */
function fieldAbove(field: string, now: MatrixEvent, e: MatrixEvent, { version, mine }: Changing): boolean {
  const [before, after] = [now, e].map(({ content }) => levelOf(own(content, field), version));
  const absent = LEVEL_FIELDS[field] as number;
  return before !== after && Math.max(before ?? absent, after ?? absent) > mine;
}

interface Change {
  readonly name: string;
  readonly before: number | undefined;
  readonly after: number | undefined;
}

function changes(now: MatrixEvent, e: MatrixEvent, name: string, version: number): Change[] {
  const [old, fresh] = [table(now, name, version), table(e, name, version)];
  return [...new Set([...old.keys(), ...fresh.keys()])]
    .map((each) => ({ name: each, before: old.get(each), after: fresh.get(each) }))
    .filter(({ before, after }) => before !== after);
}

function table({ content }: MatrixEvent, name: string, version: number): Map<string, number> {
  const entries = own(content, name);
  if (!isObject(entries)) return new Map();
  return new Map(Object.entries(entries).map(([each, value]) => [each, levelOf(value, version) as number]));
}
