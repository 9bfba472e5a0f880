import type { Node } from '@openguild/state-resolution';
import { expect } from 'chai';
import { authorize } from '../../src/auth/authorize.ts';
import { authSelection, MAX_AUTH_EVENTS } from '../../src/auth/auth-selection.ts';
import { RULES } from '../../src/auth/rule-ids.ts';
import type { RoomEvent } from '../../src/event/types.ts';
import { readHistories } from './history-file.ts';
import { differences, ReplayWorld } from './history-harness.ts';

/** OPENGUILD_HISTORIES=20 replays every twentieth history; by default all 2,000. */
const EVERY = Number(process.env['OPENGUILD_HISTORIES'] ?? 1);

describe('the reference histories', () => {
  it('have their recorded verdicts, rules, states and void events; auth events are always among the selection', async function () {
    this.timeout(120_000);
    const found: string[] = [];
    let histories = 0;
    let longest = 0;
    for await (const history of readHistories(EVERY)) {
      const world = new ReplayWorld(history.rooms);
      world.onAccepted = (event, view, kind) => {
        if (kind === 'channel') return;
        const selection = authSelection(event, view(), kind);
        longest = Math.max(longest, selection.length);
        const read = view();
        authorize(event, read, { kind, proofValid: true });
        for (const entry of read.reads()) {
          if (entry.event !== undefined && !selection.includes(entry.event.event_id))
            found.push(`${history.id}: ${event.event_id} reads ${entry.event.event_id}`);
        }
      };
      found.push(...differences(history, world));
      histories++;
    }
    expect(found.slice(0, 5)).to.deep.equal([]);
    expect(histories).to.be.greaterThanOrEqual(Math.floor(2000 / EVERY));
    expect(longest).to.be.within(9, MAX_AUTH_EVENTS);
  });

  it('after each event resolution of its whole past gives the state before it with the event put in (RES-1)', async () => {
    let compared = 0;
    for await (const history of readHistories(40)) {
      const world = new ReplayWorld(history.rooms);
      for (const event of history.events) {
        const { rule, kind, room } = world.receive(event);
        if (rule !== null || kind === 'channel') continue;
        const [whole, after] = [world.resolvedSet(room, world.past([event.id])), world.resolved(room, [event.id])];
        const name = `${history.id}: ${event.id}`;
        expect(Object.fromEntries(whole.state), name).to.deep.equal(Object.fromEntries(after.state));
        expect([...whole.void], name).to.have.members([...after.void]);
        compared++;
      }
    }
    expect(compared).to.be.greaterThan(500);
  });

  it('would show a resolution that ignores rank', async () => {
    class Flat extends ReplayWorld {
      override region(ids: Iterable<string>): Node<RoomEvent>[] {
        return super.region(ids).map((node) => ({ ...node, rank: 0 }));
      }
    }
    let differ = 0;
    for await (const history of readHistories(40)) differ += differences(history, new Flat(history.rooms)).length > 0 ? 1 : 0;
    expect(differ).to.be.greaterThan(10);
  });

  it('break nearly every rule that abstract events can break', async () => {
    const broken = new Set<string>();
    for await (const history of readHistories(1))
      for (const { rule } of Object.values(history.expect)) if (rule !== undefined) broken.add(rule.replaceAll('-', '_'));
    expect([...broken].filter((name) => !(name in RULES))).to.deep.equal([]);
    expect(broken.size).to.be.greaterThan(30);
  });
});
