import { roomVersion } from '@openguild/core';
import { copyFault } from '../replay/copy-fault.ts';
import { FAULTS, type Sound } from '../sim/hostile/faulty-copies.ts';
import type { World } from '../sim/world.ts';

/** Events of each history of which copies are made: of all together one for each fault. */
const EVENTS = 4;
/** Keys that may sign besides. */
const MORE = Array.from({ length: 8 }, (_, i) => `more/k${i}`);

/**
 * EV, RED, SIG, CJ: copies of the history's events, most of them with a fault, some with what could be mistaken for one, come to what these rules say. No network is in it: a
 * hostile server hands out one where this reads fifty.
 */
export function checkFaults(world: World): void {
  const { mainRoom, shape, keyring, ledger } = world;
  const random = world.random.fork('faults');
  const version = roomVersion(shape.version);
  if (version === undefined) throw new Error(`unknown room version ${shape.version}`);
  const equations = { engine: keyring.verify.bind(keyring), model: world.isSigned.bind(world) };
  const more = MORE.map((name) => keyring.signer(name));
  const events = random.shuffled([...ledger.events.values()].filter(({ redacted }) => !redacted)).slice(0, EVENTS);
  const faults = random.shuffled(FAULTS);
  for (const [i, { pdu, signed_by }] of events.entries()) {
    const signers = signed_by.flatMap((id) => keyring.signerOf(id) ?? []);
    if (signers.length < signed_by.length) continue;
    const sound: Sound = { pdu, signers, versionId: shape.version, mainRoom, random, more, seed: keyring.seedOf(signed_by[0] ?? '') };
    for (const [rule, fault] of faults.filter((_, n) => n % events.length === i)) {
      const copy = fault(sound);
      const found = copyFault(copy, version, equations, (list) => [random.pick(list)]);
      if (found === null) continue;
      ledger.find('copies', `a copy made for ${rule}: by the engine ${found.engine}; by the model ${found.model}`, { pdu: copy });
      return;
    }
  }
}
