import type { JsonObject, RoomEvent } from '@openguild/core';
import { KeyedLock } from './keyed-lock.ts';
import type { Rooms, Sent } from './rooms.ts';

/** Whose entry of the state of which room. */
export interface StateEntryName {
  readonly roomId: string;
  readonly type: string;
  readonly stateKey: string;
}

const MAX_ATTEMPTS = 5;

/**
 * Changes state entries that hold many people's work in one event (the roles, a channel's overwrites). Edits made here come one after the other.
 * An edit from another server may still come in between reading and writing; then the new event descends from it and would undo it, which its
 * auth events show: the edit is made once more, on top of what was passed over.
 */
export class StateEdits {
  readonly #rooms: Rooms;
  readonly #lock = new KeyedLock();

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** `edit` gets the present content (undefined: no such entry) and gives the new one. */
  async change(entry: StateEntryName, by: string, edit: (now: JsonObject | undefined) => JsonObject): Promise<Sent> {
    const { roomId, type, stateKey } = entry;
    return this.#lock.run(`${roomId}\n${type}\n${stateKey}`, async () => {
      let base = await this.#rooms.judge(roomId, (view) => view.get(type, stateKey));
      let replaces = base?.event_id;
      for (let attempt = 1; ; attempt++) {
        const sent = await this.#rooms.send(roomId, { type, sender: by, state_key: stateKey, content: edit(base?.content) });
        const passedOver = await this.#passedOver(entry, replaces, sent.event);
        if (passedOver === undefined || attempt === MAX_ATTEMPTS) return sent;
        base = passedOver;
        replaces = sent.event.event_id;
      }
    });
  }

  /** The value that the new event replaced, if it is not the one that it was meant to replace. */
  async #passedOver(entry: StateEntryName, replaces: string | undefined, made: RoomEvent): Promise<RoomEvent | undefined> {
    if (replaces !== undefined && made.auth_events.includes(replaces)) return undefined;
    const cited = await this.#rooms.events(entry.roomId, made.auth_events);
    return cited.find((event) => event.type === entry.type && event.state_key === entry.stateKey);
  }
}
