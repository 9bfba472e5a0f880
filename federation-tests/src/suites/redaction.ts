import { type JsonValue, redactEvent, type RoomEvent } from '@openguild/core';
import { altered, anyEvent, VERSION } from './arbitrary-event.ts';
import { isObject } from './protocol.ts';
import { type Ask, firstDifference, shortJson, type Suite, Violation } from './suite.ts';

/** RED-1 to RED-3: what redaction leaves, and that redacting twice is redacting once. */
export const redaction: Suite<RoomEvent> = {
  name: 'redaction',
  share: 1,
  cases: anyEvent,
  check: async (event, ask) => {
    const expected = redactEvent(event, VERSION).pdu;
    await expectRedacted(altered(event, { unsigned: { age: 7 } }), expected, 'RED-2', ask);
    await expectRedacted(expected, expected, 'RED-3', ask);
  },
  show: (event) => [
    `the event: ${JSON.stringify(event.pdu)}`,
    `redacted its content is ${JSON.stringify(redactEvent(event, VERSION).content)}`,
  ],
};

async function expectRedacted(event: RoomEvent['pdu'], expected: JsonValue, rule: string, ask: Ask): Promise<void> {
  const answer = await ask({ op: 'redact', event });
  const redacted = isObject(answer) ? answer['event'] : undefined;
  if (redacted === undefined) throw new Violation('RED-1', `no {"event": ...}: ${shortJson(answer)}`);
  const wrong = firstDifference(expected, redacted, 'event');
  if (wrong !== null) throw new Violation(wrong.includes('event.content') ? rule : 'RED-1', wrong);
}
