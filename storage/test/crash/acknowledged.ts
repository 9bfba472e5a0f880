/** Something that was acknowledged and is not there, or is there twice, or contradicts the rest. */
export class CrashFinding extends Error {
  override name = 'CrashFinding';
}

/** An event as the writer told of it. */
export interface ToldEvent {
  readonly room_id: string;
  readonly position: number;
  readonly sent: boolean;
  readonly txn: string;
  readonly run: string;
}

/** `leaving`: its removal was begun, and nobody was told that it is done. */
type Fate = 'there' | 'leaving' | 'gone';

/**
 * What writers told, over all runs. Lines: `event <room> <id> <position> sent|kept <transaction>|-`, `has <kind> <id>`, `leaving <kind> <id>` before something is removed,
 * `gone <kind> <id>` afterwards, `claimed <user> <key>`, `end` after each round of works, `failed …`.
 */
export class Acknowledged {
  readonly events = new Map<string, ToldEvent>();
  /** Events and values that were there after an earlier run, acknowledged or not. */
  readonly seen = new Set<string>();
  readonly #claimed = new Set<string>();
  readonly #fates = new Map<string, Fate>();

  take(lines: readonly string[], run: string): void {
    for (const line of lines) {
      const [kind, first = '', second = '', position = '', sent = '', txn = ''] = line.split(' ');
      const thing = `${first} ${second}`;
      if (kind === 'failed') throw new CrashFinding(`the writer failed: ${line}`);
      if (kind === 'event') this.events.set(second, { room_id: first, position: Number(position), sent: sent === 'sent', txn, run });
      if (kind === 'has') this.#fates.set(thing, 'there');
      if (kind === 'leaving' || kind === 'gone') this.#fates.set(thing, kind);
      if (kind === 'claimed') this.claim(first, second);
    }
  }

  /** A one-time key was handed out. */
  claim(user: string, key: string): void {
    if (this.#claimed.has(`${user} ${key}`)) throw new CrashFinding(`${key} of ${user} is handed out twice`);
    this.#claimed.add(`${user} ${key}`);
  }

  isKnown(kind: string, id: string): boolean {
    return this.#fates.has(`${kind} ${id}`);
  }

  /** Of one kind: what must be there is, and what is gone is not. `concerns`: of which IDs `there` tells. */
  compare(kind: string, there: ReadonlySet<string>, concerns: (id: string) => boolean = () => true): void {
    for (const [thing, fate] of this.#fates) {
      const id = thing.slice(kind.length + 1);
      if (!thing.startsWith(`${kind} `) || !concerns(id)) continue;
      if (fate === 'there' && !there.has(id)) throw new CrashFinding(`${thing} was acknowledged, and is lost`);
      if (fate === 'gone' && there.has(id)) throw new CrashFinding(`${thing} was removed, and is there again`);
    }
  }

  /** IDs of a kind that were acknowledged and not removed. */
  ids(kind: string): string[] {
    return [...this.#fates]
      .filter(([thing, fate]) => fate === 'there' && thing.startsWith(`${kind} `))
      .map(([thing]) => thing.slice(kind.length + 1));
  }
}
