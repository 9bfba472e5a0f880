import { buildEvent, type EventFields, type RoomEvent, roomVersion, type RoomVersion } from '@openguild/core';
import type { ModelEvent } from '../model/event.ts';
import type { Model } from '../model/model.ts';
import { selection } from '../model/selection.ts';
import type { Act, Deed } from './base-guild.ts';

/** Time of the first event, milliseconds; each later one is one millisecond later. */
export const FIRST_TS = 1_000;

/** Where an event stands: after what, and as the how manieth of its world. */
export interface Place {
  readonly prev: readonly string[];
  readonly tick: number;
}

/** An event of a room, as the rules of the model see it, before it has an ID or names what authorises it. */
export function sketchOf(deed: Deed, room: string, { prev, tick }: Place): ModelEvent {
  return {
    id: '',
    room,
    type: deed.type,
    sender: deed.sender,
    stateKey: deed.stateKey,
    content: deed.content,
    prev,
    auth: [],
    guildHeads: [],
    ts: FIRST_TS + tick,
    signedBy: deed.signers.map((signer) => signer.key_id),
    proofRight: deed.type === 'm.server.admission',
  };
}

/** Makes real events of deeds, hashed and signed. */
export class EventMaker {
  readonly version: RoomVersion;

  constructor(versionId: string) {
    const version = roomVersion(versionId);
    if (version === undefined) throw new Error(`unknown room version ${versionId}`);
    this.version = version;
  }

  make(deed: Deed, room: string | undefined, { prev, tick }: Place, auth: readonly string[]): RoomEvent {
    const fields: EventFields = {
      type: deed.type,
      sender: deed.sender,
      state_key: deed.stateKey,
      content: deed.content,
      ...(room === undefined ? {} : { room_id: room }),
      origin_ts: FIRST_TS + tick,
      prev_events: prev,
      auth_events: auth,
    };
    return buildEvent(fields, this.version, deed.signers);
  }

  /** What an act makes of the state at this place, as an honest server makes it. */
  actAt(model: Model, act: Act, room: string, place: Place): RoomEvent {
    const view = model.viewAt(room, place.prev);
    const deed = act.deed((type, stateKey) => view.get(type, stateKey), room);
    return this.make(deed, room, place, selection(sketchOf(deed, room, place), view));
  }

  /** A merge by the owner's server. */
  merge(room: string, prev: readonly string[], tick: number, signers: Deed['signers'], auth: readonly string[]): RoomEvent {
    const fields = { type: 'm.room.merge', sender: '@:a.example', content: {}, room_id: room, origin_ts: FIRST_TS + tick };
    return buildEvent({ ...fields, prev_events: prev, auth_events: auth }, this.version, signers);
  }
}
