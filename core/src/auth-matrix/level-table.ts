import type { AuthGraph } from '@openguild/state-resolution';
import type { RoomEvent } from '../event/types.ts';
import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import type { LevelChange } from './level-changes.ts';
import { MATRIX_TYPES } from './matrix-types.ts';
import { LEVEL_DEFAULTS, LEVEL_FIELDS, type LevelEntries, type LevelField, PowerLevels, readLevel } from './power-levels.ts';

/** Levels kept, of all power levels together: 8 MB, some 40,000 events that list 50 users. The oldest make room for new ones, and are read again if they are asked for. */
const MAX_LEVELS = 1 << 21;
/** Names in one room that get an integer because power levels list them. */
const MAX_NAMES = 1 << 15;
/** A level and the integer of its name are halves of one cell. */
const LEVEL_BITS = 16;
const UNLISTED = -1;

/** Where the levels of one `m.room.power_levels` event lie: `count` cells from `start`, which counts all that were ever written. */
export interface LevelRow {
  readonly start: number;
  readonly count: number;
}

interface Name {
  readonly of: 'fields' | LevelEntries;
  readonly key: string;
}

/**
 * The levels of every `m.room.power_levels` event of an auth graph, by integers. Such an event lists all levels of the room again, and resolution asks for two or three of
 * them, of another event each time; or for what differs between two. So they are packed as closely as they go. What does not fit, for its names are too many or
 * its levels too great, has no row, and is read from the event each time.
 */
export class LevelTable {
  readonly #graph: AuthGraph;
  readonly #flags: MatrixAuthFlags;
  /** By graph number; null: it does not fit. */
  readonly #rows: (LevelRow | null | undefined)[] = [];
  /** By integer. The fields come first. */
  readonly #names: Name[] = LEVEL_FIELDS.map((key) => ({ of: 'fields', key }));
  readonly #integers = { events: new Map<string, number>(), notifications: new Map<string, number>(), users: new Map<string, number>() };
  /** Key of a user's membership -> one more than his integer; 0: not asked yet; -1: no power levels listed him when that was asked, nor since. */
  #byKey = new Int32Array(1024);
  /** A ring, once it has grown to its greatest length: cell `n` of all that were written lies at `n` modulo that. Rows ascend. */
  #cells = new Int32Array(1024);
  #written = 0;

  constructor(graph: AuthGraph, flags: MatrixAuthFlags) {
    this.#graph = graph;
    this.#flags = flags;
  }

  /** The event's row, if it is there (any more). Null: it will never be, for there is something in it that does not fit. */
  row(number: number): LevelRow | null | undefined {
    const row = this.#rows[number];
    if (row === undefined || row === null) return row;
    return row.start >= this.#written - MAX_LEVELS ? row : undefined;
  }

  /** Reads the levels of an event. */
  add(number: number, event: RoomEvent): LevelRow | null {
    const found = this.#levelsOf(event);
    if (found === undefined) return (this.#rows[number] = null);
    const start = this.#placeFor(found.length);
    this.#cells.set(found, start % MAX_LEVELS);
    return (this.#rows[number] = { start, count: found.length });
  }

  /** The level of a user, by the key of his membership, listed or not; undefined if the event has no row. */
  levelOf(number: number, key: number): number | undefined {
    const row = this.row(number);
    if (row === undefined || row === null) return undefined;
    return this.userLevel(row, key) ?? this.fieldLevel(row, 'users_default') ?? LEVEL_DEFAULTS.users_default;
  }

  /** The level of a user that is listed. */
  userLevel(row: LevelRow, key: number): number | undefined {
    return this.#find(row, this.#userOf(key));
  }

  fieldLevel(row: LevelRow, field: LevelField): number | undefined {
    return this.#find(row, LEVEL_FIELDS.indexOf(field));
  }

  typeLevel(row: LevelRow, type: string): number | undefined {
    return this.#find(row, this.#integers.events.get(type) ?? UNLISTED);
  }

  /** What differs between two; `sender` is the key of the membership of who changes it. */
  changes(before: LevelRow, after: LevelRow, sender: number): LevelChange[] {
    const changes: LevelChange[] = [];
    const cells = this.#cells;
    let old = before.start % MAX_LEVELS;
    let now = after.start % MAX_LEVELS;
    const oldEnd = old + before.count;
    const end = now + after.count;
    while (old < oldEnd || now < end) {
      const was = old < oldEnd ? (cells[old] as number) : undefined;
      const is = now < end ? (cells[now] as number) : undefined;
      if (was === is) {
        old++;
        now++;
        continue;
      }
      const wasOf = was === undefined ? MAX_NAMES : was >> LEVEL_BITS;
      const isOf = is === undefined ? MAX_NAMES : is >> LEVEL_BITS;
      if (wasOf <= isOf) old++;
      if (isOf <= wasOf) now++;
      changes.push(this.#change(Math.min(wasOf, isOf), sender, wasOf <= isOf ? was : undefined, isOf <= wasOf ? is : undefined));
    }
    return changes;
  }

  #change(integer: number, sender: number, old: number | undefined, now: number | undefined): LevelChange {
    const { of, key } = this.#names[integer] as Name;
    const [was, is] = [levelIn(old), levelIn(now)];
    if (of === 'fields') return { of, key: key as LevelField, was, is };
    return { of, key, isOwn: of === 'users' && integer === this.#userOf(sender), was, is };
  }

  #find(row: LevelRow, integer: number): number | undefined {
    if (integer < 0) return undefined;
    const cells = this.#cells;
    let low = row.start % MAX_LEVELS;
    let high = low + row.count;
    const end = high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if ((cells[middle] as number) >> LEVEL_BITS < integer) low = middle + 1;
      else high = middle;
    }
    return low < end && (cells[low] as number) >> LEVEL_BITS === integer ? levelIn(cells[low]) : undefined;
  }

  /** The integer of a user, by the key of his membership; -1 if no power levels list him. */
  #userOf(key: number): number {
    const known = this.#byKey[key] ?? 0;
    if (known !== 0) return known < 0 ? UNLISTED : known - 1;
    const integer = this.#integers.users.get(this.#graph.keyName(key)[1]) ?? UNLISTED;
    this.#note(key, integer);
    return integer;
  }

  #note(key: number, integer: number): void {
    if (key >= this.#byKey.length) {
      const before = this.#byKey;
      this.#byKey = new Int32Array(Math.max(key + 1, before.length * 2));
      this.#byKey.set(before);
    }
    this.#byKey[key] = integer === UNLISTED ? -1 : integer + 1;
  }

  /** The cells of an event, ascending; undefined if something does not fit. */
  #levelsOf(event: RoomEvent): Int32Array | undefined {
    const levels = PowerLevels.of(event, this.#flags);
    const found: number[] = [];
    const add = (integer: number | undefined, level: number | undefined): boolean => {
      if (integer === undefined || (level !== undefined && (level << LEVEL_BITS) >> LEVEL_BITS !== level)) return false;
      if (level !== undefined) found.push((integer << LEVEL_BITS) | (level & 0xffff));
      return true;
    };
    for (const [i, field] of LEVEL_FIELDS.entries()) if (!add(i, levels.field(field))) return undefined;
    for (const of of this.#flags.notificationLevels ? (['events', 'notifications', 'users'] as const) : (['events', 'users'] as const)) {
      const entries = levels.entries(of);
      for (const key of Object.keys(entries)) {
        if (!add(this.#integerOf(of, key), readLevel(entries[key], !this.#flags.integerPowerLevels))) return undefined;
      }
    }
    return Int32Array.from(found).sort();
  }

  #integerOf(of: LevelEntries, key: string): number | undefined {
    const known = this.#integers[of].get(key);
    if (known !== undefined) return known;
    if (this.#names.length >= MAX_NAMES) return undefined;
    const integer = this.#names.push({ of, key }) - 1;
    this.#integers[of].set(key, integer);
    const userKey = of === 'users' ? this.#graph.keyFor(MATRIX_TYPES.MEMBER, key) : -1;
    if (userKey >= 0) this.#note(userKey, integer);
    return integer;
  }

  /** Where the next cells begin: in one piece. */
  #placeFor(count: number): number {
    let start = this.#written;
    if ((start % MAX_LEVELS) + count > MAX_LEVELS) start += MAX_LEVELS - (start % MAX_LEVELS);
    this.#written = start + count;
    const needed = Math.min(this.#written, MAX_LEVELS);
    if (needed > this.#cells.length) {
      const before = this.#cells;
      this.#cells = new Int32Array(Math.min(Math.max(needed, before.length * 2), MAX_LEVELS));
      this.#cells.set(before);
    }
    return start;
  }
}

function levelIn(cell: number): number;
function levelIn(cell: number | undefined): number | undefined;
function levelIn(cell: number | undefined): number | undefined {
  return cell === undefined ? undefined : (cell << LEVEL_BITS) >> LEVEL_BITS;
}
