import { RULES } from '@openguild/core';
import { modelEvent } from '../model/from-event.ts';
import { KIND_OF_CREATE } from '../model/event.ts';
import type { Model } from '../model/model.ts';
import { authorize } from '../model/rules.ts';
import type { Refusal } from '../sim/ledger.ts';
import type { World } from '../sim/world.ts';
import { UNMADE } from '../replay/unmade.ts';

/** Where a room has more ends than an event may cite, it is judged by some of them. */
const MOST_HEADS = 10;

/**
 * Nobody is kept from what the rules allow him: what a server would not make for its own people the model refuses by the same rule. Such an event is never made, so that no
 * other check sees it.
 */
export function checkRefusals(world: World, model: Model): void {
  const honest = new Set(world.honest.map(({ name }) => name));
  const auth = new Set<string>(Object.values(RULES));
  for (const one of world.ledger.refusals) {
    if (!honest.has(one.server) || !auth.has(one.rule) || one.draft.type in KIND_OF_CREATE) continue;
    const known = one.heads.filter((heads) => heads.every((id) => model.records.get(id)?.fault === null));
    if (known.length < one.heads.length || known.some((heads) => heads.length > MOST_HEADS)) continue;
    if (known.some((heads) => faultOf(world, model, one, heads) === one.rule)) continue;
    const { type, sender, state_key = 'no state' } = one.draft;
    const first = faultOf(world, model, one, known[0] ?? []);
    world.ledger.find(
      'refused',
      `${one.server} refuses ${sender} ${type} (${state_key}) in ${one.room_id} by ${one.rule}, the model ${first === null ? 'allows it' : `refuses it by ${first}`}, at ${one.heads[0]?.join(' ')}`,
      one,
    );
  }
}

function faultOf(world: World, model: Model, { room_id, draft, signed_by }: Refusal, heads: readonly string[]): string | null {
  const inChannel = room_id !== world.mainRoom;
  const sketch = {
    ...UNMADE,
    room_id,
    prev_events: inChannel ? [] : heads,
    guild_heads: inChannel ? heads : [],
    signed_by,
    ...draft,
  };
  const event = modelEvent(sketch, (check) => world.isSigned(check));
  return authorize(event, model.viewAt(world.mainRoom, heads), inChannel ? 'channel' : world.shape.kind);
}
