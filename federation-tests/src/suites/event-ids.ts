import { checkCopy, type JsonObject, redactEvent, type RoomEvent } from '@openguild/core';
import fc from 'fast-check';
import { altered, anyEvent, VERSION } from './arbitrary-event.ts';
import { contentFits } from './content-fits.ts';
import { isObject } from './protocol.ts';
import { shortJson, type Suite, Violation } from './suite.ts';

interface Case {
  readonly event: RoomEvent;
  readonly change: 'none' | 'unsigned' | 'signature' | 'content' | 'redacted' | 'time';
}

/** EV-15, EV-16, ID-5: what is under the content hash, the event ID and the room ID, and what is not. */
export const eventIds: Suite<Case> = {
  name: 'event-ids',
  share: 1,
  cases: fc.record({
    event: anyEvent,
    change: fc.constantFrom(
      'none' as const,
      'unsigned' as const,
      'signature' as const,
      'content' as const,
      'redacted' as const,
      'time' as const,
    ),
  }),
  check: async (one, ask) => {
    const pdu = changed(one);
    const expected = expectedOf(pdu, one.change);
    const answer = await ask({ op: 'event-id', event: pdu });
    if (!isObject(answer)) throw new Violation('EV-16', `the answer is no object: ${shortJson(answer)}`);
    const { event_id: id, room_id: room, content_fits: fits } = answer;
    if (id !== expected.event_id) throw new Violation('EV-16', `event_id is ${shortJson(id)}, and should be ${expected.event_id}`);
    if (room !== expected.room_id) throw new Violation('ID-5', `room_id is ${shortJson(room)}, and should be ${expected.room_id}`);
    if (fits !== expected.content_fits)
      throw new Violation('EV-15', `content_fits is ${shortJson(fits)}, and should be ${expected.content_fits}`);
  },
  show: (one) => {
    const pdu = changed(one);
    const { event_id, room_id, content_fits } = expectedOf(pdu, one.change);
    return [`the event: ${JSON.stringify(pdu)}`, `event_id ${event_id}, room_id ${room_id}, content_fits ${content_fits}`];
  },
};

function changed({ event, change }: Case): JsonObject {
  switch (change) {
    case 'none':
      return event.pdu;
    case 'unsigned':
      return altered(event, { unsigned: { age: 7 } });
    case 'signature':
      return altered(event, { signatures: { 'z.example': { 'ed25519:nobody': 'AAAA' }, ...(event.pdu['signatures'] as JsonObject) } });
    case 'content':
      // No type keeps it: the ID stays, the hash of the content does not fit any more.
      return altered(event, { content: { ...event.content, 'org.example.added': 1 } });
    case 'redacted':
      return redactEvent(event, VERSION).pdu;
    case 'time':
      return altered(event, { origin_ts: event.origin_ts === 0 ? 1 : event.origin_ts - 1 });
  }
}

function expectedOf(
  pdu: JsonObject,
  change: string,
): { readonly event_id: string; readonly room_id: string; readonly content_fits: boolean } {
  const copy = checkCopy(pdu, VERSION);
  if (!copy.ok) throw new Error(`an event of the suite (${change}) is none: ${copy.rule}: ${copy.detail}`);
  const { event_id, room_id } = copy.value.event;
  return { event_id, room_id, content_fits: contentFits(pdu) };
}
