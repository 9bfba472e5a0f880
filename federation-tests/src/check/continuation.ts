import { authSelection, buildEvent, type EventFields, type RoomEvent, StateView } from '@openguild/core';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import { object } from '../model/shapes.ts';
import { HistoryRooms } from '../replay/history-rooms.ts';
import { breakdown, compareWithModel, type Difference, findingOf } from '../replay/judge-history.ts';
import { NativeSide } from '../replay/model-side.ts';
import type { Random } from '../sim/environment/random.ts';
import { historyOf } from '../sim/history-file.ts';
import { mutated } from '../sim/hostile/hostile-mutations.ts';
import { NEW_CHANNEL } from '../sim/people/precise.ts';
import { newRoom } from '../sim/people/new-room.ts';
import { ANYTHING, type Draw, drawPalette, OPENING, somebody } from '../sim/people/palette.ts';
import { StateNow, type Wish } from '../sim/people/state-now.ts';
import type { World } from '../sim/world.ts';
import { Asking } from './asking.ts';
import { built, suppose } from './supposed.ts';

/** About how many further events are made in each history, */
const EVENTS = 40;
/** and how many, some like those that are made and some of any kind, are only asked about at each of their places. */
const [ALIKE, OTHERS] = [8, 10];
/** How often it is asked what might be done if a room were ordered otherwise. */
const SUPPOSITIONS = 7;
/** So many of the events create rooms of their own. */
const CREATES = 5;
/** How many events there are in one tangle. */
const SIZES = [5, 8, 8, 24] as const;
/** In a tangle an event follows some of the last so many. */
const NEAR = 5;
/** A native event cites no more of its guild. */
const MOST_GUILD_HEADS = 10;

/** What a create event has beside what says what it creates. */
const BEGINNING = { origin_ts: 1, prev_events: [] };

/**
 * Whatever might come next, engine and model judge alike: tangles of acts of anybody, each begun at any place of the history, which nobody hands on. A network has no
 * part in it, so that far more is asked of the rules than by what servers do in the same time. The first difference ends it, and goes into the history.
 */
export async function checkContinuation(world: World, model: Model): Promise<void> {
  const continuation = new Continuation(world, model);
  await continuation.begin();
  for (let made = -SUPPOSITIONS; made < EVENTS; made++) {
    const difference = made < 0 ? continuation.supposed() : made < CREATES ? continuation.created() : continuation.one();
    if (world.ledger.findings.length > 0) return;
    if (difference === null) continue;
    const { invariant, detail, event_id } = findingOf(difference, 'which might come next');
    world.ledger.find(invariant, detail, event_id);
    return;
  }
}

class Continuation {
  readonly #world: World;
  readonly #model: Model;
  readonly #side: NativeSide;
  readonly #random: Random;
  readonly #users: readonly string[];
  readonly #asking: Asking;
  #engine!: HistoryRooms;
  /** Accepted events of each room, what is cited before what cites it. */
  readonly #accepted = new Map<string, RoomEvent[]>();
  /** The tangle that is being made: of each room what may be followed, and what its events are like. */
  #tangle = new Map<string, RoomEvent[]>();
  #draw: Draw = ANYTHING;
  #size = 0;
  /** So many of its first events are the owner's, and all others know of them. */
  #opening = 0;

  constructor(world: World, model: Model) {
    this.#world = world;
    this.#model = model;
    this.#side = new NativeSide((check) => world.isSigned(check), model);
    this.#random = world.random.fork('continuation');
    this.#users = world.servers.flatMap((server) => server.users);
    this.#asking = new Asking(world, this.#random);
  }

  async begin(): Promise<void> {
    const { header, pdus } = await historyOf(this.#world, '', '');
    this.#engine = new HistoryRooms(header);
    for (const pdu of pdus) {
      const taken = this.#engine.take(pdu);
      if (taken.kind === 'judged' && this.#model.records.has(taken.event.event_id)) this.#note(taken.event, this.#accepted);
    }
  }

  /** One more event; null if both sides make the same of it, or if nothing could be made. */
  one(): Difference | null {
    if (this.#size === 0) this.#anew();
    this.#size -= 1;
    const event = this.#made();
    return event === undefined ? null : this.#taken(event);
  }

  /** What might be done if some room were ordered otherwise; null if both sides answer the same. Only else it is made. */
  supposed(): Difference | null {
    const [world, engine, model, random, asking] = [this.#world, this.#engine, this.#model, this.#random, this.#asking];
    const { events, fault } = suppose({ world, random, asking, engine, model, accepted: this.#accepted, users: this.#users });
    for (const event of events) {
      const difference = this.#taken(event);
      if (difference !== null) return difference;
    }
    if (fault !== null)
      world.ledger.find('standing', `after ${events.at(-1)?.event_id ?? ''}, ${fault.engine}, by the model ${fault.model}`);
    return null;
  }

  #taken(event: RoomEvent): Difference | null {
    // It may be the same event as one that there is.
    if (this.#engine.stored(event.event_id) !== undefined) return null;
    const { ledger } = this.#world;
    try {
      if (this.#engine.take(event.pdu).kind !== 'judged') return null;
    } catch (error) {
      ledger.continuation.push(event.pdu);
      return breakdown(this.#engine, this.#side, event.pdu, error);
    }
    ledger.continuation.push(event.pdu);
    this.#side.receive(event);
    const fault = this.#side.fault(event.event_id);
    if (typeof fault === 'string') ledger.reached(fault);
    else if (this.#opening > 0 && event.room_id === this.#world.mainRoom) this.#tangle.set(event.room_id, []);
    this.#note(event, this.#tangle);
    this.#opening = Math.max(0, this.#opening - 1);
    return compareWithModel(this.#engine, this.#side, event);
  }

  /** A room that begins, rightly or not; null if both sides make the same of it. */
  created(): Pick<Difference, 'event' | 'what' | 'engine' | 'other'> | null {
    const { world, random } = { world: this.#world, random: this.#random };
    const wish = newRoom(world, random);
    const draft = random.chance(0.7) ? mutated({ random, world }, wish.draft) : wish.draft;
    const event = object(draft.content)
      ? built(() => buildEvent({ ...draft, ...BEGINNING, auth_events: [] }, this.#engine.version, wish.signers))
      : undefined;
    if (event === undefined) return null;
    const taken = new HistoryRooms(this.#engine.header).take(event.pdu);
    if (taken.kind === 'waits') return null;
    const engine = taken.kind === 'unusable' ? taken.rule : taken.outcome.kind === 'rejected' ? taken.outcome.fault.rule : 'accepted';
    // Other families of rules ask before the model does.
    if (engine !== 'accepted' && !engine.startsWith('AUTH-')) return null;
    const other = new Model().receive(modelEvent(event, (check) => world.isSigned(check))) ?? 'accepted';
    if (other === engine) return null;
    world.ledger.continuation.push(event.pdu);
    return { event, what: engine === 'accepted' || other === 'accepted' ? 'verdict' : 'rule', engine, other };
  }

  /** Another tangle, begun after any event of each room, often one of the last. */
  #anew(): void {
    const random = this.#random;
    this.#size = random.pick(SIZES);
    this.#opening = random.pick([0, 0, 0, 1, 2]);
    this.#draw = drawPalette(random);
    this.#tangle = new Map(
      [...this.#accepted].map(([roomId, known]) => [roomId, [random.pick(known.slice(random.chance(0.5) ? -10 : 0))]]),
    );
  }

  #note(event: RoomEvent, to: Map<string, RoomEvent[]>): void {
    if (this.#engine.stored(event.event_id)?.verdict !== 'accepted') return;
    const known = to.get(event.room_id) ?? [];
    to.set(event.room_id, known);
    known.push(event);
  }

  #made(): RoomEvent | undefined {
    const { mainRoom } = this.#world;
    const heads = idsOf(this.#some(mainRoom));
    const wish = heads.length === 0 ? undefined : this.#wish(heads);
    if (wish === undefined) return undefined;
    const { roomId } = wish;
    if (roomId === mainRoom) return this.#build(wish, heads, []);
    if (roomId === NEW_CHANNEL)
      return built(() => buildEvent({ ...wish.draft, ...BEGINNING, guild_heads: heads }, this.#engine.version, wish.signers));
    const prev = this.#some(roomId);
    // Mostly no less of the guild than what it follows (AUTH-2.5).
    const seen = this.#random.chance(0.85) ? prev.flatMap((event) => event.guild_heads) : [];
    const guildHeads = [...new Set([...heads, ...seen])].slice(0, MOST_GUILD_HEADS);
    return prev.length === 0 ? undefined : this.#build(wish, idsOf(prev), guildHeads);
  }

  /** Some events of the tangle, one after which more may come. */
  #some(roomId: string): RoomEvent[] {
    const random = this.#random;
    return random.shuffled((this.#tangle.get(roomId) ?? []).slice(-NEAR)).slice(0, random.pick([1, 1, 2, 2, 3, NEAR]));
  }

  /** Of some that could be made at this place one of which engine and model think differently; else one that is allowed, if there is any. */
  #wish(heads: readonly string[]): Wish | undefined {
    const { mainRoom } = this.#world;
    const state = this.#engine.ask(mainRoom, (room) => room.stateAfter(heads));
    const now = new StateNow([...state.ids()].flatMap((id) => this.#engine.stored(id)?.event ?? []));
    const create = this.#accepted.get(mainRoom)?.[0];
    const view = (): StateView => new StateView((type, stateKey) => now.get(type, stateKey), create);
    const own = this.#model.viewOf(this.#model.at(mainRoom, heads).state);
    const keys = view();
    const who = (by: Draw): string => (by === OPENING ? (this.#users[0] ?? '') : somebody(this.#random, now, this.#users));
    const draw = (count: number, by: Draw): Wish[] =>
      Array.from({ length: count }, () => this.#asking.drawn(who(by), now, keys, by)).filter((one) => one !== null);
    const alike = draw(ALIKE, this.#opening > 0 ? OPENING : this.#draw);
    let allowed: Wish | undefined;
    for (const wish of [...alike, ...draw(OTHERS, ANYTHING)]) {
      const answer = this.#asking.answer(wish, { heads, view: view(), own });
      if (answer === 'odd') return wish;
      if (answer === 'allowed') allowed ??= wish;
    }
    return allowed !== undefined && this.#random.chance(0.9) ? allowed : alike[0];
  }

  /** Mostly what AUTH-10 says. */
  #cited(selected: readonly string[], prev: readonly string[]): string[] {
    const random = this.#random;
    if (random.chance(0.9)) return [...selected];
    const some = random.shuffled(selected);
    return random.pick([some, some.slice(1), [...selected, ...prev], [...prev, ...selected], [...selected, ...some.slice(0, 1)]]);
  }

  #build({ roomId, draft, signers }: Wish, prev: readonly string[], guildHeads: readonly string[]): RoomEvent | undefined {
    const { version } = this.#engine;
    const fields: EventFields = {
      ...draft,
      room_id: roomId,
      // Often the same, so that IDs decide.
      origin_ts: this.#world.scheduler.now + (this.#random.chance(0.5) ? 0 : this.#random.int(1_000)),
      prev_events: prev,
    };
    return built(() => {
      if (roomId !== this.#world.mainRoom) return buildEvent({ ...fields, guild_heads: guildHeads }, version, signers);
      const sketch = buildEvent({ ...fields, auth_events: [] }, version, signers);
      const selected = this.#engine.ask(roomId, (room) => room.judgeAt(prev, (view) => authSelection(sketch, view, room.kind)));
      return buildEvent({ ...fields, auth_events: this.#cited(selected, prev) }, version, signers);
    });
  }
}

function idsOf(events: readonly RoomEvent[]): string[] {
  return events.map(({ event_id }) => event_id);
}
