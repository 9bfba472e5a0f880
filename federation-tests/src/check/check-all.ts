import type { World } from '../sim/world.ts';
import { checkAcknowledged } from './acknowledged.ts';
import { checkBounds } from './bounds.ts';
import { checkByModel, checkDisclosures } from './by-model.ts';
import { checkContinuation } from './continuation.ts';
import { checkConvergence } from './convergence.ts';
import { checkCopies } from './copies.ts';
import { checkCovered } from './covered.ts';
import { checkFaults } from './faults.ts';
import { checkDestinations } from './destinations.ts';
import { checkOrder } from './order.ts';
import { checkPages } from './pages.ts';
import { checkRefusals } from './refused.ts';
import { checkSampledWorlds } from './sampled-worlds.ts';
import { checkSoftFailures } from './soft-failure.ts';
import { checkTold } from './told.ts';
import { checkRestored } from './restored.ts';

/** Of a run that broke down: what the model says of the events that there are. Nothing, if that breaks down as well. */
export async function checkAsFarAsItCame(world: World): Promise<void> {
  try {
    await checkByModel(world);
  } catch {
    // Why the run broke down is told in any case.
  }
}

/** Every invariant of a run that has come to rest. What is broken goes into the ledger. */
export async function checkAll(world: World): Promise<void> {
  await checkConvergence(world);
  await checkAcknowledged(world);
  await checkOrder(world);
  await checkCovered(world);
  await checkPages(world);
  await checkRestored(world);
  await checkTold(world);
  await checkBounds(world);
  if (!world.shape.model) return;
  await checkCopies(world);
  checkFaults(world);
  const model = await checkByModel(world);
  checkDisclosures(world, model);
  checkDestinations(world, model);
  checkSoftFailures(world, model);
  checkRefusals(world, model);
  if (world.ledger.findings.length === 0) await checkContinuation(world, model);
  if (world.ledger.findings.length === 0) checkSampledWorlds(world);
}
