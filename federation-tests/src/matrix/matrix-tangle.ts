import { buildEvent, type JsonObject, type JsonValue, type RoomEvent, serverOf } from '@openguild/core';
import type { Random } from '../sim/environment/random.ts';
import type { Finding } from '../sim/ledger.ts';
import type { History } from '../sim/history-file.ts';
import { HistoryRooms, verifierOf } from '../replay/history-rooms.ts';
import { breakdown, compareWithModel, type Difference } from '../replay/judge-history.ts';
import { MatrixSide } from '../replay/model-side.ts';
import { drawMatrixWish, type Standing } from './matrix-acts.ts';
import { drawOddWish } from './matrix-palette.ts';
import type { Wish } from './matrix-server.ts';
import { entryOf } from './model/event.ts';
import { selectedEntries } from './model/rules.ts';
import { signerOf } from './stand-in-keys.ts';

const EVENTS = 70;
/** An event follows some of the last so many. */
const NEAR = 6;
/** Of these first ones most make it a room of many people. */
const BEGINNING = 20;
const START = 1_735_689_600_000;
const USERS = ['a', 'b', 'c'].flatMap((server) => [0, 1].map((u) => `@u${u}:${server}.example`));
const BY_DIFFERENCE: Readonly<Partial<Record<Difference['what'], string>>> = { verdict: 'authority', breakdown: 'no-error' };

export interface MatrixTangle {
  readonly history: History;
  readonly findings: readonly Finding[];
  /** Rule -> events that it rejected. */
  readonly reached: ReadonlyMap<string, number>;
}

/**
 * A room that no network brought about: anybody's acts after any events, sound ones and odd ones, with right and wrong `auth_events`. Engine and model judge
 * each; the first difference ends it.
 */
export function matrixTangle(random: Random, versionId: string, seed: string): MatrixTangle {
  const weaver = new Weaver(random, versionId, seed);
  try {
    return weaver.woven();
  } catch (error) {
    return weaver.found(brokeDown('the tangle', error));
  }
}

/** An error that nobody expected. */
export function brokeDown(what: string, error: unknown): Finding {
  return {
    invariant: 'no-error',
    detail: `${what} broke down: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`,
  };
}

class Weaver {
  readonly #random: Random;
  readonly #version: number;
  readonly #header: History['header'];
  readonly #engine: HistoryRooms;
  readonly #model: MatrixSide;
  readonly #pdus: JsonObject[] = [];
  /** Whatever was judged, rejected events too. */
  readonly #known: RoomEvent[] = [];
  #room = '!tangle:a.example';

  constructor(random: Random, versionId: string, seed: string) {
    this.#random = random;
    this.#version = Number(versionId);
    this.#header = { openguild_export: 1, room_id: this.#room, room_version: versionId, real_signatures: false, seed };
    this.#engine = new HistoryRooms(this.#header);
    this.#model = new MatrixSide(versionId, verifierOf(this.#header));
  }

  woven(): MatrixTangle {
    let difference: Difference | null = null;
    for (let i = 0; i < EVENTS && difference === null; i++) difference = this.#judge(this.#next(i));
    if (difference === null) return this.found();
    const { event, what, engine, other } = difference;
    const detail = `${event.type} ${event.event_id} of ${event.sender}, in a tangle: ${what} by the engine ${engine}, by the model ${other}`;
    return this.found({ invariant: BY_DIFFERENCE[what] ?? what, detail, event_id: event.event_id });
  }

  /** As far as it came. */
  found(finding?: Finding): MatrixTangle {
    const found = finding === undefined ? {} : { found: `${finding.invariant}: ${finding.detail.slice(0, 300)}` };
    return {
      history: { header: { ...this.#header, room_id: this.#room, ...found }, pdus: this.#pdus, received: [] },
      findings: finding === undefined ? [] : [finding],
      reached: this.#model.reached,
    };
  }

  #judge(event: RoomEvent | null): Difference | null {
    if (event === null || this.#known.some(({ event_id }) => event_id === event.event_id)) return null;
    let taken: ReturnType<HistoryRooms['take']>;
    try {
      taken = this.#engine.take(event.pdu);
      if (taken.kind !== 'judged') return null;
    } catch (error) {
      this.#pdus.push(event.pdu);
      return breakdown(this.#engine, this.#model, event.pdu, error);
    }
    this.#pdus.push(event.pdu);
    this.#model.receive(taken.event);
    if (this.#engine.rooms.length > 0) this.#known.push(taken.event);
    return compareWithModel(this.#engine, this.#model, taken.event, taken.outcome);
  }

  #next(i: number): RoomEvent | null {
    const random = this.#random;
    if (this.#known.length === 0 || random.chance(0.02)) return this.#create(i);
    const [create] = this.#known as [RoomEvent];
    const near = this.#known.slice(i < BEGINNING ? -2 : -NEAR).map(({ event_id }) => event_id);
    const prev = random.shuffled(near).slice(0, i < BEGINNING ? 1 : random.pick([1, 1, 1, 2, 2, 3]));
    const standing = this.#standing(prev);
    if (standing.membership(create.sender) !== 'join' && random.chance(i < 6 ? 0.9 : 0.2)) return this.#joining(create, i);
    const wish =
      i < BEGINNING && random.chance(0.8)
        ? this.#sound(standing, create.sender)
        : random.chance(0.4)
          ? drawOddWish(random, standing, random.pick(USERS), USERS)
          : drawMatrixWish(random, standing, random.pick(USERS), USERS, String(this.#version), near);
    return this.#built(wish, prev, this.#cited(wish, prev), i);
  }

  /** What makes a room of many people of it. */
  #sound(now: Standing, sender: string): Wish {
    const random = this.#random;
    const state = (type: string, content: JsonObject): Wish => ({ type, sender, state_key: '', content });
    if (now.get('m.room.join_rules') === undefined)
      return state('m.room.join_rules', { join_rule: random.pick(['public', 'public', 'invite', 'knock', 'restricted']) });
    if (now.get('m.room.power_levels') === undefined && random.chance(0.7)) {
      const [above, beside, below] = random.shuffled(USERS.filter((user) => user !== sender)) as [string, string, string];
      const users = { ...(this.#version < 12 ? { [sender]: 100 } : {}), [above]: 75, [beside]: 50, [below]: 50 };
      const invite = random.pick([0, 50, 75]);
      return state('m.room.power_levels', {
        users,
        invite,
        events: { 'm.room.topic': random.pick([0, 50, 75]), 'm.room.power_levels': 50 },
      });
    }
    const user = random.pick(USERS.filter((one) => now.membership(one) !== 'join').concat(USERS[0] as string));
    const rule = String(now.get('m.room.join_rules')?.['join_rule']);
    const invites = rule !== 'public' && now.membership(user) !== 'invite';
    return {
      type: 'm.room.member',
      sender: invites ? sender : user,
      state_key: user,
      content: { membership: invites ? 'invite' : 'join' },
    };
  }

  /** Who made the room joins it, right after the beginning or later. */
  #joining({ sender, event_id, content }: RoomEvent, i: number): RoomEvent | null {
    const user = this.#random.chance(0.9) && typeof content['creator'] === 'string' ? content['creator'] : sender;
    const wish = { type: 'm.room.member', sender: user, state_key: user, content: { membership: 'join' } };
    return this.#built(wish, [event_id], this.#cited(wish, [event_id]), i);
  }

  #create(i: number): RoomEvent | null {
    const random = this.#random;
    const sender = random.chance(0.9) ? (USERS[0] as string) : random.pick(USERS);
    const creator = random.chance(0.9) ? sender : random.pick<JsonValue>([...USERS, 7]);
    const content: JsonObject = {
      ...(this.#version < 11 && random.chance(0.95) ? { creator } : {}),
      ...(random.chance(0.25) ? { 'm.federate': random.pick<JsonValue>([true, false, 'false', null]) } : {}),
      ...(random.chance(0.3)
        ? { additional_creators: random.pick<JsonValue>([[USERS[2] as string], [], USERS[2] as string, ['@x'], [7]]) }
        : {}),
      ...(random.chance(0.1) ? { room_version: random.pick<JsonValue>(['99', 11, '1', '3']) } : {}),
    };
    const wish = { type: 'm.room.create', sender, state_key: random.chance(0.95) ? '' : 'x', content };
    const prev = this.#known.length > 0 && random.chance(0.3) ? this.#known.slice(-1).map(({ event_id }) => event_id) : [];
    const event = this.#built(wish, prev, [], i);
    if (event !== null && this.#known.length === 0) this.#room = event.room_id;
    return event;
  }

  /** Mostly the right selection. */
  #cited(wish: Wish, prev: readonly string[]): string[] {
    const random = this.#random;
    const entries = selectedEntries({ ...wish, stateKey: wish.state_key }, this.#version);
    const right = this.#state(prev).flatMap(([type, key, id]) => (entries.has(entryOf(type, key)) ? [id] : []));
    if (random.chance(0.9)) return right;
    const { event_id: other } = random.pick(this.#known);
    const some = random.shuffled(right);
    return random.pick([some.slice(1), [...right, other], [...some.slice(1), other], [...right, ...some.slice(0, 1)]]);
  }

  #state(prev: readonly string[]): (readonly [type: string, key: string, id: string])[] {
    return [...this.#model.stateAt(prev)].map(([entry, id]) => [...(JSON.parse(entry) as [string, string]), id]);
  }

  #standing(prev: readonly string[]): Standing {
    const state = this.#model.stateAt(prev);
    const event = (type: string, key = ''): RoomEvent | undefined => this.#engine.stored(state.get(entryOf(type, key)) ?? '')?.event;
    return {
      get: (type, key) => event(type, key)?.content,
      senderOf: (type, key) => event(type, key)?.sender,
      membership: (user) => String(event('m.room.member', user)?.content['membership'] ?? 'leave'),
    };
  }

  #built(
    { type, sender, state_key: key, content, redacts }: Wish,
    prev: readonly string[],
    auth: readonly string[],
    i: number,
  ): RoomEvent | null {
    const fields = {
      ...{ type, sender, content, prev_events: prev, auth_events: auth, room_id: this.#room },
      // Often the same, so that IDs decide; now and then before what comes before it.
      origin_ts: START + this.#random.pick([0, i, i, 100 - i]),
      depth: i + 1,
      ...(key === undefined ? {} : { state_key: key }),
      ...(redacts === undefined ? {} : { more: { redacts } }),
    };
    try {
      return buildEvent(fields, this.#engine.version, [signerOf(serverOf(sender))]);
    } catch (error) {
      // Content that cannot be written at all.
      if (error instanceof TypeError) return null;
      throw error;
    }
  }
}
