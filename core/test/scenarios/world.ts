import {
  checkCopy,
  effectivePermissions,
  heldRoles,
  membershipOf,
  type Room,
  type RoomEvent,
  RULES,
  serverKeys,
  serverOf,
  type StateView,
  type StoredEvent,
  stayOf,
  type UnverifiedCopy,
  utf8Compare,
} from '@openguild/core';
import { EventMaker, type NamedEvent } from '../portability/suite/named-events.ts';
import { signerNamed, VectorHost, VERSION } from '../portability/suite/vector-host.ts';
import type { Act, Person } from './acts.ts';
import { type DrawnEvent, parseDrawing } from './drawing.ts';

export type RuleName = keyof typeof RULES;
const NAMES = new Map(Object.entries(RULES).map(([name, id]) => [id as string, name as RuleName]));

/** One event of a scenario, and how the engine judged it. */
interface Judged {
  readonly named: NamedEvent;
  readonly event: RoomEvent;
  /** Null: accepted (perhaps soft-failed by the one host that has seen everything). */
  readonly rule: RuleName | null;
}

/**
 * A scenario: real events with real hashes and signatures, judged by the real engine on one host, drawn as a graph.
 *
 * Questions are about everything merged, unless heads are given.
 */
export class World {
  readonly host = new VectorHost();
  readonly #maker = new EventMaker(this.host);
  readonly #judged = new Map<string, Judged>();
  readonly #names = new Map<string, string>();
  readonly #expectedFates = new Map<string, DrawnEvent['fate']>();
  readonly drawings: string[] = [];
  /** What was asked about other heads than all together: it is published with the scenario. */
  readonly softFaults: { event: string; heads: readonly string[]; guild_heads?: readonly string[]; rule: string | null }[] = [];
  readonly holders: { room: string; heads: readonly string[]; entry: string; event: string | null }[] = [];
  #clock = 100;

  /** One event on all present heads, without a drawing: for what a scenario starts from. */
  add(name: string, act: Act): void {
    this.enter(name, act, this.heads(act.room), this.heads('g'));
  }

  /**
   * Makes and receives what is drawn, in the order of `acts`. `F` stands for all heads that the room (in brackets: the guild) has before the
   * drawing. Without brackets a channel event cites all guild heads that there are when it is made.
   */
  draw(text: string, acts: Readonly<Record<string, Act>>): void {
    const drawn = new Map(parseDrawing(text).map((one) => [one.name, one]));
    const undrawn = Object.keys(acts).filter((name) => !drawn.has(name));
    const unsaid = [...drawn.keys()].filter((name) => acts[name] === undefined);
    if (undrawn.length + unsaid.length > 0) throw new Error(`not drawn: ${undrawn.join()}; drawn, but not said: ${unsaid.join()}`);
    this.drawings.push(text);
    const fork = new Map<string, readonly string[]>(this.roomNames().map((room) => [room, this.heads(room)]));
    const named = (names: readonly string[], room: string): string[] =>
      names.flatMap((name) => (name === 'F' ? (fork.get(room) ?? []) : [name]));
    for (const [name, act] of Object.entries(acts)) {
      const one = drawn.get(name) as DrawnEvent;
      this.#expectedFates.set(name, one.fate);
      const guildHeads = one.guildHeads === undefined ? this.heads('g') : named(one.guildHeads, 'g');
      this.enter(name, act, named(one.prev, act.room), guildHeads);
    }
  }

  /** One event with this past. */
  enter(name: string, act: Act, prev: readonly string[], guildHeads: readonly string[]): void {
    if (this.#judged.has(name)) throw new Error(`${name} is made twice`);
    for (const id of prev) if (!this.#judged.has(id)) throw new Error(`${name} follows ${id}, which is not made yet`);
    const inChannel = act.type === 'm.channel.create' || (this.#maker.rooms.has(act.room) && this.kind(act.room) === 'channel');
    const content =
      typeof act.content === 'function' ? act.content({ stayOf: (user) => this.#stayName(act.room, prev, user) }) : act.content;
    const named: NamedEvent = {
      id: name,
      room: act.room,
      type: act.type,
      sender: act.sender,
      ...(act.stateKey === undefined ? {} : { state_key: act.stateKey }),
      content,
      prev,
      ...(inChannel ? { guild_heads: guildHeads } : {}),
      ts: act.at ?? ++this.#clock,
      signed_by: act.signedBy ?? [`${serverOf(act.sender)}/k1`],
    };
    const event = this.#maker.make(named);
    this.#names.set(event.event_id, name);
    const outcome = this.host.receive(event.pdu);
    if (outcome.kind === 'dropped' || outcome.kind === 'known') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    this.#judged.set(name, { named, event, rule: outcome.kind === 'rejected' ? this.ruleName(outcome.fault.rule) : null });
  }

  #stayName(room: string, prev: readonly string[], user: string): string {
    const stay = this.ask(room, (view) => stayOf(view, user), prev);
    return stay === undefined ? 'none' : (this.#names.get(stay) as string);
  }

  /** The scenario in names, for other implementations. */
  get events(): readonly NamedEvent[] {
    return [...this.#judged.values()].map(({ named }) => named);
  }

  get realEvents(): readonly RoomEvent[] {
    return [...this.#judged.values()].map(({ event }) => event);
  }

  roomNames(): string[] {
    return [...this.#maker.rooms.keys()];
  }

  kind(room: string): Room['kind'] {
    return this.host.room(this.#maker.roomId(room)).kind;
  }

  ruleName(id: string): RuleName {
    const name = NAMES.get(id);
    if (name === undefined) throw new Error(`${id} is no rule of the auth rules`);
    return name;
  }

  /** Accepted events of a room that no accepted event of it follows. */
  heads(room: string): string[] {
    const mine = [...this.#judged.values()].filter((one) => one.named.room === room && one.rule === null);
    const cited = new Set(mine.flatMap((one) => one.named.prev));
    return mine.map((one) => one.named.id).filter((name) => !cited.has(name));
  }

  /** Accepted events of a room, in the order of making. */
  accepted(room: string): string[] {
    return [...this.#judged.values()].filter((one) => one.named.room === room && one.rule === null).map((one) => one.named.id);
  }

  /** What the host keeps of an event. */
  record(name: string): StoredEvent {
    return this.host.stored.get(this.#maker.eventId(name)) as StoredEvent;
  }

  /** The names of the rules by which events were refused. */
  get refused(): Readonly<Record<string, RuleName>> {
    return Object.fromEntries([...this.#judged].flatMap(([name, { rule }]) => (rule === null ? [] : [[name, rule]])));
  }

  /** Void events of a guild or plain room, by name. */
  voids(room: string, heads: readonly string[] = this.heads(room)): string[] {
    const real = this.host.room(this.#maker.roomId(room));
    const ids = this.host.serve(real, () => real.voidAt(heads.map((name) => this.#maker.eventId(name))));
    return [...ids].map((id) => this.#names.get(id) as string).sort(utf8Compare);
  }

  /** The state, as `type|state key` (in names where a room or a key is one) to the name of the event that holds it. */
  state(room: string, heads: readonly string[] = this.heads(room)): Readonly<Record<string, string>> {
    const real = this.host.room(this.#maker.roomId(room));
    const state = this.host.serve(real, () => real.stateAfter(heads.map((name) => this.#maker.eventId(name))));
    return Object.fromEntries(
      [...state.entries()].map(([type, , id]) => {
        const name = this.#names.get(id) as string;
        return [`${type}|${this.#judged.get(name)?.named.state_key ?? ''}`, name];
      }),
    );
  }

  /** The event that holds an entry. */
  holder(type: string, stateKey = '', room = 'g', heads?: readonly string[]): string | undefined {
    const entry = `${type}|${stateKey}`;
    const event = this.state(room, heads)[entry];
    if (heads !== undefined) this.holders.push({ room, heads, entry, event: event ?? null });
    return event;
  }

  /** A question to the state of a guild or plain room. */
  ask<T>(room: string, question: (view: StateView) => T, heads: readonly string[] = this.heads(room)): T {
    const real = this.host.room(this.#maker.roomId(room));
    return this.host.serve(real, () =>
      real.judgeAt(
        heads.map((name) => this.#maker.eventId(name)),
        question,
      ),
    );
  }

  membership(who: Person, heads?: readonly string[], room = 'g'): string {
    return this.ask(room, (view) => membershipOf(view, who.id), heads);
  }

  roles(who: Person, heads?: readonly string[]): readonly string[] {
    return this.ask('g', (view) => heldRoles(view, who.id), heads);
  }

  rank(who: Person, heads?: readonly string[]): number {
    return this.ask('g', (view) => effectivePermissions(view, who.id).rank, heads);
  }

  bits(who: Person, heads?: readonly string[]): bigint {
    return this.ask('g', (view) => effectivePermissions(view, who.id).bits, heads);
  }

  /** A server's keys, by what follows the server's name in theirs. */
  keys(server: string): string[] {
    const names = new Map(['k0', 'k1', 'k2', 'n1', 'n2', 'x0'].map((name) => [signerNamed(`${server}/${name}`).key_id, name]));
    return this.ask('g', (view) => serverKeys(view, server)).map((id) => names.get(id) ?? id);
  }

  /** How a server with these heads takes the event: the rule by which it soft-fails it, or null. */
  softFault(name: string, heads: readonly string[], guildHeads?: readonly string[]): RuleName | null {
    const { event } = this.#judged.get(name) as Judged;
    const idsOf = (names: readonly string[]): string[] => names.map((one) => this.#maker.eventId(one));
    const guild = guildHeads === undefined ? undefined : this.host.roomAt(this.#maker.roomId('g'), idsOf(guildHeads));
    const room = this.host.roomAt(event.room_id, idsOf(heads), guild);
    const { outcome } = this.host.serve(room, () => room.receive(copyOf(event)));
    if (outcome.kind !== 'accepted' && outcome.kind !== 'soft-failed') throw new Error(`${name}: ${JSON.stringify(outcome)}`);
    const rule = outcome.kind === 'soft-failed' ? outcome.fault.rule : null;
    this.softFaults.push({ event: name, heads, ...(guildHeads === undefined ? {} : { guild_heads: guildHeads }), rule });
    return rule === null ? null : this.ruleName(rule);
  }

  /** Where what the drawings say of an event is not what the engine made of it. */
  misdrawn(): string[] {
    const voids = new Set(this.roomNames().flatMap((room) => (this.kind(room) === 'channel' ? [] : this.voids(room))));
    return [...this.#expectedFates].flatMap(([name, drawn]) => {
      const rule = (this.#judged.get(name) as Judged).rule;
      const fate = rule !== null ? 'rejected' : voids.has(name) ? 'void' : 'stands';
      return fate === drawn ? [] : [`${name} is drawn as ${drawn}; it is ${fate}${rule === null ? '' : ` by ${rule}`}`];
    });
  }

  /** Receives everything in quite another order on another host, and says where the outcome differs. */
  differencesInAnotherOrder(): string[] {
    const other = new VectorHost();
    const out: string[] = [];
    const rest = [...this.#judged.values()];
    const known = new Set<string>();
    while (rest.length > 0) {
      const next = rest.findLastIndex(({ named }) =>
        [...named.prev, ...(named.guild_heads ?? [])].every((name) => this.#cited(name, known)),
      );
      const [{ named, event, rule }] = rest.splice(next, 1) as [Judged];
      known.add(named.id);
      const outcome = other.receive(event.pdu);
      const got = outcome.kind === 'rejected' ? this.ruleName(outcome.fault.rule) : null;
      if (got !== rule) out.push(`${named.id}: ${got ?? 'accepted'} in another order, ${rule ?? 'accepted'} in this`);
    }
    for (const room of this.roomNames()) {
      const ids = this.heads(room).map((name) => this.#maker.eventId(name));
      const of = (host: VectorHost): string => {
        const real = host.room(this.#maker.roomId(room));
        const entries = host.serve(real, () => real.stateAfter(ids)).entries();
        const voids = real.kind === 'channel' ? [] : [...host.serve(real, () => real.voidAt(ids))];
        return JSON.stringify([[...entries].map(String).sort(utf8Compare), voids.sort(utf8Compare)]);
      };
      if (of(this.host) !== of(other)) out.push(`the state of ${room} differs`);
    }
    return out;
  }

  /** Known, or an event that comes from nowhere. The guild's create event comes before its channels'. */
  #cited(name: string, known: ReadonlySet<string>): boolean {
    return known.has(name) || !this.#judged.has(name);
  }
}

function copyOf(event: RoomEvent): UnverifiedCopy {
  const copy = checkCopy(event.pdu, VERSION);
  if (!copy.ok) throw new Error(`${copy.rule}: ${copy.detail}`);
  return copy.value;
}
