import { roomVersion } from '@openguild/core';
import { UnknownRoomError } from '@openguild/storage';
import type { Here } from './here.ts';

const MAX_USELESS = 100;

/** FED-55, asking side: a whole room from one server, every event verified as if it came alone. False if the server sends something else. */
export async function takeIn(here: Here, roomId: string, versionId: string, server: string): Promise<boolean> {
  const version = roomVersion(versionId);
  if (version === undefined) return false;
  const seen = new Set<string>();
  let useless = 0;
  for (let after: string | null = null; ; ) {
    const page = await here.request(server, { kind: 'log', body: { room_id: roomId, ...(after === null ? {} : { after }) } });
    const before = seen.size;
    for (const pdu of Array.isArray(page['events']) ? page['events'].slice(0, 100) : []) {
      const copy = here.reader.read(pdu, version);
      if (!copy.ok || copy.value.event.room_id !== roomId || seen.has(copy.value.event.event_id)) {
        if (seen.size === 0 || ++useless > MAX_USELESS) return false;
        continue;
      }
      try {
        const { kind } = await here.runner.receive(roomId, pdu, { from: server, version: versionId });
        here.ledger.handled += 1;
        if (kind === 'dropped' || kind === 'parked') useless += 1;
      } catch (error) {
        if (error instanceof UnknownRoomError) return false;
        throw error;
      }
      seen.add(copy.value.event.event_id);
    }
    if (typeof page['next'] !== 'string') return true;
    if (seen.size === before || useless > MAX_USELESS) return false;
    after = page['next'];
  }
}
