import { KIND_OF_CREATE, serverPart } from '../model/event.ts';
import type { Model } from '../model/model.ts';
import { authorize } from '../model/rules.ts';
import type { SecondJudgement } from '../sim/ledger.ts';
import type { World } from '../sim/world.ts';

const BRANCHES = 'ENG-14';
/** ENG-14 */
const MOST_BRANCHES = 4;
const AHEAD = 'AUTH-2.7';

/** ENG-9, ENG-10, AUTH-2.7: what a server took into its history its present state allowed, and what it did not take its present state refused, as the model sees that state. */
export function checkSoftFailures(world: World, model: Model): void {
  const honest = new Set(world.honest.map(({ name }) => name));
  const answers = new Map<string, string | null>();
  const before = new Map<string, string | null>();
  for (const one of world.ledger.judgedTwice) {
    // Where a channel ended by then is not told.
    if (!honest.has(one.server) || (one.soft === BRANCHES && one.room_id !== world.mainRoom)) continue;
    // The same again is another copy of the event, not another judgement.
    const name = `${one.server} ${one.event_id}`;
    if (one.soft !== null && before.get(name) === one.soft) continue;
    before.set(name, one.soft);
    const record = model.records.get(one.event_id);
    if (record === undefined || record.fault !== null || record.event.type in KIND_OF_CREATE) continue;
    const answer = (heads: readonly string[]): string | null => {
      const question = `${one.event_id} ${heads.join(' ')}`;
      if (!answers.has(question)) answers.set(question, softFault(world, model, one, heads));
      return answers.get(question) ?? null;
    };
    const known = one.heads.filter((heads) => heads.every((id) => model.records.get(id)?.fault === null));
    // Mostly it was the last of them.
    if (known.length === 0 || known.findLast((heads) => answer(heads) === one.soft) !== undefined) continue;
    const say = (rule: string | null): string => (rule === null ? 'takes it in' : `soft-fails it by ${rule}`);
    world.ledger.find(
      'soft-failure',
      `${record.event.type} ${one.event_id} of ${record.event.sender}: ${one.server} ${say(one.soft)}, and by the model ${say(answer(known.at(-1) ?? []))}`,
      one.event_id,
    );
  }
}

function softFault(world: World, model: Model, { room_id, event_id }: SecondJudgement, heads: readonly string[]): string | null {
  const { event } = model.records.get(event_id) ?? {};
  if (event === undefined) return null;
  const inChannel = room_id !== world.mainRoom;
  if (inChannel) {
    const known = model.past(heads);
    if (event.guildHeads.some((id) => !known.has(id))) return AHEAD;
  }
  const own = heads.filter((id) => !event.prev.includes(id) && serverOfSender(model, id) === serverPart(event.sender));
  if (!inChannel && own.length >= MOST_BRANCHES) return BRANCHES;
  return authorize(event, model.viewAt(world.mainRoom, heads), inChannel ? 'channel' : world.shape.kind);
}

function serverOfSender(model: Model, id: string): string {
  return serverPart(model.records.get(id)?.event.sender ?? '');
}
