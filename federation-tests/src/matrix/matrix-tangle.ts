import { buildEvent, type JsonObject, type JsonValue, type RoomEvent, serverOf } from '@openguild/core';
import type { Random } from '../sim/environment/random.ts';
import type { Finding } from '../sim/ledger.ts';
import type { History } from '../sim/history-file.ts';
import { HistoryRooms, verifierOf } from '../replay/history-rooms.ts';
import { breakdown, compareWithModel, type Difference, findingOf } from '../replay/judge-history.ts';
import { MatrixSide } from '../replay/model-side.ts';
import { drawMatrixWish, type Standing } from './matrix-acts.ts';
import { writtenEvent } from './matrix-copies.ts';
import { drawOddWish, FRACTIONS, ODD_LEVELS, oddLevels } from './matrix-palette.ts';
import { type Asked, wouldReject } from './matrix-probes.ts';
import type { Wish } from './matrix-server.ts';
import { entryOf } from './model/event.ts';
import { isSameRule } from './model/matrix-model.ts';
import { selectedEntries } from './model/rules.ts';
import { signerOf } from './stand-in-keys.ts';
import { errorText } from '../error-text.ts';
import { UNMADE } from '../replay/unmade.ts';

const EVENTS = 40;
/** An event follows some of the last so many. */
const NEAR = 6;
/** After every so many events others are asked about that are not sent: so many at so many places, and so many states of several together. */
const [PROBED_EVERY, PLACES, PROBES, MERGES] = [5, 2, 12, 2];
/** Of these first ones most make it a room of many people. */
const BEGINNING = 12;
const START = 1_735_689_600_000;
const USERS = ['a', 'b', 'c'].flatMap((server) => [0, 1].map((u) => `@u${u}:${server}.example`));

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
  return { invariant: 'no-error', detail: `${what} broke down: ${errorText(error)}` };
}

class Weaver {
  readonly #random: Random;
  readonly #version: number;
  readonly #header: History['header'];
  readonly #engine: HistoryRooms;
  readonly #model: MatrixSide;
  readonly #verify: Asked['verify'];
  readonly #pdus: JsonObject[] = [];
  /** Whatever was judged, rejected events too. */
  readonly #known: RoomEvent[] = [];
  #room = '!tangle:a.example';

  constructor(random: Random, versionId: string, seed: string) {
    this.#random = random;
    this.#version = Number(versionId);
    this.#header = { openguild_export: 1, room_id: this.#room, room_version: versionId, real_signatures: false, seed };
    this.#engine = new HistoryRooms(this.#header);
    this.#verify = verifierOf(this.#header);
    this.#model = new MatrixSide(versionId, this.#verify);
  }

  woven(): MatrixTangle {
    let difference: Difference | null = null;
    for (let i = 0; i < EVENTS && difference === null; i++) {
      difference = this.#judge(this.#next(i));
      if (i % PROBED_EVERY === 0) difference ??= this.#probe(i) ?? this.#merge(i);
    }
    return this.found(difference === null ? undefined : findingOf(difference, 'in a tangle'));
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
    if (this.#engine.stored(taken.event.event_id) !== undefined) this.#known.push(taken.event);
    return compareWithModel(this.#engine, this.#model, taken.event, taken.outcome);
  }

  /**
   * Events that nobody sends after what is there, now and then of another room than what they cite. The first that engine and model judge differently is sent, if
   * any room takes it.
   */
  #probe(i: number): Difference | null {
    const { authority: flags } = this.#engine.version;
    const near = this.#inRoom.slice(-NEAR).map(({ event_id }) => event_id);
    if (near.length === 0 || flags === 'native') return null;
    const asked: Asked = { flags, verify: this.#verify, stored: (id) => this.#engine.stored(id) };
    for (let place = 0; place < PLACES; place++) {
      const prev = this.#random.shuffled(near).slice(0, this.#random.pick([1, 1, 2]));
      const standing = this.#standing(prev);
      const before = this.#model.stateAt(prev);
      for (let n = 0; n < PROBES; n++) {
        const wish = this.#wish(standing, prev);
        const fields = this.#fields(wish, prev, this.#cited(wish, prev), i);
        const event = unsent(this.#random.chance(0.03) ? { ...fields, room_id: this.#anyRoom() } : fields);
        const [engine, other] = [wouldReject(event, before, asked), this.#model.wouldReject(event)];
        if (isSameRule(engine, other)) continue;
        const sent = event.room_id === this.#room ? this.#judge(this.#built(wish, prev, event.auth_events, i)) : null;
        return sent ?? { event, what: 'verdict', engine: told(engine), other: told(other), by: 'model', trace: '' };
      }
    }
    return null;
  }

  get #inRoom(): readonly RoomEvent[] {
    return this.#known.filter(({ room_id }) => room_id === this.#room);
  }

  #anyRoom(): string {
    return this.#random.pick([...this.#known.map(({ room_id }) => room_id), '!nothing', `!${this.#known.at(-1)?.event_id.slice(1)}`]);
  }

  /** States that nobody asks for: of events anywhere in the room together. The first that differ are asked for by an event. */
  #merge(i: number): Difference | null {
    const accepted = this.#inRoom
      .filter(({ event_id: id }) => this.#engine.stored(id)?.verdict === 'accepted')
      .map(({ event_id }) => event_id);
    if (accepted.length < 4) return null;
    for (let n = 0; n < MERGES; n++) {
      const prev = this.#random.shuffled(accepted).slice(0, this.#random.pick([2, 2, 3, 4]));
      const engine = new Set(this.#engine.stateAfter(this.#room, prev));
      const model = this.#model.rowsAt(this.#room, prev);
      if (engine.size === model.length && model.every((row) => engine.has(row))) continue;
      const difference = this.#mergedBy(prev, i);
      if (difference !== null) return difference;
    }
    return null;
  }

  /** Somebody whom both let speak after these. */
  #mergedBy(prev: readonly string[], i: number): Difference | null {
    for (const sender of USERS) {
      const wish: Wish = { type: 'm.room.message', sender, content: {} };
      const difference = this.#judge(this.#built(wish, prev, this.#right(wish, prev), i));
      if (difference !== null) return difference;
    }
    return null;
  }

  /** Anything, sound or odd, mostly of somebody who is in the room. */
  #wish(now: Standing, near: readonly string[]): Wish {
    const random = this.#random;
    const joined = USERS.filter((user) => now.membership(user) === 'join');
    const sender = random.pick(joined.length > 0 && random.chance(0.7) ? joined : USERS);
    if (random.chance(0.2)) return oddLevels(random, now, sender, USERS, this.#version < 6 ? [...ODD_LEVELS, ...FRACTIONS] : ODD_LEVELS);
    return random.chance(0.4)
      ? drawOddWish(random, now, sender, USERS)
      : drawMatrixWish(random, now, sender, USERS, String(this.#version), near);
  }

  #next(i: number): RoomEvent | null {
    const random = this.#random;
    const [create] = this.#inRoom;
    if (create === undefined || random.chance(0.02)) return this.#create(i);
    const near = this.#inRoom.slice(i < BEGINNING ? -2 : -NEAR).map(({ event_id }) => event_id);
    const prev = random.shuffled(near).slice(0, i < BEGINNING ? 1 : random.pick([1, 1, 1, 2, 2, 3]));
    const standing = this.#standing(prev);
    if (standing.membership(create.sender) !== 'join' && random.chance(i < 6 ? 0.9 : 0.2)) return this.#joining(create, i);
    const wish = i < BEGINNING && random.chance(0.8) ? this.#sound(standing, create.sender) : this.#wish(standing, near);
    return this.#built(wish, prev, this.#cited(wish, prev), i);
  }

  /** What makes a room of many people of it. */
  #sound(now: Standing, sender: string): Wish {
    const random = this.#random;
    const state = (type: string, content: JsonObject): Wish => ({ type, sender, state_key: '', content });
    if (now.get('m.room.join_rules') === undefined)
      return state('m.room.join_rules', {
        join_rule: random.pick(['public', 'public', 'invite', 'knock', 'restricted', 'knock_restricted']),
      });
    if (now.get('m.room.power_levels') === undefined && random.chance(0.7)) {
      const [above, beside, below] = random.shuffled(USERS.filter((user) => user !== sender)) as [string, string, string];
      const users = { ...(this.#version < 12 ? { [sender]: 100 } : {}), [above]: 75, [beside]: 50, [below]: 50 };
      // Each of its own, so that none can stand for another.
      const level = (): number => random.pick([0, 25, 50, 75]);
      const fields = {
        invite: level(),
        ban: level(),
        kick: level(),
        ...(random.chance(0.3) ? { users_default: 25, state_default: level() } : {}),
      };
      return state('m.room.power_levels', { users, ...fields, events: { 'm.room.topic': level(), 'm.room.power_levels': level() } });
    }
    const user = random.pick(USERS.filter((one) => now.membership(one) !== 'join').concat(USERS[0] as string));
    const member = (by: string, membership: string): Wish => ({
      type: 'm.room.member',
      sender: by,
      state_key: user,
      content: { membership },
    });
    if (random.chance(0.1)) return member(sender, random.pick(['ban', 'leave']));
    const rule = String(now.get('m.room.join_rules')?.['join_rule']);
    if (rule === 'public' || now.membership(user) === 'invite') return member(user, 'join');
    return rule.startsWith('knock') && random.chance(0.5) ? member(user, 'knock') : member(sender, 'invite');
  }

  /** Who made the room joins it, right after the beginning or later. */
  #joining({ sender, event_id, content }: RoomEvent, i: number): RoomEvent | null {
    const { creator, additional_creators: more } = content;
    const beside = Array.isArray(more) && typeof more[0] === 'string' && this.#random.chance(0.2) ? more[0] : sender;
    const user = this.#random.chance(0.9) && typeof creator === 'string' ? creator : beside;
    const wish = { type: 'm.room.member', sender: user, state_key: user, content: { membership: 'join' } };
    return this.#built(wish, [event_id], this.#cited(wish, [event_id]), i);
  }

  #create(i: number): RoomEvent | null {
    const random = this.#random;
    const sender = random.chance(0.9) ? (USERS[0] as string) : random.pick(USERS);
    const creator = random.chance(0.9) ? sender : random.pick<JsonValue>([...USERS, 7]);
    const content: JsonObject = {
      ...(this.#version < 11 && random.chance(0.95) ? { creator } : {}),
      ...(random.chance(0.12) ? { 'm.federate': random.pick<JsonValue>([true, false, 'false', null]) } : {}),
      ...(random.chance(this.#version < 12 ? 0.2 : 0.6)
        ? {
            additional_creators: random.pick<JsonValue>([
              ...Array<JsonValue>(4).fill([USERS[2] as string]),
              [],
              USERS[2] as string,
              ['@x'],
              [7],
            ]),
          }
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
    const right = this.#right(wish, prev);
    if (random.chance(0.9)) return right;
    const { event_id: other } = random.pick(this.#known);
    const some = random.shuffled(right);
    return random.pick([some.slice(1), [...right, other], [...some.slice(1), other], [...right, ...some.slice(0, 1)]]);
  }

  #right(wish: Wish, prev: readonly string[]): string[] {
    const entries = selectedEntries({ ...wish, stateKey: wish.state_key }, this.#version);
    return this.#state(prev).flatMap(([type, key, id]) => (entries.has(entryOf(type, key)) ? [id] : []));
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

  #built(wish: Wish, prev: readonly string[], auth: readonly string[], i: number): RoomEvent | null {
    const fields = this.#fields(wish, prev, auth, i);
    const signer = signerOf(serverOf(wish.sender));
    try {
      return buildEvent(fields, this.#engine.version, [signer]);
    } catch (error) {
      if (!(error instanceof TypeError)) throw error;
      return writtenEvent(unsent(fields).pdu, this.#engine.version, signer);
    }
  }

  #fields({ type, sender, state_key: key, content, redacts }: Wish, prev: readonly string[], auth: readonly string[], i: number): Fields {
    return {
      ...{ type, sender, content, prev_events: prev, auth_events: auth, room_id: this.#room },
      // Often the same, so that IDs decide; now and then before what comes before it.
      origin_ts: START + this.#random.pick([0, i, i, 100 - i]),
      depth: i + 1,
      ...(key === undefined ? {} : { state_key: key }),
      ...(redacts === undefined ? {} : { more: { redacts } }),
    };
  }
}

type Fields = Parameters<typeof buildEvent>[0] & { readonly room_id: string };

function told(rule: string | null): string {
  return rule === null ? 'accepted' : `rejected by ${rule}`;
}

/** As rules see it, without an ID. */
function unsent({ more, origin_ts, ...fields }: Fields): RoomEvent {
  const pdu = { ...more, ...fields, origin_server_ts: origin_ts } as unknown as JsonObject;
  const { room_id, type, sender, content, state_key, prev_events, auth_events = [] } = fields;
  const named = { event_id: '$unsent', room_id, type, sender, content, state_key, origin_ts, pdu };
  return { ...UNMADE, ...named, prev_events: [...new Set(prev_events)], auth_events };
}
