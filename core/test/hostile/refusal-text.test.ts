import { expect } from 'chai';
import { authorize } from '../../src/auth/authorize.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import type { Fault } from '../../src/fault.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { guild, make, plain, roles, state } from '../auth/small-room.ts';
import { baseGuild, CAROL, message } from '../room/base-guild.ts';
import { VERSION } from '../room/memory-host.ts';

/** Where a text is cut after 64 code units, this one is cut within a character. */
const TORN = `${'x'.repeat(63)}\u{1f600}`;

/**
 * A refusal quotes what it refuses, goes into answers to other servers, into the store and into logs. With half a character in it, the strict reader of whoever gets the
 * answer refuses that (CJ-10), and the transaction comes again for ever.
 */
describe('what a refusal says', () => {
  const { a, channel } = baseGuild();
  const { pdu } = message(a, channel, CAROL, 'hello');

  const refusals: [string, () => Fault | null][] = [
    ['a role', () => authorize(make(roles('olga', { [TORN]: { rank: 1, allow: '0' } })), guild.view(), { kind: 'guild' })],
    ['a role of many bytes', () => authorize(make(roles('olga', { ['\u{1f600}'.repeat(9_000)]: {} })), guild.view(), { kind: 'guild' })],
    ['the looks of a role', () => authorize(make(state('olga', 'm.guild.role', {}, TORN)), guild.view(), { kind: 'guild' })],
    [
      'a state key',
      () => authorize(make(state('olga', 'm.room.join_rules', { join_rule: 'public' }, TORN)), plain.view(), { kind: 'plain' }),
    ],
    ['another’s state key', () => authorize(make(state('olga', 'm.custom', {}, `@${TORN}`)), plain.view(), { kind: 'plain' })],
    [
      'an overwrite’s channel',
      () => authorize(make(state('olga', 'm.channel.overwrites', { overwrites: [] }, TORN)), guild.view(), { kind: 'guild' }),
    ],
    ['a member of an event', () => faultOf({ ...pdu, [TORN]: 1 })],
    ['a long member of an event', () => faultOf({ ...pdu, ['\u{1f600}'.repeat(9_000)]: 1 })],
    ['a member of its hashes', () => faultOf({ ...pdu, hashes: { [TORN]: '1' } })],
    ['a name above a signature', () => faultOf({ ...pdu, signatures: { [TORN]: 1 } })],
  ];

  function faultOf(copy: JsonObject): Fault | null {
    const checked = checkCopy(copy, VERSION);
    return checked.ok ? null : checked;
  }

  for (const [what, refuse] of refusals) {
    it(`of ${what}: whole characters, and few`, () => {
      const fault = refuse();
      expect(fault?.rule).to.match(/^(AUTH|EV)-/);
      expect(fault?.detail.isWellFormed(), JSON.stringify(fault?.detail)).to.equal(true);
      expect(fault?.detail.length).to.be.below(1_000);
    });
  }
});
