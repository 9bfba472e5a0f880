import { checkCopy, MemoryRooms, roomVersion, type RoomVersion, type SignatureCheck, type StoredEvent } from '@openguild/core';
import { EVENT_COLUMNS, EVENT_TABLES, type EventRow, readEvent } from '../sql/event-rows.ts';
import type { Sql } from '../sql/driver.ts';
import { verifyNowWithNode } from '../verify-node.ts';
import type { Progress } from './tables.ts';

type Say = (roomId: string, eventId: string, detail: string) => void;

interface RoomRow {
  readonly num: number;
  readonly room_id: string;
  readonly room_version: string;
  readonly guild: number | null;
}

const PAGE = 500;

/**
 * Judges every event anew, in memory, and compares: verdict, the rule that rejects, rank, depth, what is void, and what the event changes in which state. All of these follow from
 * the past of the event alone, so the order of arrival counts for nothing; whether it was soft-failed depends on it, and is not compared. A guild is judged with its channels, and
 * forgotten before the next. Signatures count as right, since they are looked at elsewhere. Returns the number of events.
 */
export async function checkVerdicts(sql: Sql, say: Say, progress: Progress = () => undefined): Promise<number> {
  const rooms = await sql.all<RoomRow>('SELECT num, room_id, room_version, guild FROM rooms ORDER BY num');
  const total = (await sql.get<{ n: number }>('SELECT count(*) AS n FROM events'))?.n ?? 0;
  let done = 0;
  for (const first of rooms.filter(({ guild }) => guild === null)) {
    const replay = new Replay(say);
    for (const room of [first, ...rooms.filter(({ guild }) => guild === first.num)]) {
      const version = roomVersion(room.room_version);
      if (version === undefined) continue;
      const query = `SELECT ${EVENT_COLUMNS} FROM ${EVENT_TABLES} WHERE e.room = ? AND e.num > ? ORDER BY e.num LIMIT ${PAGE}`;
      for (let after = 0; ; ) {
        const rows = await sql.all<EventRow>(query, room.num, after);
        if (rows.length === 0) break;
        for (const row of rows) replay.judge(row, room.room_id, version);
        done += rows.length;
        progress('verdicts', done, total);
        after = rows.at(-1)?.num ?? 0;
      }
    }
  }
  return done;
}

class Replay {
  readonly #say: Say;
  readonly #rooms: MemoryRooms;
  #given: ReadonlySet<SignatureCheck> = new Set();

  constructor(say: Say) {
    this.#say = say;
    // A proof of admission is the auth rules' affair: a wrong one rejects.
    this.#rooms = new MemoryRooms(
      (check) => this.#given.has(check) || verifyNowWithNode(check),
      () => true,
    );
  }

  judge(row: EventRow, roomId: string, version: RoomVersion): void {
    const say = (detail: string): void => this.#say(roomId, row.event_id, detail);
    try {
      const written = readEvent(row);
      const copy = checkCopy(written.event.pdu, version);
      // What is wrong with the copy itself is said elsewhere.
      if (!copy.ok || copy.value.event.event_id !== row.event_id) return;
      this.#given = new Set(copy.value.signatures);
      const receipt = this.#rooms.receive(copy.value, version);
      if (receipt.missing !== null) return say(`it cannot be judged without ${receipt.missing.map((one) => one.event_id).join(', ')}`);
      const judged = this.#rooms.stored(roomId, row.event_id);
      if (judged === undefined)
        return say(`it is ${receipt.outcome.kind}${'fault' in receipt.outcome ? ` by ${receipt.outcome.fault.rule}` : ''}, and is stored`);
      for (const difference of differences(written, judged)) say(difference);
    } catch (error) {
      say(`it cannot be judged: ${(error as Error).message}`);
    }
  }
}

/** In what a stored judgement is not what the past of the event gives. */
function differences(written: StoredEvent, judged: StoredEvent): string[] {
  const [was, is] = [judgement(written), judgement(judged)];
  return Object.keys(is).flatMap((name) => {
    const [one, other] = [JSON.stringify(was[name]), JSON.stringify(is[name])];
    return one === other ? [] : [`its ${name} is ${other}, and ${one} is written`];
  });
}

function judgement({ verdict, fault, rank, depth, void_delta, state_base, state_delta }: StoredEvent): Record<string, unknown> {
  if (verdict === 'rejected') return { verdict, rule: fault?.rule ?? null, rank, depth };
  return { verdict, rank, depth, void: void_delta, 'state before it': state_base, change: state_delta };
}
