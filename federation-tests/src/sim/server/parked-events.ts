import { type JsonObject, roomVersion, type RoomSnapshot } from '@openguild/core';
import type { Commit } from '@openguild/storage';
import type { Here } from './here.ts';

/** From when what it lacks is there until a parked event has been judged, virtual milliseconds: less than until servers compare again, which would bring it once more. */
const JUDGED_WITHIN = 1_000;
/** Where so many wait some may have had to go (ENG-7). */
const MANY = 90;

/**
 * FED-36: what is parked is judged when what it lacks has come. An event that is not is a finding. Only such are watched as lack one event and nothing else: where
 * several are lacking the others may be asked for meanwhile, which takes as long as it takes.
 */
export class ParkedEvents {
  readonly #here: Here;
  /** Event ID -> what it lacks, and its room. */
  readonly #waiting = new Map<string, { readonly room_id: string; readonly lacks: string }>();

  constructor(here: Here) {
    this.#here = here;
  }

  async parked(pdu: JsonObject, { room_id, guild_id, room_version }: RoomSnapshot, missing: readonly string[]): Promise<void> {
    const [lacks, ...others] = missing;
    const version = roomVersion(room_version);
    const read = version && this.#here.reader.read(pdu, version);
    if (lacks === undefined || others.length > 0 || read?.ok !== true) return;
    const { event_id, prev_events, auth_events, guild_heads } = read.value.event;
    this.#waiting.set(event_id, { room_id, lacks });
    const own = [...prev_events, ...auth_events];
    const { rooms } = this.#here.store;
    const known = [...(await rooms.events(room_id, own)), ...(guild_id === null ? [] : await rooms.events(guild_id, guild_heads))];
    const cited = new Set([...own, ...guild_heads]);
    for (const { event } of known) cited.delete(event.event_id);
    cited.delete(lacks);
    if (cited.size > 0) this.#waiting.delete(event_id);
  }

  note({ effects }: Commit): void {
    const { event_id } = effects.stored.event;
    this.#waiting.delete(event_id);
    const { ledger, name, runner, timer } = this.#here;
    for (const [id, { lacks }] of this.#waiting)
      if (lacks === event_id)
        timer(JUDGED_WITHIN, () => {
          if (!this.#waiting.delete(id) || runner.parked > MANY) return;
          ledger.find('parked', `${name}: ${id} was parked, lacks nothing any more since ${event_id} came, and waits still`, id);
        });
  }
}
