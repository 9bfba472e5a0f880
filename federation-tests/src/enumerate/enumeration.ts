import { authSelection, buildEvent, type JsonObject, NATIVE_VERSION, type RoomEvent, roomVersion, type StoredEvent } from '@openguild/core';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import type { Judged } from '../model/resolution.ts';
import { Keyring } from '../sim/keyring.ts';
import { type Act, BaseGuild, type Deed, type Lookup } from './base-guild.ts';
import { brokenInvariants, headsOf } from './invariants.ts';
import { SmallRoom } from './small-room.ts';

export interface EnumerationOptions {
  /** The most events after the base. */
  readonly events: number;
  /** The n-th (from 0) of so many parts of the worlds of two events and more. */
  readonly part: number;
  readonly parts: number;
  /** Asked now and then: time to stop? */
  readonly enough: () => boolean;
}

export interface EnumerationResult {
  /** Number of events after the base -> worlds. */
  readonly worlds: ReadonlyMap<number, number>;
  readonly rejected: ReadonlyMap<number, number>;
  /** Deliveries of whole worlds. */
  readonly orders: number;
  readonly complete: boolean;
  readonly violations: readonly { readonly fault: string; readonly story: readonly string[]; readonly pdus: readonly JsonObject[] }[];
}

/** A world: the base and some events after it, in the order of making. */
interface World {
  readonly story: readonly string[];
  readonly made: readonly RoomEvent[];
  readonly room: SmallRoom;
  readonly model: Model;
}

const FIRST_TS = 1_000;

/**
 * Every world of up to N events after the base guild, each at every position (after the base, or after any set of concurrent ones), depth first; a
 * rejected event ends its branch. Each world is delivered in every order in which what is cited comes first, and judged by the engine and the model.
 */
export class Enumeration {
  readonly #options: EnumerationOptions;
  readonly #keyring = new Keyring(false);
  readonly #guild = new BaseGuild(this.#keyring);
  readonly #acts: readonly Act[] = this.#guild.acts;
  readonly #worlds = new Map<number, number>();
  readonly #rejected = new Map<number, number>();
  readonly #violations: { fault: string; story: readonly string[]; pdus: readonly JsonObject[] }[] = [];
  #orders = 0;
  #turn = -1;
  #complete = true;
  #base: World | undefined;

  constructor(options: EnumerationOptions) {
    this.#options = options;
  }

  run(): EnumerationResult {
    const base = this.#makeBase();
    this.#base = base;
    this.#grow({ ...base, story: [], made: [] });
    return { worlds: this.#worlds, rejected: this.#rejected, orders: this.#orders, complete: this.#complete, violations: this.#violations };
  }

  #makeBase(): World {
    const version = roomVersion(NATIVE_VERSION);
    if (version === undefined) throw new Error('the native version is unknown');
    const { create } = this.#guild;
    const first = buildEvent(
      {
        type: create.type,
        sender: create.sender,
        state_key: '',
        content: create.content,
        origin_ts: FIRST_TS,
        prev_events: [],
        auth_events: [],
      },
      version,
      create.signers,
    );
    const snapshot = { room_id: first.room_id, room_version: version.id, kind: 'guild', guild_id: null, extremities: [] } as const;
    const room = new SmallRoom(new Map(), snapshot, (check) => this.#keyring.verify(check));
    let world: World = { story: [], made: [], room, model: new Model() };
    this.#enter(world, first);
    world = { ...world, made: [first] };
    for (const act of this.#guild.base) {
      const [last] = world.made.slice(-1) as [RoomEvent];
      const event = this.#build(world, act, [last.event_id], world.made.length);
      if (this.#enter(world, event) !== null) throw new Error(`the base is rejected: ${act.name}`);
      world = { ...world, made: [...world.made, event] };
    }
    return world;
  }

  #grow(world: World): void {
    for (const prev of this.#positions(world)) {
      for (const act of this.#acts) {
        if (world.made.length === 1) {
          this.#turn += 1;
          if (this.#turn % this.#options.parts !== this.#options.part) continue;
        }
        if (!this.#complete || this.#options.enough()) {
          this.#complete = false;
          return;
        }
        this.#step(world, prev, act);
      }
    }
  }

  #step(world: World, prev: readonly string[], act: Act): void {
    const next: World = { ...world, room: this.#fork(world.room), model: world.model.fork() };
    const size = world.made.length + 1;
    const event = this.#build(world, act, prev, (this.#base?.made.length ?? 0) + world.made.length);
    if (this.#enter(next, event) !== null) {
      this.#rejected.set(size, (this.#rejected.get(size) ?? 0) + 1);
      return;
    }
    const places = prev.map((id) => world.made.findIndex((one) => one.event_id === id)).map((i) => (i < 0 ? 'base' : `e${i}`));
    const grown: World = {
      ...next,
      made: [...world.made, event],
      story: [...world.story, `e${size - 1}: ${act.name} after ${places.join(',')}`],
    };
    if (size > 1 || this.#options.part === 0) this.#judge(grown);
    if (size < this.#options.events) this.#grow(grown);
  }

  /** The base's end, or any set of new events of which none is in another's past. */
  *#positions({ made, model }: World): Generator<readonly string[]> {
    const [end] = this.#base?.made.slice(-1) ?? [];
    yield [end?.event_id ?? ''];
    for (let set = 1; set < 2 ** made.length; set++) {
      const some = made.filter((_event, i) => (set & (1 << i)) !== 0).map((event) => event.event_id);
      if (some.every((a) => some.every((b) => !(model.records.get(a) as Judged).past.has(b)))) yield some;
    }
  }

  #build(world: World, act: Act, prev: readonly string[], tick: number): RoomEvent {
    const { room } = world.room;
    const at = (type: string, stateKey: string): RoomEvent | undefined => {
      const id = world.room.ask(() => room.stateAfter(prev)).get(type, stateKey);
      return id === undefined ? undefined : world.room.events.get(id)?.event;
    };
    const deed = act.deed(at satisfies Lookup, room.room_id);
    const fields = {
      type: deed.type,
      sender: deed.sender,
      state_key: deed.stateKey,
      content: deed.content,
      room_id: room.room_id,
      origin_ts: FIRST_TS + tick,
      prev_events: prev,
    };
    const sketch = buildEvent({ ...fields, auth_events: [] }, room.version, deed.signers satisfies Deed['signers']);
    const auth = world.room.ask(() => room.judgeAt(prev, (view) => authSelection(sketch, view, 'guild')));
    return buildEvent({ ...fields, auth_events: auth }, room.version, deed.signers);
  }

  /** Engine and model take the event; the rule that rejects it, or null. */
  #enter(world: World, event: RoomEvent): string | null {
    world.room.receive(event.pdu);
    const stored = world.room.events.get(event.event_id);
    const fault = world.model.receive(modelEvent(event, NATIVE_VERSION, (check) => this.#keyring.verify(check)));
    const engine = stored?.verdict === 'accepted' ? null : (stored?.fault?.rule ?? 'not stored');
    if (fault !== engine)
      this.#violated(`model: the engine says ${engine ?? 'accepted'} of ${event.type}, the model ${fault ?? 'accepted'}`, world, event);
    return engine;
  }

  #fork(room: SmallRoom): SmallRoom {
    return new SmallRoom(room.events, room.room.snapshot(), (check) => this.#keyring.verify(check));
  }

  #judge(world: World): void {
    const size = world.made.length;
    this.#worlds.set(size, (this.#worlds.get(size) ?? 0) + 1);
    const base = this.#base as World;
    const end = (base.made.at(-1) as RoomEvent).event_id;
    const fresh = world.made.map((event) => event.event_id);
    const roomId = world.room.room.room_id;
    for (const fault of brokenInvariants(world.model, roomId, end, fresh)) this.#violated(fault, world);
    const heads = headsOf(
      fresh,
      fresh.map((id) => world.model.records.get(id) as Judged),
      end,
    );
    const expected = this.#modelSays(world, heads);
    for (const order of orders(world.made)) {
      this.#orders += 1;
      const room = this.#fork(base.room);
      for (const event of order) room.receive(event.pdu);
      const found = this.#engineSays(room, world, heads);
      if (found !== expected)
        this.#violated(
          `delivery: in the order ${order.map((event) => `e${world.made.indexOf(event)}`).join(' ')}\n${found}\nagainst\n${expected}`,
          world,
        );
    }
    if (heads.length === 3) this.#mergeInSteps(world, heads, expected);
  }

  #modelSays(world: World, heads: readonly string[]): string {
    const { state, void: voided } = world.model.at(world.room.room.room_id, heads);
    const events = world.made.map(({ event_id }) => {
      const { rank, voidBefore } = world.model.records.get(event_id) as Judged;
      return `${event_id} ${rank} ${sorted(voidBefore)}`;
    });
    return [...events, `void ${sorted(voided.keys())}`, sorted([...state].map(([key, id]) => `${key.replace('\n', ' ')} ${id}`))].join(
      '\n',
    );
  }

  #engineSays(room: SmallRoom, world: World, heads: readonly string[]): string {
    const state = room.ask(() => room.room.stateAfter(heads));
    const voided = room.ask(() => room.room.voidAt(heads));
    const events = world.made.map(({ event_id }) => {
      const { rank, void_before } = room.events.get(event_id) as StoredEvent;
      return `${event_id} ${rank} ${sorted(void_before)}`;
    });
    return [...events, `void ${sorted(voided)}`, sorted([...state.entries()].map((entry) => entry.join(' ')))].join('\n');
  }

  /** An empty merge of two of three heads first changes nothing. */
  #mergeInSteps(world: World, heads: readonly string[], expected: string): void {
    for (const last of heads) {
      const two = heads.filter((id) => id !== last);
      const room = this.#fork(world.room);
      const { version, room_id } = room.room;
      const merge = { type: 'm.room.merge', sender: '@:a.example', content: {}, room_id, origin_ts: FIRST_TS + 999, prev_events: two };
      const signers = [this.#keyring.signer('a.example/k0')];
      const sketch = buildEvent({ ...merge, auth_events: [] }, version, signers);
      const auth = room.ask(() => room.room.judgeAt(two, (view) => authSelection(sketch, view, 'guild')));
      const event = buildEvent({ ...merge, auth_events: auth }, version, signers);
      room.receive(event.pdu);
      const found = this.#engineSays(room, world, [event.event_id, last]);
      if (found !== expected)
        this.#violated(`merge-order: all but e${world.made.findIndex((one) => one.event_id === last)} merged first`, world);
    }
  }

  #violated(fault: string, world: World, event?: RoomEvent): void {
    const made = [...(this.#base?.made ?? []), ...world.made, ...(event === undefined ? [] : [event])];
    if (this.#violations.length < 100) this.#violations.push({ fault, story: world.story, pdus: made.map((one) => one.pdu) });
  }
}

/** Every order in which what an event cites comes before it. */
export function* orders(events: readonly RoomEvent[]): Generator<readonly RoomEvent[]> {
  if (events.length === 0) yield [];
  for (const last of events) {
    if (events.some((other) => other.prev_events.includes(last.event_id))) continue;
    for (const rest of orders(events.filter((event) => event !== last))) yield [...rest, last];
  }
}

function sorted(texts: Iterable<string>): string {
  return [...texts].sort((a, b) => (a < b ? -1 : 1)).join(' ');
}
