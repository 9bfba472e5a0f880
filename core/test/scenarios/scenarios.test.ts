import { expect } from 'chai';
import { BASES } from './bases.ts';
import { CHANNELS } from './channel-scenarios.ts';
import { KEYS, PLAIN } from './key-scenarios.ts';
import { MEMBERSHIP } from './membership-scenarios.ts';
import { ROLE_STORIES } from './role-scenarios.ts';
import type { Scenario } from './scenario.ts';

function play(scenario: Scenario): void {
  it(`${scenario.name} (${scenario.rule}): ${scenario.why}`, () => {
    const world = BASES[scenario.base]();
    scenario.play(world);
    expect(world.misdrawn()).to.deep.equal([]);
    expect(world.differencesInAnotherOrder()).to.deep.equal([]);
  });
}

describe('scenarios, through the real engine', function () {
  this.timeout(60_000);
  describe('membership', () => MEMBERSHIP.forEach(play));
  describe('roles and grants', () => ROLE_STORIES.forEach(play));
  describe('servers, keys', () => KEYS.forEach(play));
  describe('plain rooms', () => PLAIN.forEach(play));
  describe('channels', () => CHANNELS.forEach(play));
});
