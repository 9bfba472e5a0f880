import type { JsonObject, RoomEvent } from '@openguild/core';
import { expect } from 'chai';
import type { Rooms } from '../../src/services/rooms.ts';
import { StateEdits } from '../../src/services/state-edit.ts';

/** As much of a room as an edit touches: a chain of values, and others who write in between. */
class OneEntry {
  readonly events: RoomEvent[] = [];
  /** Written by somebody else just before our next event. */
  readonly between: JsonObject[] = [];
  readonly rooms = {
    judge: async () => this.events.at(-1),
    events: async (_room: string, ids: readonly string[]) => this.events.filter((event) => ids.includes(event.event_id)),
    send: async (_room: string, draft: { content: JsonObject }) => {
      const other = this.between.shift();
      if (other !== undefined) this.write(other);
      return { event: this.write(draft.content), position: this.events.length };
    },
  } as unknown as Rooms;

  write(content: JsonObject): RoomEvent {
    const auth_events = this.events.slice(-1).map((event) => event.event_id);
    const event = { event_id: `$${this.events.length}`, type: 't', state_key: '', content, auth_events } as unknown as RoomEvent;
    this.events.push(event);
    return event;
  }
}

const ENTRY = { roomId: '!r', type: 't', stateKey: '' };

describe('host: state edits', () => {
  it('makes the first value, and changes on top of the present one', async () => {
    const entry = new OneEntry();
    const edits = new StateEdits(entry.rooms);
    await edits.change(ENTRY, '@a:a', (now) => ({ ...now, one: 1 }));
    await edits.change(ENTRY, '@a:a', (now) => ({ ...now, two: 2 }));
    expect(entry.events.map((event) => event.content)).to.deep.equal([{ one: 1 }, { one: 1, two: 2 }]);
  });

  it('loses neither of two edits when one from elsewhere comes in between', async () => {
    const entry = new OneEntry();
    const edits = new StateEdits(entry.rooms);
    entry.write({ base: 0 });
    entry.between.push({ base: 0, theirs: 1 });
    await edits.change(ENTRY, '@a:a', (now) => ({ ...now, mine: 2 }));
    expect(entry.events.at(-1)?.content).to.deep.equal({ base: 0, theirs: 1, mine: 2 });
    entry.between.push({ theirs: 3 }, { theirs: 4 });
    await edits.change(ENTRY, '@a:a', (now) => ({ ...now, more: 5 }));
    expect(entry.events.at(-1)?.content).to.deep.equal({ theirs: 4, more: 5 });
  });

  it('gives up following somebody who never stops', async () => {
    const entry = new OneEntry();
    const edits = new StateEdits(entry.rooms);
    for (let i = 0; i < 100; i++) entry.between.push({ theirs: i });
    await edits.change(ENTRY, '@a:a', (now) => ({ ...now, mine: 1 }));
    expect(entry.between.length).to.equal(95);
  });
});
