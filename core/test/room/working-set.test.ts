import { expect } from 'chai';
import type { StateChange } from '../../src/room/types.ts';
import { NO_VOIDS } from '../../src/room/void-delta.ts';
import { WorkingSet } from '../../src/room/working-set.ts';
import { StateMap } from '../../src/state/state-map.ts';
import { GUILD, make, user } from '../auth/small-room.ts';

/** A working set after so many steps, of which each brought one event, in a room whose state has so many entries; and the most that it held between two. */
function after(steps: number, entries: number): { workingSet: WorkingSet; most: number } {
  const workingSet = new WorkingSet(GUILD);
  const state = StateMap.EMPTY.with(
    Array.from({ length: entries }, (_, i): StateChange => ['m.room.member', `@m${i}:a.example`, `$m${i}`]),
  );
  let most = 0;
  let since = 0;
  for (let i = 0; i < steps; i++) {
    const event = make({ type: 'm.room.message', sender: user('olga'), event_id: `$${i}`, prev_events: [`$${i - 1}`] });
    const stored = { event, verdict: 'accepted', fault: null, soft_failed: false, rank: 0, depth: i } as const;
    workingSet.put({ ...stored, void_delta: NO_VOIDS, state_base: null, state_delta: [] });
    workingSet.setStateAfter(event.event_id, state);
    workingSet.trim([event.event_id]);
    if (workingSet.peek(`$${since}`) === undefined) since = i;
    most = Math.max(most, i - since + 1);
  }
  return { workingSet, most };
}

describe('the working set of a room', () => {
  it('holds 4,000 records and no more between two steps, and always those that the next step follows', () => {
    const { workingSet, most } = after(9_000, 3);
    expect(most).to.equal(4_000);
    expect(workingSet.peek('$8999')?.depth).to.equal(8_999);
    expect(workingSet.stateAfter('$8999').size).to.equal(3);
    expect(workingSet.peek('$0')).to.equal(undefined);
  });

  it('holds more where the state has more entries, which are read as a whole, up to 20,000', () => {
    expect(after(11_000, 2_500).most).to.equal(5_000);
    expect(after(30_000, 15_000).most).to.equal(20_000);
  });
});
