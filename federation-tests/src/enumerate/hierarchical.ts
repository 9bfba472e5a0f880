import { checkCopy, NATIVE_VERSION, type RoomEvent, type StoredEvent, type UnverifiedCopy, voidsBy } from '@openguild/core';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import type { Judged } from '../model/resolution.ts';
import { selection } from '../model/selection.ts';
import { Keyring } from '../sim/environment/keyring.ts';
import { type Act, BaseGuild } from './base-guild.ts';
import { answered, Deliveries, type Delivered, type Station } from './deliveries.ts';
import { EventMaker, sketchOf } from './event-maker.ts';
import { brokenInvariants } from './invariants.ts';
import { SmallRoom } from './small-room.ts';
import { headsOf, idsOf, type Subject, type World } from './world.ts';

/** What is known of one world: copies in the order of making, the model after them, and the stores that each set of them led to. */
export interface Knowledge {
  readonly copies: readonly UnverifiedCopy[];
  readonly model: Model;
  /** Set of events -> every different store that some order of delivering it leads to. */
  readonly stations: ReadonlyMap<number, readonly Station[]>;
  /** The deliveries that completed the world. */
  readonly last: readonly Delivered[];
  readonly faults: readonly string[];
}

const SERVER = 'a.example';
const MAX_MERGES = 20_000;
/** Of worlds of three events and more one in so many is judged again from the create event on. */
const FROM_THE_WHOLE = 16;

/** The engine on real events, in every order of delivery, with the model beside it. */
export class Hierarchical implements Subject<Knowledge> {
  readonly acts: readonly Act[];
  readonly baseEnd: string;
  readonly base: Knowledge;
  readonly deliveries: Deliveries;
  /** Events of the base, in order. */
  readonly made: readonly RoomEvent[];
  readonly #keyring = new Keyring(false);
  readonly #maker = new EventMaker(NATIVE_VERSION);
  readonly #roomId: string;
  /** The model that has judged everything from the create event on. */
  readonly #whole: Model;
  readonly #largest: number;
  readonly #merges = new Map<string, StoredEvent>();
  #judged = 0;

  /** `largest`: the most events of a world. `only`: names of the acts to try, if not all. */
  constructor(largest: number, only?: readonly string[]) {
    this.#largest = largest;
    const guild = new BaseGuild(this.#keyring);
    this.acts = guild.actsOf(only);
    const { made, model, room } = this.#makeBase(guild);
    this.made = made;
    this.#roomId = room.room.room_id;
    this.baseEnd = (made.at(-1) as RoomEvent).event_id;
    this.#whole = model;
    const stored = made.map(({ event_id }) => room.events.get(event_id) as StoredEvent);
    this.deliveries = new Deliveries(room.room.snapshot(), stored, (check) => this.#keyring.verify(check));
    const settled = model.settle(this.#roomId, this.baseEnd);
    this.base = { copies: [], model: settled, stations: new Map([[0, [this.deliveries.empty]]]), last: [], faults: [] };
  }

  add(known: Knowledge, world: World, act: Act, prev: readonly string[]): { readonly id: string; readonly knowledge: Knowledge } | null {
    const event = this.#maker.actAt(known.model, act, this.#roomId, { prev, tick: this.made.length + world.ids.length });
    const copy = this.#copy(event);
    const model = known.model.fork();
    const fault = model.receive(modelEvent(event, (check) => this.#keyring.verify(check)));
    const full = (1 << world.ids.length) - 1;
    const again = world.ids.length + 1 < this.#largest;
    const faults: string[] = [];
    const after = (known.stations.get(full) ?? []).map((station) => this.deliveries.deliver(station, copy, again));
    for (const { rejectedBy } of after)
      if (rejectedBy !== fault)
        faults.push(`model: the engine says ${rejectedBy ?? 'accepted'} of ${act.name}, the model ${fault ?? 'accepted'}`);
    if (fault !== null && faults.length === 0) return null;
    const copies = [...known.copies, copy];
    const { stations, last } = this.#deliverEverywhere(known, world, copies, prev, again, after);
    return { id: event.event_id, knowledge: { copies, model, stations, last, faults } };
  }

  faults(known: Knowledge, world: World): readonly string[] {
    const { model, last } = known;
    const heads = idsOf(headsOf(world), world).sort(ascii);
    const found = [...known.faults];
    // What a store of the same name holds was looked at already.
    const looked = new Set<string>();
    for (const { room, station } of last) {
      if (looked.has(station.name)) continue;
      looked.add(station.name);
      const wrong = this.#difference(room, station, model, world, heads);
      if (wrong !== null) found.push(`delivery: ${wrong}`);
    }
    found.push(...brokenInvariants(model, this.#roomId, this.baseEnd, world.ids), ...this.#fromTheWhole(known, world, heads));
    if (heads.length >= 3) found.push(...this.#mergedInSteps(known, world, heads));
    return found;
  }

  /** A world's events, for a history file. */
  pdus(known: Knowledge): readonly RoomEvent['pdu'][] {
    return [...this.made, ...known.copies.map((copy) => copy.event)].map((event) => event.pdu);
  }

  /** From every store that a set without the new event led to, and then whatever else comes after it. */
  #deliverEverywhere(
    known: Knowledge,
    world: World,
    copies: readonly UnverifiedCopy[],
    prev: readonly string[],
    again: boolean,
    newestLast: readonly Delivered[],
  ): { readonly stations: ReadonlyMap<number, readonly Station[]>; readonly last: readonly Delivered[] } {
    const n = world.ids.length;
    const position = world.ids.reduce((set, id, i) => (prev.includes(id) ? set | (1 << i) : set), 0);
    const pasts = [...world.pasts, world.pasts.reduce((all, one, i) => ((position & (1 << i)) === 0 ? all : all | one), position)];
    const full = (1 << (n + 1)) - 1;
    const stations = new Map(known.stations);
    let last: Delivered[] = [];
    for (let set = 1 << n; set <= full; set++) {
      const here = new Map<string, Delivered>();
      for (let e = 0; e <= n; e++) {
        const bit = 1 << e;
        if ((set & bit) === 0 || ((pasts[e] as number) & ~set) !== 0) continue;
        if (pasts.some((past, other) => (set & (1 << other)) !== 0 && (past & bit) !== 0)) continue;
        for (const [i, station] of (stations.get(set & ~bit) ?? []).entries()) {
          const done = set === full && e === n ? newestLast[i] : undefined;
          const delivered = done ?? this.deliveries.deliver(station, copies[e] as UnverifiedCopy, again || set !== full);
          here.set(set === full ? `${e} ${station.name}` : delivered.station.name, delivered);
        }
      }
      if (here.size === 0) continue;
      if (set === full) last = [...here.values()];
      stations.set(set, [...new Map([...here.values()].map(({ station }) => [station.name, station])).values()]);
    }
    return { stations, last };
  }

  /** Where engine and model part, after one order of delivery. */
  #difference(room: Delivered['room'], station: Station, model: Model, world: World, heads: readonly string[]): string | null {
    for (const [n, id] of world.ids.entries()) {
      const { rank, voidBefore, fault } = model.records.get(id) as Judged;
      const stored = station.stored.get(id);
      const ruled = stored?.verdict === 'rejected' ? stored.fault?.rule : null;
      if (ruled !== fault) return `e${n} is ${ruled ?? 'accepted'}, by the model ${fault ?? 'accepted'}`;
      if (stored?.rank !== rank) return `e${n} ranks ${stored?.rank}, by the model ${rank}`;
      const kept = [...voidsBy(stored.void_delta, (one) => station.stored.get(one) as StoredEvent)];
      if (!sameSet(kept, voidBefore)) return `before e${n} these are void: ${kept.join(' ')}; by the model ${[...voidBefore].join(' ')}`;
    }
    const expected = model.at(this.#roomId, heads);
    const state = answered(room.stateAfter(heads));
    let entries = 0;
    for (const [type, stateKey, id] of state.entries()) {
      entries += 1;
      const own = expected.state.get(`${type}\n${stateKey}`);
      if (own !== id) return `${type} ${stateKey} is ${id}, by the model ${own ?? 'nothing'}`;
    }
    if (entries !== expected.state.size) return `the state has ${entries} entries, by the model ${expected.state.size}`;
    const voided = answered(room.voidAt(heads));
    return sameSet([...voided], new Set(expected.void.keys()))
      ? null
      : `void: ${[...voided].join(' ')}; by the model ${[...expected.void.keys()].join(' ')}`;
  }

  /** The model that has forgotten what was settled says what the model says that judges everything from the create event on. */
  #fromTheWhole({ model, copies }: Knowledge, world: World, heads: readonly string[]): string[] {
    if (world.ids.length > 2 && this.#judged++ % FROM_THE_WHOLE !== 0) return [];
    const whole = this.#whole.fork();
    for (const { event } of copies) whole.receive(modelEvent(event, (check) => this.#keyring.verify(check)));
    const [all, short] = [whole.resolved(this.#roomId, heads), model.at(this.#roomId, heads)];
    const differs = [...all.state].some(([key, id]) => short.state.get(key) !== id) || all.state.size !== short.state.size;
    return differs || !sameSet([...all.void.keys()], new Set(short.void.keys()))
      ? [`from-the-whole: judged from the create event on, ${world.ids.length} events give another state`]
      : [];
  }

  /** An empty merge of all heads but one first changes nothing. */
  #mergedInSteps({ model, stations }: Knowledge, world: World, heads: readonly string[]): string[] {
    const [station] = stations.get((1 << world.ids.length) - 1) ?? [];
    if (station === undefined) return [];
    const expected = model.at(this.#roomId, heads).state;
    return heads.flatMap((last) => {
      const merge = this.#merge(
        model,
        station,
        heads.filter((id) => id !== last),
      );
      const stored = new Map(station.stored).set(merge.event.event_id, merge);
      const state = answered(this.deliveries.open({ ...station, stored }).stateAfter([merge.event.event_id, last]));
      const differs = [...state.entries()].some(([type, key, id]) => expected.get(`${type}\n${key}`) !== id);
      return differs ? [`merge-order: all but e${world.ids.indexOf(last)} merged first give another state`] : [];
    });
  }

  /** The merge of some heads, as a store keeps it. What it is depends on its past alone, so it is made once for all worlds that have these heads. */
  #merge(model: Model, station: Station, heads: readonly string[]): StoredEvent {
    const name = heads.join();
    const known = this.#merges.get(name);
    if (known !== undefined) return known;
    const signers = [this.#keyring.signer(`${SERVER}/k0`)];
    const deed = { sender: `@:${SERVER}`, type: 'm.room.merge', stateKey: '', content: {}, signers };
    const auth = selection(sketchOf(deed, this.#roomId, { prev: heads, tick: 999 }), model.viewAt(this.#roomId, heads));
    const event = this.#maker.merge(this.#roomId, heads, 999, signers, auth);
    const { station: after, rejectedBy } = this.deliveries.deliver(station, this.#copy(event), false);
    if (rejectedBy !== null) throw new Error(`a merge is rejected by ${rejectedBy}`);
    const stored = after.stored.get(event.event_id) as StoredEvent;
    if (this.#merges.size >= MAX_MERGES) this.#merges.clear();
    this.#merges.set(name, stored);
    return stored;
  }

  #makeBase(guild: BaseGuild): { made: RoomEvent[]; model: Model; room: SmallRoom } {
    const first = this.#maker.make(guild.create, undefined, { prev: [], tick: 0 }, []);
    const snapshot = { room_id: first.room_id, room_version: NATIVE_VERSION, kind: 'guild', guild_id: null, extremities: [] } as const;
    const room = new SmallRoom(new Map(), snapshot, (check) => this.#keyring.verify(check));
    const model = new Model();
    const made: RoomEvent[] = [];
    const enter = (event: RoomEvent): void => {
      const outcome = room.receive(event.pdu);
      const fault = model.receive(modelEvent(event, (check) => this.#keyring.verify(check)));
      if (outcome.kind !== 'accepted' || fault !== null) throw new Error(`the base is refused: ${event.type} ${outcome.kind} ${fault}`);
      made.push(event);
    };
    enter(first);
    for (const act of guild.base)
      enter(this.#maker.actAt(model, act, first.room_id, { prev: [(made.at(-1) as RoomEvent).event_id], tick: made.length }));
    return { made, model, room };
  }

  #copy(event: RoomEvent): UnverifiedCopy {
    const copy = checkCopy(event.pdu, this.#maker.version);
    if (!copy.ok) throw new Error(`no event: ${copy.detail}`);
    return copy.value;
  }
}

function sameSet(list: readonly string[], set: ReadonlySet<string>): boolean {
  return list.length === set.size && list.every((id) => set.has(id));
}

function ascii(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
