import { expect } from 'chai';
import { checkCopy } from '../../src/event/check-copy.ts';
import { canonicalJson } from '../../src/json/canonical.ts';
import { readJson } from '../../src/json/read.ts';
import { utf8Encode } from '../../src/json/utf8.ts';
import { baseGuild, CAROL, message } from '../room/base-guild.ts';
import { VERSION } from '../room/memory-host.ts';

const LARGE = { maxBytes: 1 << 26 };

function ruleOf(text: string, limits = {}): string {
  const read = readJson(utf8Encode(text), limits);
  return read.ok ? 'ok' : read.rule;
}

describe('hostile JSON', () => {
  it('a million items, empty objects or members: read in time, or refused for its size', () => {
    const shapes = [
      `[${'0,'.repeat(999_999)}0]`,
      `[${'{},'.repeat(999_999)}{}]`,
      `[${'[],'.repeat(999_999)}[]]`,
      `{${Array.from({ length: 1_000_000 }, (_, i) => `"${i}":0`).join()}}`,
    ];
    for (const text of shapes) {
      expect(ruleOf(text)).to.equal('CJ-14');
      expect(ruleOf(text, LARGE)).to.equal('ok');
    }
  }).timeout(30_000);

  it('100,000 levels of anything: refused by name, whatever stands at the bottom', () => {
    const depth = 100_000;
    for (const [open, close] of [
      ['[', ']'],
      ['{"a":', '}'],
      ['[{"a":', '}]'],
    ] as const) {
      expect(ruleOf(`${open.repeat(depth)}0${close.repeat(depth)}`, LARGE)).to.equal('CJ-13');
      expect(ruleOf(open.repeat(depth), LARGE)).to.equal('CJ-13');
    }
  });

  it('names that every object has are names like any other, and change no object', () => {
    for (const name of ['__proto__', 'constructor', 'hasOwnProperty', 'toString', '__defineGetter__']) {
      const text = `{"${name}":{"polluted":1}}`;
      const read = readJson(utf8Encode(text));
      if (!read.ok) throw new Error(read.detail);
      expect(canonicalJson(read.value)).to.equal(text);
      expect(({} as { polluted?: number }).polluted).to.equal(undefined);
    }
    expect(ruleOf('{"__proto__":1,"__proto__":2}')).to.equal('CJ-9');
    expect(ruleOf('{"__proto__":1,"\\u005f_proto__":2}')).to.equal('CJ-9');
  });

  it('a huge name, string or number costs no more than its length', () => {
    const long = 'x'.repeat(900_000);
    expect(ruleOf(`{"${long}":"${long.slice(0, 1000)}"}`)).to.equal('ok');
    expect(ruleOf('9'.repeat(900_000))).to.equal('CJ-8');
    expect(ruleOf(`1${'0'.repeat(900_000)}`)).to.equal('CJ-8');
    expect(ruleOf('1e400')).to.equal('CJ-5');
    expect(ruleOf(`"${'\\u0000'.repeat(100_000)}"`)).to.equal('ok');
  });

  it('an event of a hundred thousand signatures, keys or members is dropped, whatever it costs to write', () => {
    const { a, channel } = baseGuild();
    const { pdu } = message(a, channel, CAROL, 'hello');
    const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, i) => [`ed25519:${i}`, 'AAAA']));
    const strange = checkCopy({ ...pdu, signatures: { ...(pdu['signatures'] as object), 'z.example': many } }, VERSION);
    // Signatures that nobody asked for are no fault, and are not kept.
    if (!strange.ok) throw new Error(strange.detail);
    expect(strange.value.event.pdu).to.deep.equal(pdu);
    expect(checkCopy({ ...pdu, signed_by: Object.keys(many) }, VERSION)).to.deep.include({ ok: false, rule: 'EV-11' });
    expect(checkCopy({ ...pdu, ...many }, VERSION)).to.deep.include({ ok: false, rule: 'EV-2' });
    expect(checkCopy({ ...pdu, type: 'é'.repeat(128) }, VERSION)).to.deep.include({ ok: false, rule: 'EV-3' });
  });
});
