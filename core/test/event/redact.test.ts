import { expect } from 'chai';
import * as readers from '../../src/auth/content.ts';
import { keptContent, redactEvent } from '../../src/event/redact.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import type { JsonObject } from '../../src/json/value.ts';
import { NATIVE_REDACTION } from '../../src/version/redaction-table.ts';
import { readVectors, type Vector } from '../vectors/read-vectors.ts';
import { NATIVE } from './arbitrary-event.ts';

interface RedactionVector extends Vector {
  readonly input: { readonly type: string; readonly content: JsonObject };
  readonly expect: JsonObject;
}

const VECTORS = readVectors<RedactionVector>('redaction');

describe('redaction', () => {
  for (const vector of VECTORS) {
    it(`${vector.rule}: ${vector.why}`, () =>
      expect(keptContent(vector.input.type, vector.input.content, NATIVE_REDACTION)).to.deep.equal(vector.expect));
  }

  it('has a vector for every type in the table', () => {
    for (const type of NATIVE_REDACTION.keys())
      expect(
        VECTORS.some((vector) => vector.input.type === type),
        type,
      ).to.equal(true);
  });

  it('removes `unsigned` and touches nothing else (RED-1)', () => {
    const pdu = {
      type: 'm.room.member',
      content: { membership: 'join', displayname: 'x' },
      unsigned: { age: 1 },
      signatures: { a: {} },
      other: [1],
    };
    const event = { event_id: '$x', content: pdu.content, pdu, redacted: false } as unknown as RoomEvent;
    const redacted = redactEvent(event, NATIVE);
    expect(redacted.pdu).to.deep.equal({ type: 'm.room.member', content: { membership: 'join' }, signatures: { a: {} }, other: [1] });
    expect(redacted.content).to.equal(redacted.pdu['content']);
    expect(redacted).to.include({ event_id: '$x', redacted: true });
    expect(event.pdu).to.equal(pdu);
  });

  const read: [string, string, (event: RoomEvent) => unknown][] = [
    ['m.guild.create', '', readers.readCreate],
    ['m.room.create', '', readers.readCreate],
    ['m.channel.create', '', readers.readChannelCreate],
    ['m.room.member', '@a:a.example', readers.readMember],
    ['m.room.join_rules', '', readers.readJoinRules],
    ['m.room.power_levels', '', readers.readPowerLevels],
    ['m.guild.authority', '', readers.readAuthority],
    ['m.guild.member_roles', '@a:a.example', readers.readGrant],
    ['m.guild.channel', `!${'1'.repeat(32)}:a.example`, readers.readListing],
    ['m.channel.overwrites', `!${'1'.repeat(32)}:a.example`, readers.readOverwrites],
    ['m.server.admission', 'a.example', readers.readAdmission],
    ['m.server.keys', '', readers.readKeys],
  ];
  for (const [type, state_key, reader] of read) {
    it(`keeps all that the auth rules read of ${type} (RED-2)`, () => {
      const seen = new Set<string>();
      const note = (key: string | symbol): undefined => void seen.add(String(key));
      const content = new Proxy(
        {},
        { get: (_, key) => note(key), getOwnPropertyDescriptor: (_, key) => note(key), has: (_, key) => (note(key), false) },
      );
      reader({ type, state_key, content } as unknown as RoomEvent);
      expect(seen.size).to.be.above(0);
      expect(NATIVE_REDACTION.get(type)).to.include.members([...seen]);
    });
  }
});
