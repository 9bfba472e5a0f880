import { BITS } from '@openguild/core';
import { expect } from 'chai';
import fc from 'fast-check';
import { holds } from '../vectors/random.ts';
import { type Act, at, type Person, type RoleTable, signedBy } from './acts.ts';
import { adam, ADMIN, b, bea, c, cleo, eve, guildWithGate, max, mod, MODERATOR, moss, olga, ROLES, sam } from './bases.ts';
import type { World } from './world.ts';

const EVERYBODY: readonly Person[] = [olga, adam, bea, mod, moss, max, sam, eve, cleo];
/** Who conspires where olga and the admins do nothing: moderators, an admitter, members, and their servers' hosts. */
const COALITION: readonly Person[] = [mod, moss, max, sam, eve, cleo];
const GATE: RoleTable = { ...ROLES, gate: [10, BITS.ADMIT_SERVERS | BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.CREATE_INVITE] };

/** What somebody tries. Anybody tries anything; most of it is refused. */
function acts(people: readonly Person[]): fc.Arbitrary<Act> {
  // Mostly those who have something to misuse.
  const able = people.filter((one) => [olga, adam, bea, mod, moss].includes(one));
  const by = fc.oneof({ weight: 3, arbitrary: fc.constantFrom(...able) }, { weight: 2, arbitrary: fc.constantFrom(...people) });
  const anybody = fc.constantFrom(...EVERYBODY);
  const roleIds = fc.oneof(fc.subarray(['low', 'gate', 'new'], { maxLength: 1 }), fc.subarray(['admin', 'mod', 'low', 'gate', 'new']));
  const bits = fc.constantFrom(
    0n,
    BITS.ADMINISTRATOR,
    BITS.MANAGE_ROLES,
    BITS.KICK_MEMBERS,
    BITS.ADMIT_SERVERS,
    1n << 40n,
    MODERATOR,
    ADMIN,
  );
  // Mostly small steps that a moderator may make.
  const table = fc
    .tuple(
      fc.constantFrom('everyone', 'admin', 'mod', 'low', 'low', 'gate', 'new', 'new'),
      fc.constantFrom(0, 9, 10, 49, 49, 50, 89, 90, 65_535),
      bits,
    )
    .map(([role, rank, allow]): RoleTable => ({ ...GATE, [role]: [rank, allow] }));
  const stay = fc.constantFrom(...['adam', 'bea', 'mod', 'moss', 'max', 'sam', 'eve'].map((name) => `${name}_j`));
  const someAct = fc.oneof(
    { weight: 4, arbitrary: fc.tuple(by, anybody, roleIds).map(([who, whom, roles]) => who.grants(whom, roles)) },
    {
      weight: 1,
      arbitrary: fc.tuple(by, anybody, roleIds, stay).map(([who, whom, roles, name]) => who.grants(whom, roles, { stay: name })),
    },
    { weight: 4, arbitrary: fc.tuple(by, table).map(([who, roles]) => who.setsRoles(roles)) },
    { weight: 1, arbitrary: fc.tuple(by, anybody).map(([who, whom]) => who.bans(whom)) },
    { weight: 1, arbitrary: fc.tuple(by, anybody).map(([who, whom]) => who.kicks(whom)) },
    { weight: 1, arbitrary: by.map((who) => who.joins()) },
    { weight: 1, arbitrary: fc.tuple(by, stay).map(([who, name]) => who.renews(name)) },
    { weight: 1, arbitrary: by.map((who) => who.leaves()) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(by, fc.constantFrom('a.example', 'b.example', 'c.example', 'e.example'), fc.constantFrom(0, 9, 49, 89, 95), fc.boolean())
        .map(([who, server, rank, evil]) => who.admits(server, rank, evil ? { root: 'evil/k0' } : {})),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        b.statesKeys(['b.example/k0', 'evil/k1'], 'b.example/k1'),
        b.statesKeys(['b.example/k0', 'b.example/n1'], 'b.example/k0'),
        c.statesKeys(['evil/k0', 'evil/k1'], 'evil/k0', 'evil/k0'),
      ),
    },
  );
  return fc
    .tuple(
      someAct,
      fc.integer({ min: 1, max: 400 }),
      fc.constantFrom<readonly string[] | undefined>(undefined, undefined, undefined, ['evil/k1']),
    )
    .map(([what, time, keys]) => at(time, keys === undefined ? what : signedBy(keys, what)));
}

/** Acts, each with where in the graph it is put: choices among the accepted events so far, counted from the last. */
function sequences(people: readonly Person[]): fc.Arbitrary<readonly (readonly [Act, readonly number[]])[]> {
  return fc.array(fc.tuple(acts(people), fc.array(fc.oneof(fc.constant(0), fc.nat(1000)), { minLength: 1, maxLength: 3 })), {
    minLength: 3,
    maxLength: 14,
  });
}

function played(sequence: readonly (readonly [Act, readonly number[]])[]): { world: World; stood: number } {
  const world = guildWithGate();
  const [base] = world.heads('g') as [string];
  const names = [base];
  for (const [n, [act, places]] of sequence.entries()) {
    const prev = [...new Set(places.map((place) => names.at(-1 - (place % names.length)) as string))];
    world.enter(`x${n}`, act, prev, []);
    if (world.record(`x${n}`).verdict === 'accepted') names.push(`x${n}`);
  }
  return { world, stood: names.length - 1 };
}

describe('what no sequence of events does', function () {
  this.timeout(600_000);
  let stood = 0;

  it('gives a coalition, or anybody by it, a bit that none of them held, or a rank that none of them ranked above', () => {
    const initial = guildWithGate();
    const theirBits = COALITION.reduce((bits, who) => bits | initial.bits(who), 0n);
    const theirRank = Math.max(...COALITION.map((who) => initial.rank(who)));
    holds(
      sequences(COALITION),
      (sequence) => {
        const { world, stood: more } = played(sequence);
        stood += more;
        for (const who of EVERYBODY) {
          const isMember = initial.membership(who) === 'join';
          // Who was no member may join, and then has what everybody has.
          const own = isMember ? initial.bits(who) : (ROLES['everyone']?.[1] as bigint);
          expect(world.bits(who) & ~(own | theirBits), `bits of ${who.id}`).to.equal(0n);
          expect(world.rank(who), `rank of ${who.id}`).to.be.at.most(Math.max(initial.rank(who), theirRank - 1));
        }
        // Nobody who ranks as high as all of them is touched.
        for (const who of [olga, adam, bea]) {
          expect(world.membership(who), who.id).to.equal('join');
          expect(world.rank(who), who.id).to.equal(initial.rank(who));
        }
        expect(world.keys('a.example')).to.deep.equal(initial.keys('a.example'));
      },
      250,
    );
    expect(stood, 'some of it is accepted, else nothing was tested').to.be.greaterThan(100);
  });

  it('gives anybody a role but by a grant that stands, or bits and ranks that were never given', () => {
    holds(
      sequences(EVERYBODY),
      (sequence) => {
        const { world } = played(sequence);
        const voids = new Set(world.voids('g'));
        for (const who of EVERYBODY.filter((one) => one !== olga)) {
          const grant = world.holder('m.guild.member_roles', who.id);
          if (world.roles(who).length > 0)
            expect(voids.has(grant as string), `${who.id} holds roles by ${grant}, which is void`).to.equal(false);
          const after = world.accepted('g').filter((name) => name.startsWith('x') || name === 'eve_g');
          const given = after.reduce((bits, name) => bits | world.bits(who, [name]), 0n);
          const unseen = world.bits(who) & ~given;
          const highest = Math.max(...after.map((name) => world.rank(who, [name])));
          const granter = EVERYBODY.find((one) => grant !== undefined && world.record(grant).event.sender === one.id);
          // A role and its grant may have been changed at once: then the granter held what came together.
          const granters =
            granter === undefined ? 0n : world.bits(granter) | world.bits(granter, world.events.find((one) => one.id === grant)?.prev);
          expect(unseen & ~granters, `bits of ${who.id}`).to.equal(0n);
          if (world.rank(who) > highest) expect(world.record(grant as string).rank, `rank of ${who.id}`).to.be.greaterThan(world.rank(who));
        }
      },
      60,
    );
  });
});
