import { expect } from 'chai';
import fc from 'fast-check';
import { lastOf } from '../../src/dag/region.ts';
import { buildEvent } from '../../src/event/build-event.ts';
import { checkCopy } from '../../src/event/check-copy.ts';
import type { RoomEvent, UnverifiedCopy } from '../../src/event/types.ts';
import type { Ask, Received, StoredEvent } from '../../src/room/types.ts';
import { NO_VOIDS } from '../../src/room/void-delta.ts';
import { utf8Compare } from '../../src/json/utf8-order.ts';
import { make } from '../auth/small-room.ts';
import { A, baseGuild, OLGA } from './base-guild.ts';
import { type MemoryHost, signer, VERSION } from './memory-host.ts';

interface Dag {
  readonly stored: Map<string, StoredEvent>;
  readonly pasts: Map<string, ReadonlySet<string>>;
}

/** Event `n` cites those of the numbers that lie before it. */
function dagOf(cites: readonly (readonly number[])[]): Dag {
  const stored = new Map<string, StoredEvent>();
  const pasts = new Map<string, ReadonlySet<string>>();
  for (const [n, numbers] of cites.entries()) {
    const prev = n === 0 ? [] : [...new Set(numbers.map((one) => `$${one % n}`))];
    const event = make({ type: 'm', sender: '@a:a.example', event_id: `$${n}`, prev_events: prev });
    const depth = Math.max(-1, ...prev.map((id) => (stored.get(id) as StoredEvent).depth)) + 1;
    stored.set(event.event_id, {
      ...{ event, verdict: 'accepted', fault: null, soft_failed: false, rank: 0, depth },
      ...{ void_delta: NO_VOIDS, state_base: null, state_delta: [] },
    });
    pasts.set(event.event_id, new Set(prev.flatMap((id) => [id, ...(pasts.get(id) as ReadonlySet<string>)])));
  }
  return { stored, pasts };
}

/** A guild of which server a has many events in a row, and what it replays for another. */
class LongGuild {
  readonly host: MemoryHost;
  readonly events: RoomEvent[] = [];
  readonly guild: string;

  constructor(length: number) {
    const { a, guild } = baseGuild();
    this.host = a;
    this.guild = guild;
    for (let i = 0; i < length; i++) this.events.push(this.#rules(i));
  }

  get last(): RoomEvent {
    return this.events.at(-1) as RoomEvent;
  }

  /** An event after any others, by the keys of server a. */
  after(...prev: readonly RoomEvent[]): RoomEvent {
    const fields = {
      ...{ type: 'm.guild.meta', sender: OLGA, state_key: '', content: { name: 'x' } },
      room_id: this.guild,
      origin_ts: 9_999,
    };
    const ids = prev.map(({ event_id }) => event_id).sort(utf8Compare);
    return buildEvent({ ...fields, prev_events: ids, auth_events: this.last.auth_events }, VERSION, [signer(`${A}/k1`)]);
  }

  /** What became of an event if no more than so many may be replayed. */
  receive(event: RoomEvent, maxReplayed: number): string {
    const checked = checkCopy(event.pdu, VERSION);
    if (!checked.ok) throw new Error(checked.detail);
    const copy: UnverifiedCopy = checked.value;
    const room = this.host.room(this.guild);
    const answer = this.host.serve(room, (): Ask<Received | number> => {
      const asked = room.receive(copy, { maxReplayed });
      return asked.needs?.replays === undefined ? asked : { needs: null, value: asked.needs.replays };
    });
    return typeof answer === 'number'
      ? 'replays more'
      : answer.outcome.kind === 'rejected'
        ? answer.outcome.fault.detail
        : answer.outcome.kind;
  }

  #rules(i: number): RoomEvent {
    return this.host.add(this.guild, OLGA, 'm.guild.meta', { name: String(i) }, '');
  }
}

describe('heads of which one is in the past of another', () => {
  it('are the last of them, in any graph', () => {
    fc.assert(
      fc.property(
        fc.array(fc.array(fc.nat(), { minLength: 1, maxLength: 3 }), { minLength: 2, maxLength: 30 }),
        fc.array(fc.nat(), { minLength: 1, maxLength: 5 }),
        (cites, picks) => {
          const { stored, pasts } = dagOf(cites);
          const heads = [...new Set(picks.map((n) => `$${n % cites.length}`))];
          const source = { all: (ids: readonly string[]) => ids.map((id) => stored.get(id) as StoredEvent) };
          const expected = heads.filter((id) => !heads.some((other) => pasts.get(other)?.has(id)));
          expect(lastOf(heads, source)).to.deep.equal(expected);
        },
      ),
      { numRuns: 2_000 },
    );
  });

  it('replay nothing, however old the older one is', () => {
    const guild = new LongGuild(300);
    const event = guild.after(guild.events[0] as RoomEvent, guild.last);
    expect(guild.receive(event, 25)).to.equal('accepted');
    const room = guild.host.room(guild.guild);
    const after = (heads: RoomEvent[]) => [
      ...guild.host.serve(room, () => room.stateAfter(heads.map(({ event_id }) => event_id))).entries(),
    ];
    expect(after([guild.events[0] as RoomEvent, guild.last])).to.deep.equal(after([guild.last]));
    expect(after([guild.last, guild.last])).to.deep.equal(after([guild.last]));
  });

  it('replay what is concurrent, and not what lies before it', () => {
    const guild = new LongGuild(300);
    const fork = guild.after(guild.events.at(-4) as RoomEvent);
    expect(guild.receive(fork, 5)).to.equal('accepted');
    const event = guild.after(guild.events[0] as RoomEvent, fork, guild.last);
    expect(guild.receive(event, 25)).to.equal('accepted');
  });

  it('are walked through at a price: what lies very far back is put off like a replay', () => {
    const guild = new LongGuild(300);
    const event = guild.after(guild.events[0] as RoomEvent, guild.last);
    expect(guild.receive(event, 15)).to.equal('replays more');
    expect(guild.receive(event, Infinity)).to.equal('accepted');
  });
});
