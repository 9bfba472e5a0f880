import { buildEvent, checkCopy, type JsonObject, NATIVE_VERSION, type RoomEvent, type UnverifiedCopy } from '@openguild/core';
import { type Act, BaseGuild, PEOPLE } from '../enumerate/base-guild.ts';
import { channelActs, type ChannelAct, overwriteActs } from '../enumerate/channel-acts.ts';
import { EventMaker, FIRST_TS } from '../enumerate/event-maker.ts';
import { modelEvent } from '../model/from-event.ts';
import { Model } from '../model/model.ts';
import { HistoryRooms } from '../replay/history-rooms.ts';
import { atEnds, breakdown, compareWithModel, type Difference, findingOf } from '../replay/judge-history.ts';
import { NativeSide } from '../replay/model-side.ts';
import type { Random } from '../sim/environment/random.ts';
import type { World } from '../sim/world.ts';

/** So many worlds after each run, of so many events after the base each, made of so many acts. */
const WORLDS = 16;
const [FEWEST, MOST] = [3, 10];
/** An event follows some of the last so many, or the base. */
const NEAR = 5;
/** A native event cites no more of its guild. */
const MOST_GUILD_HEADS = 10;

/**
 * Worlds like those that are enumerated, but larger and with a channel: the base guild, and after it events of few acts that get into each other's way, in branches
 * everywhere. Four people and a short past make them cheap, and all that happens in them is about authority and resolution. The first difference between
 * engine and model ends it, and goes into the history.
 */
export function checkSampledWorlds(world: World): void {
  if (world.shape.kind === 'plain') return;
  const stage = new Stage(world);
  for (let i = 0; i < WORLDS; i++) {
    const sampled = new SampledWorld(stage, world.random.fork(`sampled${i}`));
    const difference = sampled.play();
    if (difference === null) continue;
    const { invariant, detail, event_id } = findingOf(difference, 'in a sampled world');
    world.ledger.continuation.push(...stage.made.map(({ pdu }) => pdu), ...sampled.pdus);
    world.ledger.find(invariant, detail, event_id);
    return;
  }
}

/** What all sampled worlds of a run begin with: the base guild, and a channel that it lists. */
class Stage {
  readonly world: World;
  readonly maker = new EventMaker(NATIVE_VERSION);
  readonly made: RoomEvent[] = [];
  /** The same, read once for all worlds. */
  readonly copies: UnverifiedCopy[] = [];
  readonly model = new Model();
  readonly guild: string;
  readonly channel: string;
  /** The forty, what else anybody might do, what changes who may do what in the channel, and what is done in it. */
  readonly acts: Readonly<Record<'usual' | 'any' | 'over', readonly Act[]>> & { readonly inside: readonly ChannelAct[] };
  /** Of each act in the guild: who does it, and to whom. */
  readonly parts: readonly { readonly act: Act; readonly by: string; readonly whom: string }[];

  constructor(world: World) {
    this.world = world;
    const { keyring } = world;
    const base = new BaseGuild(keyring);
    const create = this.maker.make(base.create, undefined, { prev: [], tick: 0 }, []);
    this.guild = create.room_id;
    this.#enter(create);
    for (const act of base.base) this.#enter(this.#next(act));
    const channel = buildEvent(
      {
        ...{
          type: 'm.channel.create',
          sender: PEOPLE.olga,
          state_key: '',
          origin_ts: FIRST_TS,
          prev_events: [],
          guild_heads: [this.#last],
        },
        content: { room_version: NATIVE_VERSION, guild: this.guild, kind: 'text' },
      },
      this.maker.version,
      [keyring.signer('a.example/k1')],
    );
    this.channel = channel.room_id;
    const { lists, acts } = overwriteActs(keyring, this.channel);
    this.#enter(this.#next(lists));
    this.#enter(channel);
    const [usual, any] = [base.acts, base.anybody];
    const roles = usual.filter((act) => /strips|lowers|grants/.test(act.name));
    this.acts = { usual, any, over: [...acts, ...roles], inside: channelActs(keyring) };
    this.parts = [...usual, ...any].map((act) => {
      const { sender, stateKey } = act.deed(() => undefined, this.guild);
      return { act, by: sender, whom: stateKey };
    });
  }

  #next(act: Act): RoomEvent {
    return this.maker.actAt(this.model, act, this.guild, { prev: [this.#last], tick: this.made.length });
  }

  get #last(): string {
    return this.made.at(-1)?.event_id ?? '';
  }

  #enter(event: RoomEvent): void {
    this.made.push(event);
    const copy = checkCopy(event.pdu, this.maker.version);
    if (copy.ok) this.copies.push(copy.value);
    this.model.receive(modelEvent(event, (check) => this.world.isSigned(check)));
  }
}

/** One world, judged as it grows. */
class SampledWorld {
  readonly pdus: JsonObject[] = [];
  readonly #stage: Stage;
  readonly #random: Random;
  readonly #engine: HistoryRooms;
  readonly #model: Model;
  readonly #side: NativeSide;
  /** Accepted events of the guild and of the channel, the last of the base first. */
  readonly #guild: string[];
  readonly #channel: string[];
  #made: number;

  constructor(stage: Stage, random: Random) {
    this.#stage = stage;
    this.#random = random;
    const { made, world, guild, channel } = stage;
    this.#engine = new HistoryRooms({
      ...{ openguild_export: 1, room_id: guild, room_version: NATIVE_VERSION, real_signatures: world.keyring.real },
    });
    this.#model = stage.model.fork();
    this.#side = new NativeSide((check) => world.isSigned(check), this.#model);
    this.#made = made.length;
    const lastOf = (roomId: string): string => made.findLast(({ room_id }) => room_id === roomId)?.event_id ?? '';
    [this.#guild, this.#channel] = [[lastOf(guild)], [lastOf(channel)]];
  }

  play(): Difference | null {
    const random = this.#random;
    for (const copy of this.#stage.copies) this.#engine.takeCopy(copy);
    const acts = this.#drawActs();
    let last: RoomEvent | undefined;
    for (let left = random.between(FEWEST, MOST); left > 0; left--) {
      const event = this.#consequence() ?? this.#next(random.pick(acts));
      if (this.#engine.stored(event.event_id) !== undefined) continue;
      const difference = this.#judged(event);
      if (difference !== null) return difference;
      last = event;
    }
    return last === undefined ? null : atEnds(this.#engine, this.#side, last);
  }

  /** Few, about the guild alone or about the channel too. */
  #drawActs(): readonly (Act | ChannelAct)[] {
    const random = this.#random;
    const { usual, any, over, inside } = this.#stage.acts;
    const some = <T>(from: readonly T[], least: number, most: number): readonly T[] =>
      random.shuffled(from).slice(0, random.between(least, most));
    return random.chance(0.5)
      ? [...some(inside, 2, 4), ...some(over, 1, 3), ...some(usual, 0, 1)]
      : [...some(usual, 1, 4), ...some(any, 0, 4)];
  }

  #judged(event: RoomEvent): Difference | null {
    this.pdus.push(event.pdu);
    try {
      this.#engine.take(event.pdu);
    } catch (error) {
      return breakdown(this.#engine, this.#side, event.pdu, error);
    }
    this.#side.receive(event);
    if (this.#side.fault(event.event_id) === null) (event.room_id === this.#stage.guild ? this.#guild : this.#channel).push(event.event_id);
    return compareWithModel(this.#engine, this.#side, event);
  }

  /**
   * Now and then what stands or falls with an earlier event: whoever it concerns goes on to do something after it; or somebody who has not heard of it does something to
   * who made it, here or in the channel.
   */
  #consequence(): RoomEvent | null {
    const random = this.#random;
    const causes = [...this.#guild.slice(1), ...this.#channel.slice(1)];
    const cause = causes.length > 0 && random.chance(0.4) ? this.#model.records.get(random.pick(causes)) : undefined;
    if (cause === undefined) return null;
    const { sender, stateKey, id, room } = cause.event;
    const follows = room === this.#stage.guild && random.chance(0.6);
    const unheard = this.#guild.filter((other) => other !== id && this.#model.records.get(other)?.past.has(id) !== true);
    const fitting = this.#stage.parts.filter(({ by, whom }) => (follows ? by === stateKey : whom === sender && by !== sender));
    return fitting.length === 0 ? null : this.#next(random.pick(fitting).act, follows ? [id] : [random.pick(unheard)]);
  }

  #next(act: Act | ChannelAct, heads = this.#some(this.#guild)): RoomEvent {
    const { guild, channel, maker } = this.#stage;
    const tick = this.#made++;
    if ('deed' in act) return maker.actAt(this.#model, act, guild, { prev: heads, tick });
    const prev = this.#some(this.#channel, 0.3);
    // Mostly what it follows has seen no more of the guild than it has (AUTH-2.5).
    const seen = this.#random.chance(0.85) ? prev.flatMap((id) => this.#model.records.get(id)?.event.guildHeads ?? []) : [];
    return buildEvent(
      {
        ...{ ...act.draft, room_id: channel, origin_ts: FIRST_TS + tick, prev_events: prev },
        guild_heads: [...new Set([...heads, ...seen])].slice(0, MOST_GUILD_HEADS),
      },
      maker.version,
      act.signers,
    );
  }

  /** Mostly one or two of the last, now and then the base. */
  #some(known: readonly string[], base = 0.15): string[] {
    const random = this.#random;
    if (random.chance(base)) return known.slice(0, 1);
    return random.shuffled(known.slice(-NEAR)).slice(0, random.pick([1, 1, 1, 2, 2, 3, NEAR]));
  }
}
