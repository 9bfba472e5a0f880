import { expect } from 'chai';
import fc from 'fast-check';
import { type Act, deliver, GuildWorld, Replica } from '../src/index.ts';

const KINDS: readonly Act['kind'][] = [
  'kick',
  'ban',
  'unban',
  'rejoin',
  'grant',
  'roles',
  'meta',
  'overwrite',
  'list',
  'join_rule',
  'invite',
  'leave',
  'message',
  'topic',
  'merge',
  'admit',
  'keys',
  'grant',
  'roles',
  'ban',
  'message',
  'sync',
  'sync',
  'sync',
  'sync',
  'sync',
];

const RUNS = Number(process.env['OPENGUILD_RUNS'] ?? 30);
const SEED = Number(process.env['OPENGUILD_SEED'] ?? Math.floor(Math.random() * 2 ** 31));

const act = fc.record({
  kind: fc.constantFrom(...KINDS),
  by: fc.nat({ max: 59 }),
  on: fc.nat({ max: 59 }),
  what: fc.nat({ max: 59 }),
});

/** What a server makes of every event, whatever it shows to people: verdicts, and the state after each. Soft-failure is left out: it depends on arrival by design. */
function judgement(replica: Replica, world: GuildWorld): string[] {
  return world.made.map((event) => {
    const stored = replica.stored(event);
    if (stored === undefined) return `${event.event_id} never judged`;
    if (stored.verdict === 'rejected') return `${event.event_id} rejected`;
    return `${event.event_id} rank ${stored.rank} depth ${stored.depth}\n${replica.stateAfter(event.room_id, [event.event_id])}`;
  });
}

/** The same permutation for the same numbers. */
function shuffled<T>(list: readonly T[], keys: readonly number[]): T[] {
  return list
    .map((item, i) => ({ item, key: keys[i % keys.length] ?? 0, i }))
    .sort((x, y) => x.key - y.key || x.i - y.i)
    .map(({ item }) => item);
}

describe(`convergence in memory (OPENGUILD_SEED=${SEED} replays)`, function () {
  this.timeout(300_000);

  it('any order and duplication of delivery gives the same verdict on, and the same state after, every event', () => {
    fc.assert(
      fc.property(
        fc.array(act, { minLength: 10, maxLength: 40 }),
        fc.array(fc.nat({ max: 1_000_000 }), { minLength: 80, maxLength: 80 }),
        fc.array(fc.nat({ max: 1_000_000 }), { minLength: 80, maxLength: 80 }),
        (acts, order, doubles) => {
          const world = new GuildWorld();
          for (const one of acts) world.perform(one);
          const straight = new Replica('straight.example');
          expect(
            deliver(
              straight,
              world.made.map((event) => event.pdu),
            ),
          ).to.equal(0);
          const expected = judgement(straight, world);
          const crooked = new Replica('crooked.example');
          const copies = [...world.made, ...shuffled(world.made, doubles).slice(0, 20)].map((event) => event.pdu);
          expect(deliver(crooked, shuffled(copies, order))).to.equal(0);
          expect(judgement(crooked, world)).to.deep.equal(expected);
          // The three that made the history agree as well, once each has heard everything.
          world.syncAll();
          world.syncAll();
          for (const [server, replica] of world.replicas) expect(judgement(replica, world), server).to.deep.equal(expected);
        },
      ),
      { numRuns: RUNS, seed: SEED },
    );
  });

  it('merging in steps or at once gives the same state', () => {
    fc.assert(
      fc.property(fc.array(act, { minLength: 5, maxLength: 20 }), (acts) => {
        const world = new GuildWorld();
        for (const one of acts) world.perform(one);
        const replica = new Replica('straight.example');
        deliver(
          replica,
          world.made.map((event) => event.pdu),
        );
        const accepted = world.made.filter((event) => event.room_id === world.guild && replica.stored(event)?.verdict === 'accepted');
        const cited = new Set(accepted.flatMap((event) => event.prev_events));
        const heads = accepted.map((event) => event.event_id).filter((id) => !cited.has(id));
        const all = replica.stateAfter(world.guild, heads);
        // What is in the past of another changes nothing, nor does the order of naming.
        expect(replica.stateAfter(world.guild, [...heads].reverse())).to.equal(all);
        expect(
          replica.stateAfter(
            world.guild,
            accepted.map((event) => event.event_id),
          ),
        ).to.equal(all);
      }),
      { numRuns: RUNS, seed: SEED },
    );
  });
});
