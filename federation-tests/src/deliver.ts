import { type JsonValue, MissingEventsError } from '@openguild/core';
import type { Replica } from './replica.ts';

/**
 * Gives copies to a replica in exactly this order. What cites something that has not come waits until something else was taken in. Returns how many never could be.
 */
export function deliver(replica: Replica, pdus: readonly JsonValue[]): number {
  let waiting: JsonValue[] = [];
  for (const pdu of pdus) {
    if (!take(replica, pdu)) {
      waiting.push(pdu);
      continue;
    }
    for (let before = -1; before !== waiting.length; ) {
      before = waiting.length;
      waiting = waiting.filter((one) => !take(replica, one));
    }
  }
  return waiting.length;
}

function take(replica: Replica, pdu: JsonValue): boolean {
  try {
    replica.receive(pdu);
    return true;
  } catch (error) {
    if (error instanceof MissingEventsError) return false;
    throw error;
  }
}
