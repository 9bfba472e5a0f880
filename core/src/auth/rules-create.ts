import type { Fault } from '../fault.ts';
import { isBareServer } from '../identifiers.ts';
import type { Case } from './case.ts';
import { accepted, readCreate } from './content.ts';
import { RULES } from './rule-ids.ts';
import { senderKind } from './rules-servers.ts';

/**
 * AUTH-1.2. A create event has nothing before it. AUTH-1.5. A person sends it. AUTH-1.4. It is signed by one of the keys that it lists for its own server.
 * AUTH-1.3. If it fixes `owner_key`, it is signed by that too.
 */
export function create(c: Case): Fault | null {
  const { event, view } = c;
  const first = c.demand(
    RULES.CREATE_ONCE,
    view.create === undefined && event.prev_events.length === 0,
    () => 'is this the first event of its room?',
    () => `${event.prev_events.length} prev events${view.create === undefined ? '' : `, and ${view.create.event_id} created the room`}`,
  );
  const broken = first ?? senderKind(c, isBareServer(event.sender)) ?? c.shape(readCreate(event));
  if (broken !== null) return broken;
  const { keys, ownerKey } = accepted(readCreate(event));
  const [origin = ''] = event.signed_by;
  return (
    c.demand(
      RULES.KEY_LISTED,
      keys.includes(origin),
      () => `does the event list ${origin}, which signs it?`,
      () => `it lists ${keys.join(', ')}`,
    ) ??
    c.demand(
      RULES.OWNER_KEY,
      ownerKey === undefined || event.signed_by.includes(ownerKey),
      () => 'does the owner key that it fixes sign it?',
      () => (ownerKey === undefined ? 'it fixes none' : ownerKey),
    )
  );
}
