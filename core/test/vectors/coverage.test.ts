import { readdirSync, readFileSync } from 'node:fs';
import { expect } from 'chai';
import { readVectors } from './read-vectors.ts';

const SOURCES = new URL('../../src/', import.meta.url);
const VECTORS = new URL('../../../spec/vectors/', import.meta.url);
const RULE = /\b(?:CJ|ID|EV|SIG|KEY|RED)-[0-9]+\b/g;

/** No JSON text can break it: it names what a program may hold and JSON cannot (tested with `jsonFault`). */
const WITHOUT_VECTOR = new Set(['CJ-15']);

function citedRules(): Set<string> {
  const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'));
  return new Set(files.flatMap((name) => readFileSync(new URL(name, SOURCES), 'utf8').match(RULE) ?? []));
}

describe('vectors', () => {
  const names = readdirSync(VECTORS)
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length));
  const ours = ['canonical-json', 'events', 'identifiers', 'redaction', 'signatures', 'signatures-edge'];

  it('are there for every rule that the sources cite about bytes', () => {
    expect(names).to.include.members(ours);
    const tested = new Set(ours.flatMap((name) => readVectors(name).map((vector) => vector.rule)));
    expect([...citedRules()].filter((rule) => !tested.has(rule) && !WITHOUT_VECTOR.has(rule))).to.deep.equal([]);
    expect([...tested].filter((rule) => !citedRules().has(rule))).to.deep.equal([]);
  });

  it('each say why they are there', () => {
    for (const name of ours) {
      const whys = readVectors(name).map((vector) => `${vector.rule}: ${vector.why}`);
      expect(new Set(whys).size, name).to.equal(whys.length);
      for (const why of whys) expect(why).to.match(/^\S+: \S/);
    }
  });
});
