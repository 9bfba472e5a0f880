import { authorize, authSelection, type RoomEvent, serverKeys, serverOf, type Signer, type StateView } from '@openguild/core';
import type { View } from '../model/event.ts';
import { modelEvent } from '../model/from-event.ts';
import { authorize as byModel } from '../model/rules.ts';
import { selection } from '../model/selection.ts';
import { object } from '../model/shapes.ts';
import type { Random } from '../sim/environment/random.ts';
import { mutated } from '../sim/hostile/hostile-mutations.ts';
import { NEW_CHANNEL } from '../sim/people/precise.ts';
import { ANYTHING, type Draw } from '../sim/people/palette.ts';
import type { StateNow, Wish } from '../sim/people/state-now.ts';
import type { World } from '../sim/world.ts';
import { UNMADE } from '../replay/unmade.ts';

const KEYS = ['k1', 'k2', 'n1', 'n2', 'k0'] as const;

/** One state, as engine and model see it. */
export interface Place {
  /** The events of the guild or plain room after which it is the state. */
  readonly heads: readonly string[];
  readonly view: StateView;
  readonly own: View;
}

/** Asks engine and model about events that nobody has made. */
export class Asking {
  readonly #world: World;
  readonly #random: Random;

  constructor(world: World, random: Random) {
    this.#world = world;
    this.#random = random;
  }

  /** What both sides answer about an event alone, by a state that they agree upon. `odd`: not the same. */
  answer({ roomId, draft, signers }: Wish, { heads, view, own }: Place): 'odd' | 'allowed' | 'refused' {
    const { mainRoom, shape } = this.#world;
    const kind = roomId === mainRoom ? shape.kind : 'channel';
    const sketch: RoomEvent = {
      ...UNMADE,
      room_id: roomId,
      prev_events: heads,
      guild_heads: heads,
      signed_by: signers.map(({ key_id }) => key_id),
      ...draft,
    };
    const event = modelEvent(sketch, (check) => this.#world.isSigned(check));
    let rule: string | null;
    try {
      rule = authorize(sketch, view, { kind, proofValid: event.proofRight })?.rule ?? null;
      if (kind !== 'channel' && authSelection(sketch, view, kind).join(' ') !== selection(event, own).join(' ')) return 'odd';
    } catch {
      return 'odd';
    }
    if (rule !== byModel(event, own, kind)) return 'odd';
    if (rule === null) return 'allowed';
    this.#world.ledger.reached(rule);
    return 'refused';
  }

  /** Something that he might do; null where that is nothing. */
  drawn(who: string, now: StateNow, view: StateView, by: Draw): Wish | null {
    const { world, random } = { world: this.#world, random: this.#random };
    const drawn = by({ world, random, now, who, signers: this.#signers(who, view) });
    if (drawn === undefined || ![NEW_CHANNEL, world.mainRoom, ...world.channels].includes(drawn.roomId)) return null;
    const wish = by === ANYTHING && random.chance(0.3) ? { ...drawn, draft: mutated({ random, world }, drawn.draft) } : drawn;
    return object(wish.draft.content) ? wish : null;
  }

  /** A key that the room lists for the sender's server by then, and his own; now and then not all of them. */
  #signers(who: string, view: StateView): Signer[] {
    const { keyring, personKeys } = this.#world;
    const name = serverOf(who);
    const listed = serverKeys(view, name);
    const daily = KEYS.find((key) => listed.includes(keyring.id(`${name}/${key}`))) ?? 'k1';
    const own = personKeys.get(who);
    return [`${name}/${daily}`, ...(own === undefined || this.#random.chance(0.2) ? [] : [own])].map((key) => keyring.signer(key));
  }
}
