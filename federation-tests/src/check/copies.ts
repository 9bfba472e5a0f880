import type { JsonObject, JsonValue } from '@openguild/core';
import { type Fate, fateOf } from '../model/copies.ts';
import type { Answer } from '../sim/server/here.ts';
import type { World } from '../sim/world.ts';
import { allOf } from './convergence.ts';

/** Of frozen copies, which stay what they are: hostile servers send one to everybody. */
const fates = new WeakMap<object, Fate>();

function fateIn(world: World, pdu: JsonValue): Fate {
  const known = typeof pdu === 'object' && pdu !== null ? fates.get(pdu) : undefined;
  if (known !== undefined) return known;
  const fate = fateOf(pdu, world.shape.version, (check) => world.isSigned(check));
  if (typeof pdu === 'object' && pdu !== null && Object.isFrozen(pdu)) fates.set(pdu, fate);
  return fate;
}

/** Copies that some check of this process found right already. */
const right = new WeakSet<object>();

/** EV, RED, SIG, ENG-5: what an honest server keeps of an event is what these rules say it keeps, whoever sent it and whatever was made of it. */
export async function checkCopies(world: World): Promise<void> {
  for (const server of world.honest)
    for (const roomId of [world.mainRoom, ...world.channels])
      for (const { event } of await allOf(server, roomId)) {
        // Copies are handed on as they are: one look at each is enough.
        if (right.has(event.pdu)) continue;
        const fate = fateIn(world, event.pdu);
        const wrong =
          fate.kind === 'dropped' || (fate.kind === 'redacted') !== event.redacted
            ? `is ${event.redacted ? 'redacted' : 'whole'}, and should be ${fate.kind} by ${fate.rule || 'all rules'}`
            : fate.id !== event.event_id
              ? `should have the ID ${fate.id}`
              : surplus(event.pdu);
        if (wrong === null) right.add(event.pdu);
        else world.ledger.find('copies', `${server.name} keeps ${event.event_id} (${event.type}), which ${wrong}`, event.event_id);
      }
}

/** EV-21 */
function surplus(pdu: JsonObject): string | null {
  if (Object.hasOwn(pdu, 'unsigned')) return 'has kept its unsigned part';
  const keys = Object.values(pdu['signatures'] as JsonObject).flatMap((byName) => Object.keys(byName as JsonObject));
  return keys.every((key) => (pdu['signed_by'] as string[]).includes(key)) ? null : 'has kept a signature that it does not name';
}

/** What an honest server says it did with copies: never kept what must be dropped, never dropped what must be kept. */
export function checkAnswers(world: World, server: string, pdus: readonly JsonValue[], { results }: Answer): void {
  if (typeof results !== 'object' || results === null || Array.isArray(results)) return;
  for (const [i, pdu] of pdus.entries()) {
    const kind = (results as JsonObject)[String(i)];
    const kept = kind === 'accepted' || kind === 'soft-failed' || kind === 'rejected' || kind === 'parked';
    if (!kept && kind !== 'dropped') continue;
    const fate = fateIn(world, pdu);
    // Channels of another guild are dropped by ENG-1.
    const otherwise = kind === 'dropped' && fate.kind !== 'dropped' && (pdu as JsonObject)['type'] !== 'm.channel.create';
    if (otherwise || (kept && fate.kind === 'dropped'))
      world.ledger.find(
        'copies',
        `${server} says ${kind} of a copy that must be ${fate.kind} by ${fate.rule || 'all rules'}: ${describe(pdu)}`,
      );
  }
}

function describe(pdu: JsonValue): string {
  return JSON.stringify(pdu).slice(0, 300);
}
