import { authSelection, buildEvent, type RoomEvent, type RoomVersion } from '@openguild/core';
import { type NamedEvent, Names, signerOf } from './named-events.ts';
import { TiedIds } from './tied-ids.ts';
import type { VectorHost } from './vector-host.ts';

/** Makes the events of a native history real, one after another: hashed, signed, with the auth events that an honest host would name. */
export class NativeEvents {
  readonly names = new Names();
  readonly #host: VectorHost;
  readonly #version: RoomVersion;
  readonly #ids: TiedIds;

  constructor(events: readonly NamedEvent[], host: VectorHost, version: RoomVersion) {
    this.#host = host;
    this.#version = version;
    this.#ids = new TiedIds(events);
  }

  /** `rejected`: event IDs. Of what cites one of them nothing is read. */
  async make(named: NamedEvent, rejected: ReadonlySet<string>): Promise<RoomEvent> {
    const signers = named.signed_by.map(signerOf);
    const content = this.names.content(named);
    const fields = {
      type: named.type,
      sender: named.sender,
      origin_ts: named.ts,
      prev_events: named.prev.map((id) => this.names.eventId(id)),
      ...(named.state_key === undefined ? {} : { state_key: this.names.stateKey(named.type, named.state_key) }),
      ...(isCreate(named) ? {} : { room_id: this.names.roomId(named.room) }),
    };
    const cites =
      named.guild_heads === undefined
        ? { auth_events: await this.#selection({ ...fields, content, signed_by: signers.map((one) => one.key_id) }, rejected) }
        : { guild_heads: named.guild_heads.map((id) => this.names.eventId(id)) };
    const make = (more: { readonly n?: number }): RoomEvent =>
      buildEvent({ ...fields, ...cites, content: { ...content, ...more } }, this.#version, signers);
    const event = this.#ids.find(named.id, make);
    this.names.nameEvent(named.id, event.event_id);
    if (isCreate(named)) this.names.nameRoom(named.room, event.room_id);
    return event;
  }

  async #selection(fields: Parameters<typeof buildEvent>[0], rejected: ReadonlySet<string>): Promise<readonly string[]> {
    // An event without its auth events, only to ask which they are.
    const sketch = buildEvent({ ...fields, auth_events: [] }, this.#version, []);
    const { prev_events: prev, room_id } = sketch;
    if (prev.length === 0 || prev.some((id) => rejected.has(id))) return [];
    return this.#host.ask(room_id, (room) => room.judgeAt(prev, (view) => authSelection(sketch, view, room.kind)));
  }
}

function isCreate(named: NamedEvent): boolean {
  return named.prev.length === 0 && named.type.endsWith('.create');
}
