import { createPrivateKey, createPublicKey, type KeyObject, sign } from 'node:crypto';
import {
  BITS,
  buildEvent,
  checkCopy,
  type EventDraft,
  type JsonValue,
  MemoryRooms,
  NATIVE_VERSION,
  Room,
  type RoomSnapshot,
  type RoomVersion,
  roomVersion,
  sha256,
  type SignatureCheck,
  type Signer,
  signerFromSeed,
  type StoredEvent,
  utf8Encode,
} from '@openguild/core';
import { bestCpuMs, cpuMs, inTurn } from '../../scripts/lib/cpu-time.ts';
import { inputOf, pipeline } from './pipeline.ts';
import { Report } from '../../scripts/lib/bench-report.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const OWNER = '@owner:a.example';
const SIGNER = realSigner('a.example');
/** Where crypto is not what is measured, nobody signs and every signature counts as right. */
const UNSIGNED: Signer = { key_id: SIGNER.key_id, sign: () => new Uint8Array(64) };
const report = new Report();

function realSigner(name: string): Signer & { readonly publicKey: KeyObject } {
  const seed = sha256(utf8Encode(name));
  const key = createPrivateKey({
    key: Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed]),
    format: 'der',
    type: 'pkcs8',
  });
  return { key_id: signerFromSeed(seed).key_id, publicKey: createPublicKey(key), sign: (message) => sign(null, message, key) };
}

/** A guild with one channel, all of one server, in memory. */
class World {
  readonly rooms: MemoryRooms;
  readonly guild: string;
  readonly channel: string;
  readonly signer: Signer;
  #clock = 1;

  constructor(signer: Signer, valid: (check: SignatureCheck) => boolean) {
    this.signer = signer;
    this.rooms = new MemoryRooms(valid);
    const keys = { root: signer.key_id, keys: [signer.key_id] };
    this.guild = this.#start({ type: 'm.guild.create', sender: OWNER, state_key: '', content: { room_version: VERSION.id, ...keys } });
    this.add(this.guild, { type: 'm.room.member', sender: OWNER, state_key: OWNER, content: { membership: 'join', root: signer.key_id } });
    this.add(this.guild, {
      type: 'm.guild.authority',
      sender: OWNER,
      state_key: '',
      content: { roles: { everyone: { rank: 0, allow: '3073' } } },
    });
    this.add(this.guild, { type: 'm.room.join_rules', sender: OWNER, state_key: '', content: { join_rule: 'public' } });
    this.channel = this.newChannel();
  }

  newChannel(): string {
    const channel = this.#start(
      { type: 'm.channel.create', sender: OWNER, state_key: '', content: { guild: this.guild, kind: 'text', room_version: VERSION.id } },
      this.guild,
    );
    this.add(this.guild, { type: 'm.guild.channel', sender: OWNER, state_key: channel, content: { kind: 'text' } });
    return channel;
  }

  join(user: string): void {
    this.add(this.guild, {
      type: 'm.room.member',
      sender: user,
      state_key: user,
      content: { membership: 'join', root: this.signer.key_id },
    });
  }

  say(body: string, channel = this.channel): string {
    return this.add(channel, { type: 'm.room.message', sender: OWNER, content: { body } });
  }

  add(room: string, draft: EventDraft): string {
    const made = this.rooms.create(room, draft, { now: this.#clock++, signers: [this.signer] });
    if (made.event === null) throw new Error(JSON.stringify(made.outcome));
    return made.event.event_id;
  }

  receive(pdu: JsonValue): void {
    const copy = checkCopy(pdu, VERSION);
    if (!copy.ok) throw new Error(copy.detail);
    const received = this.rooms.receive(copy.value, VERSION);
    if (received.missing !== null || received.outcome.kind === 'rejected' || received.outcome.kind === 'dropped')
      throw new Error(JSON.stringify(received));
  }

  #start(draft: EventDraft, guild?: string): string {
    const made = this.rooms.start(draft, { now: this.#clock++, signers: [this.signer] }, VERSION, guild);
    if (made.event === null) throw new Error(JSON.stringify(made.outcome));
    return made.event.room_id;
  }
}

/** The pipeline on messages of a channel. */
function nativePipeline(): void {
  const source = new World(SIGNER, () => true);
  for (let i = 0; i < 1_500; i++) source.say(`${i} ${'x'.repeat(90)}`);
  const input = inputOf(source.rooms, [source.guild, source.channel], 'm.room.message', VERSION);
  pipeline(report, 'native', input, SIGNER.publicKey);
}

/** The same in a room of a Matrix version, whose events are signed by servers. */
function matrixPipeline(): void {
  const version = roomVersion('11') as RoomVersion;
  const rooms = new MemoryRooms(
    () => true,
    () => true,
  );
  const signers = [{ key_id: 'ed25519:1', sign: SIGNER.sign }];
  let now = 1;
  const create = { type: 'm.room.create', sender: OWNER, state_key: '', content: {} };
  const room = rooms.start(create, { now: now++, signers, room_id: '!bench:a.example' }, version).event?.room_id as string;
  const add = (draft: EventDraft): void => {
    const { outcome } = rooms.create(room, draft, { now: now++, signers });
    if (outcome.kind !== 'accepted') throw new Error(JSON.stringify(outcome));
  };
  add({ type: 'm.room.member', sender: OWNER, state_key: OWNER, content: { membership: 'join' } });
  for (let i = 0; i < 1_500; i++)
    add({ type: 'm.room.message', sender: OWNER, content: { body: `${i} ${'x'.repeat(120)}`, msgtype: 'm.text' } });
  pipeline(report, 'Matrix 11', inputOf(rooms, [room], 'm.room.message', version), SIGNER.publicKey);
}

/** A guild in which much is void, against one where the same stands: an event must not know of all that was ever void. */
function voids(): void {
  const doomed = 3_000;
  const standing = guildOfJoinRules(doomed, false);
  const isVoid = guildOfJoinRules(doomed, true);
  let users = 0;
  const joins = (world: World) => () => {
    for (let i = 0; i < 20; i++) world.join(`@v${users++}:a.example`);
  };
  const [before, after] = inTurn(120, joins(standing), joins(isVoid));
  const heads = isVoid.rooms.ask(isVoid.guild, (room) => ({ needs: null, value: room.extremities }));
  const found = isVoid.rooms.ask(isVoid.guild, (room) => room.voidAt(heads)).size;
  report.measure(
    `guild in which ${found} events are void: an event`,
    (after * 1_000) / 20,
    'us',
    (before * 1_000) / 20,
    '<= 1.2 of where they stand',
    (ratio) => ratio <= 1.2,
  );
  const [last] = isVoid.rooms.ask(isVoid.guild, (room) => room.history(1)).events;
  report.measure('the same: bytes kept with an event of what is void', JSON.stringify(last?.void_delta).length, 'bytes', null);
}

/** A moderator sets the join rules so many times; beside it the owner kicks him (then all of it is void) or says something of no effect; and both are merged. */
function guildOfJoinRules(count: number, kicked: boolean): World {
  const world = new World(UNSIGNED, () => true);
  const mod = '@mod:a.example';
  const roles = { everyone: { rank: 0, allow: '3073' }, mod: { rank: 50, allow: String(BITS.MANAGE_GUILD | BITS.KICK_MEMBERS | 3073n) } };
  world.add(world.guild, { type: 'm.guild.authority', sender: OWNER, state_key: '', content: { roles } });
  world.join(mod);
  const stay = world.rooms.ask(world.guild, (room) => room.stateEvent('m.room.member', mod))?.event_id as string;
  world.add(world.guild, { type: 'm.guild.member_roles', sender: OWNER, state_key: mod, content: { stay, roles: ['mod'] } });
  const other = new MemoryRooms(() => true);
  for (const { event } of world.rooms.events(world.guild)) {
    const copy = checkCopy(event.pdu, VERSION);
    if (!copy.ok || other.receive(copy.value, VERSION).missing !== null) throw new Error('the guild cannot be copied');
  }
  const kick = { type: 'm.room.member', sender: OWNER, state_key: mod, content: { membership: 'leave' } };
  const meta = { type: 'm.guild.meta', sender: OWNER, state_key: '', content: { name: 'guild' } };
  const beside = other.create(world.guild, kicked ? kick : meta, { now: 1e6, signers: [UNSIGNED] }).event;
  for (let i = 0; i < count; i++) {
    const rule = i % 2 === 0 ? 'invite' : 'public';
    world.add(world.guild, { type: 'm.room.join_rules', sender: mod, state_key: '', content: { join_rule: rule } });
  }
  world.receive(beside?.pdu as JsonValue);
  world.add(world.guild, { type: 'm.room.merge', sender: '@:a.example', content: {} });
  return world;
}

/** What an event costs after a long history, against one after a short one, in turns. */
function againstShort(what: string, [short, long]: readonly [number, number], grow: (world: World, events: number) => void): void {
  const worlds = [short, long].map((events) => {
    const world = new World(UNSIGNED, () => true);
    grow(world, events);
    return world;
  }) as [World, World];
  const [early, late] = inTurn(
    60,
    () => grow(worlds[0], 20),
    () => grow(worlds[1], 20),
  );
  const name = `${what}: an event after ${long.toLocaleString('en')}`;
  const goal = `<= 1.2 of one after ${short.toLocaleString('en')}`;
  report.measure(name, (late * 1_000) / 20, 'us', (early * 1_000) / 20, goal, (ratio) => ratio <= 1.2);
}

function linear(): void {
  againstShort('linear channel', [1_000, 100_000], (world, events) => {
    for (let i = 0; i < events; i++) world.say('x');
  });
  report.measure('memory with 100,000 events kept', process.memoryUsage().rss / 1e6, 'MB', null);
}

/** One member leaving and joining over and over. */
function flapping(): void {
  const user = '@flap:a.example';
  againstShort('one member flapping', [1_000, 100_000], (world, events) => {
    for (let i = 0; i < events; i += 2) {
      world.join(user);
      world.add(world.guild, { type: 'm.room.member', sender: user, state_key: user, content: { membership: 'leave' } });
    }
  });
}

/** A guild of many members in which somebody joins between any two messages, against one in which nobody does. */
function busyGuild(): void {
  const world = new World(UNSIGNED, () => true);
  const members = 30_000;
  for (let i = 0; i < members; i++) world.join(`@m${i}:a.example`);
  const channels = Array.from({ length: 500 }, () => world.newChannel());
  const round = (): void => {
    for (const channel of channels) world.say('x', channel);
  };
  round();
  let next = members;
  const [quiet, busy] = inTurn(60, round, () => {
    world.join(`@m${next++}:a.example`);
    round();
  });
  report.measure(
    `guild of ${members} members, 500 channels, a join a second and a message a second in each: a message`,
    (busy / channels.length) * 1_000,
    'us',
    (quiet / channels.length) * 1_000,
    '<= 1.2 of a quiet guild',
    (ratio) => ratio <= 1.2,
  );
}

/** Ten thousand concurrent messages of one server, all after the same event. */
function star(): void {
  const world = new World(UNSIGNED, () => true);
  world.say('centre');
  const [centre] = world.rooms.ask(world.channel, (room) => ({ needs: null, value: room.extremities }));
  const heads = world.rooms.ask(world.guild, (room) => ({ needs: null, value: room.extremities }));
  const events = Array.from({ length: 10_000 }, (_, i) =>
    buildEvent(
      {
        type: 'm.room.message',
        sender: OWNER,
        content: { body: String(i) },
        room_id: world.channel,
        origin_ts: i,
        prev_events: [centre as string],
        guild_heads: heads,
      },
      VERSION,
      [UNSIGNED],
    ),
  );
  const took = bestCpuMs(1, 1, 0, () => {
    for (const { pdu } of events) world.receive(pdu);
  });
  const chain = bestCpuMs(1, 3, 0, () => {
    for (let i = 0; i < 500; i++) world.say('y');
  });
  report.measure(
    'star of 10,000 concurrent events of one server: one of them',
    took / 10,
    'us',
    chain * 2,
    '<= 2 of an event of a chain',
    (ratio) => ratio <= 2,
  );
}

/** Twenty members' concurrent changes in a guild of many members, merged. */
function branches(): void {
  const world = new World(UNSIGNED, () => true);
  const members = 100_000;
  const count = 20;
  for (let i = 0; i < members; i++) world.join(`@m${i}:a.example`);
  const [own] = world.rooms.ask(world.guild, (room) => ({ needs: null, value: room.extremities }));
  const tips: string[] = [];
  for (let i = 0; i < count; i++) {
    const user = `@m${i}:a.example`;
    const member = world.rooms.ask(world.guild, (room) => room.stateEvent('m.room.member', user));
    const fields = { type: 'm.room.member', sender: user, state_key: user, content: { membership: 'leave' }, room_id: world.guild };
    const event = buildEvent(
      { ...fields, origin_ts: 1e6 + i, prev_events: [own as string], auth_events: [member?.event_id as string] },
      VERSION,
      [UNSIGNED],
    );
    world.receive(event.pdu);
    tips.push(event.event_id);
  }
  const merge = { type: 'm.room.merge', sender: '@:a.example', content: {}, room_id: world.guild, origin_ts: 2e6 };
  const { pdu } = buildEvent({ ...merge, prev_events: tips, auth_events: [] }, VERSION, [UNSIGNED]);
  const [snapshot] = world.rooms.snapshots();
  globalThis.gc?.();
  const cold = coldMerge(world, Room.open(snapshot as RoomSnapshot), pdu);
  const inTime = (ms: number): boolean => ms < 250;
  report.measure('the same in a room of which nothing is in memory, without reading it', cold, 'ms', null, 'under 250 ms', inTime);
  const began = cpuMs();
  world.receive(pdu);
  const took = cpuMs() - began;
  report.measure(`merge of ${count} branches in a guild of ${members} members`, took, 'ms', null, 'under 250 ms', inTime);
}

/** Milliseconds of CPU for an event of a room that was just opened. What it asks for is ready, as if read from a store. */
function coldMerge(world: World, room: Room, pdu: JsonValue): number {
  const copy = checkCopy(pdu, VERSION);
  if (!copy.ok) throw new Error(copy.detail);
  let took = 0;
  const timed = <T>(work: () => T): T => {
    const began = cpuMs();
    const result = work();
    took += cpuMs() - began;
    return result;
  };
  for (;;) {
    const { needs } = timed(() => room.receive(copy.value));
    if (needs === null) return took;
    const events = needs.events.map(({ event_id }) => world.rooms.stored(room.room_id, event_id) as StoredEvent);
    const states = needs.states.map((need) => {
      const state = world.rooms.ask(room.room_id, (one) => one.stateAfter([need.event_id]));
      return { ...need, entries: [...state.entries()] };
    });
    const verdicts = needs.verdicts.map((check) => ({ check, valid: true }));
    timed(() => room.supply({ events, states, verdicts }));
  }
}

nativePipeline();
matrixPipeline();
voids();
linear();
star();
branches();
flapping();
busyGuild();
report.write();
