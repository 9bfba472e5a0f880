import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'chai';
import { BASES } from './bases.ts';
import { CHANNELS } from './channel-scenarios.ts';
import { KEYS, PLAIN } from './key-scenarios.ts';
import { MEMBERSHIP } from './membership-scenarios.ts';
import { ROLE_STORIES } from './role-scenarios.ts';
import { PublishedScenarios } from './published-scenarios.ts';
import type { Scenario } from './scenario.ts';

const FILE = new URL('../../../spec/vectors/scenarios.json', import.meta.url);
const published = new PublishedScenarios();

function play(scenario: Scenario): void {
  it(`${scenario.name} (${scenario.rule}): ${scenario.why}`, () => {
    const world = BASES[scenario.base]();
    scenario.play(world);
    expect(world.misdrawn()).to.deep.equal([]);
    expect(world.differencesInAnotherOrder()).to.deep.equal([]);
    published.add(scenario, world);
  });
}

describe('scenarios, through the real engine', function () {
  this.timeout(60_000);
  describe('membership', () => MEMBERSHIP.forEach(play));
  describe('roles and grants', () => ROLE_STORIES.forEach(play));
  describe('servers, keys', () => KEYS.forEach(play));
  describe('plain rooms', () => PLAIN.forEach(play));
  describe('channels', () => CHANNELS.forEach(play));

  // In a suite of its own, since mocha runs a suite's own tests before those of the suites inside it.
  describe('published', () => {
    it('for other implementations (OPENGUILD_WRITE_VECTORS=1 writes them)', () => {
      if (process.env['OPENGUILD_WRITE_VECTORS'] === '1') writeFileSync(FILE, published.text());
      expect(readFileSync(FILE, 'utf8') === published.text(), 'spec/vectors/scenarios.json is up to date').to.equal(true);
    });
  });
});
