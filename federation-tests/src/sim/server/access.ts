import { type JsonObject, redactEvent, roomVersion, serverKeys, type RoomSnapshot, type StoredEvent } from '@openguild/core';
import type { Here } from './here.ts';
import { Refused } from '../environment/network.ts';

/** FED-50, FED-51: what other servers may have. */
export class Access {
  readonly #here: Here;

  constructor(here: Here) {
    this.#here = here;
  }

  /** The room, if that server is admitted to it now. Throws Refused. */
  async room(roomId: unknown, server: string): Promise<RoomSnapshot> {
    const snapshot = typeof roomId === 'string' ? await this.#here.store.rooms.open(roomId) : undefined;
    if (snapshot === undefined || !(await this.isAdmitted(snapshot.room_id, server))) throw new Refused('NOT_ADMITTED');
    return snapshot;
  }

  isAdmitted(roomId: string, server: string): Promise<boolean> {
    return this.#here.runner.ask(roomId, (room) => room.judgeBy((view) => serverKeys(view, server).length > 0));
  }

  async receives(roomId: string, server: string): Promise<boolean> {
    return (await this.#here.runner.ask(roomId, (room) => room.servers())).includes(server);
  }

  async serve(room: RoomSnapshot, server: string, events: readonly StoredEvent[]): Promise<JsonObject[]> {
    const { runner, ledger, name } = this.#here;
    const version = roomVersion(room.room_version);
    if (version === undefined) throw new Error(`stored room of unknown version ${room.room_version}`);
    const served: JsonObject[] = [];
    const since = this.#here.time();
    for (const { event } of events) {
      const how = room.kind === 'channel' ? await runner.ask(room.room_id, (each) => each.mayServe(event.event_id, server)) : 'whole';
      if (how === 'whole' && room.guild_id !== null && !event.redacted) {
        const heads = this.#here.headsSince(room.guild_id, since);
        ledger.disclosures.push({ from: name, to: server, room_id: room.room_id, event_id: event.event_id, heads });
      }
      if (how === 'whole') served.push(event.pdu);
      if (how === 'redacted') served.push(redactEvent(event, version).pdu);
    }
    return served;
  }
}
