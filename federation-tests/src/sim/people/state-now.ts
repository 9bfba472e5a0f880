import type { EventDraft, JsonObject, RoomEvent, Signer } from '@openguild/core';
import type { Random } from '../environment/random.ts';
import type { World } from '../world.ts';

/** The present state of a room as somebody sees it. */
export class StateNow {
  readonly #entries = new Map<string, RoomEvent>();

  constructor(events: readonly RoomEvent[]) {
    for (const event of events) this.#entries.set(`${event.type} ${event.state_key}`, event);
  }

  get(type: string, stateKey = ''): RoomEvent | undefined {
    return this.#entries.get(`${type} ${stateKey}`);
  }

  stay(user: string): string {
    const member = this.get('m.room.member', user);
    const { stay } = member?.content ?? {};
    return typeof stay === 'string' ? stay : (member?.event_id ?? 'none');
  }

  membership(user: string): string {
    return String(this.get('m.room.member', user)?.content['membership'] ?? 'leave');
  }
}

/** Somebody who wants to do something, and what he knows. */
export interface Wisher {
  readonly world: World;
  readonly random: Random;
  readonly now: StateNow;
  readonly who: string;
  readonly signers: readonly Signer[];
}

/** What somebody wants to do, and with which keys. */
export interface Wish {
  readonly roomId: string;
  readonly draft: EventDraft;
  readonly signers: readonly Signer[];
}

/** A state event of the guild or plain room. */
export function stateWish({ world, who, signers }: Wisher, type: string, stateKey: string, content: JsonObject): Wish {
  return { roomId: world.mainRoom, draft: { type, sender: who, state_key: stateKey, content }, signers };
}

/** Some channel; the room itself where there are none. */
export function someChannel({ world, random }: Wisher): string | undefined {
  if (world.shape.kind === 'plain') return world.mainRoom;
  return world.channels.length === 0 ? undefined : random.pick(world.channels);
}
