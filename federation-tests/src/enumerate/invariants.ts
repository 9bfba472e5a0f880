import { isPower, type ModelEvent } from '../model/event.ts';
import type { Model } from '../model/model.ts';
import { concurrent, type Judged } from '../model/resolution.ts';

/** What must hold of a merged guild however its state was computed. `fresh`: the events after the base, `base`: the last of the base. */
export function brokenInvariants(model: Model, room: string, base: string, fresh: readonly string[]): string[] {
  const accepted = fresh.map((id) => model.records.get(id) as Judged).filter((one) => one.fault === null);
  const heads = headsOf(
    accepted.map((one) => one.event.id),
    accepted,
    base,
  );
  const { state, void: voided } = model.at(room, heads);
  const broken: string[] = [];
  for (const key of model.at(room, [base]).state.keys())
    if (!state.has(key)) broken.push(`no-key-vanishes: ${key.replace('\n', ' ')} of the base is gone`);
  for (const one of accepted) {
    const { event } = one;
    if (event.stateKey === undefined) continue;
    const above = accepted.some(
      (other) => isPower(other.event) && rests(one, accepted).some((mine) => concurrent(other, mine) && other.rank > mine.rank),
    );
    if (isPower(event) && voided.has(event.id) && !above)
      broken.push(`higher-not-undone: ${event.id} is void, though nothing concurrent ranks above it`);
    if (isBan(event) && !above && !banHolds(event, accepted, state, voided, model)) broken.push(`bans-hold: ${event.id} is lost`);
  }
  return broken;
}

/** The events of these that no other has in its past; the base if there are none. */
export function headsOf(ids: readonly string[], accepted: readonly Judged[], base: string): string[] {
  const heads = ids.filter((id) => !accepted.some((other) => other.past.has(id)));
  return heads.length === 0 ? [base] : heads.sort((a, b) => (a < b ? -1 : 1));
}

/** The event, and those before it that rank as high. */
function rests(one: Judged, accepted: readonly Judged[]): Judged[] {
  return [one, ...accepted.filter((other) => one.past.has(other.event.id) && other.rank >= one.rank)];
}

function isBan(event: ModelEvent): boolean {
  return event.type === 'm.room.member' && event.content['membership'] === 'ban';
}

/** A ban ends by something after it and by nothing else. */
function banHolds(
  ban: ModelEvent,
  accepted: readonly Judged[],
  state: ReadonlyMap<string, string>,
  voided: ReadonlyMap<string, string>,
  model: Model,
): boolean {
  const holder = model.records.get(state.get(`m.room.member\n${ban.stateKey}`) ?? '')?.event;
  if (holder !== undefined && isBan(holder)) return true;
  return accepted.some(
    (other) =>
      other.event.type === 'm.room.member' &&
      other.event.stateKey === ban.stateKey &&
      other.past.has(ban.id) &&
      !voided.has(other.event.id),
  );
}
