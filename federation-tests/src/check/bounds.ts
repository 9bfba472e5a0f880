import type { World } from '../sim/world.ts';

/** PROTOCOL ENG-7: parked events of one room. Two rooms or three in a run, so a few times that. */
const MAX_PARKED = 5_000;
/** Messages for each event and server, retries and comparisons included: six times the most that runs need. */
const MESSAGES_PER_EVENT = 4;

/** A story of sides that cannot hear each other makes few events in some virtual minutes, in which servers go on comparing: it counts as so many. */
const EVENTS_OF_STORY = 40;

/** At rest nothing waits for a server that answers; and nobody was made to do or to keep out of all proportion. */
export async function checkBounds(world: World): Promise<void> {
  const { ledger, servers, network } = world;
  for (const server of world.honest)
    for (const destination of await server.disk.durable.outgoing.destinations())
      ledger.find('queues', `${server.name} still has events for ${destination} when all is over`);
  if (ledger.peakParked > MAX_PARKED) ledger.find('bounds', `${ledger.peakParked} events were parked at once`);
  const events = ledger.events.size + world.shape.acts + 100 + EVENTS_OF_STORY * (ledger.faults.get('feud') ?? 0);
  const allowed = MESSAGES_PER_EVENT * events * servers.length;
  if (network.messages > allowed) ledger.find('bounds', `${network.messages} messages for ${events} events on ${servers.length} servers`);
}
