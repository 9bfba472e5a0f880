import { createHash, createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import canonicalize from 'canonicalize';
import {
  buildEvent,
  canonicalJson,
  checkCopy,
  type EventDraft,
  type JsonValue,
  MemoryRooms,
  NATIVE_VERSION,
  readJson,
  type RoomVersion,
  roomVersion,
  sha256,
  type SignatureCheck,
  type Signer,
  signerFromSeed,
  utf8Encode,
} from '@openguild/core';
import { bestOf } from './measure.ts';
import { type Measurement, print } from './report.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const OWNER = '@owner:a.example';
const SIGNER = realSigner('a.example');
/** Where crypto is not what is measured, nobody signs and every signature counts as right. */
const UNSIGNED: Signer = { key_id: SIGNER.key_id, sign: () => new Uint8Array(64) };
const report: Measurement[] = [];

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

function measure(
  name: string,
  value: number,
  unit: string,
  baseline: number | null,
  goal: string,
  holds: ((ratio: number) => boolean) | null,
): void {
  const ratio = baseline === null ? null : value / baseline;
  report.push({ name, value, unit, baseline, ratio, goal, holds: ratio === null || holds === null ? null : holds(ratio) });
}

/** Parse, verify, authorise, insert, on one thread, against JSON.parse, canonicalize, SHA-256 and node:crypto's verify of the same bytes. */
function pipeline(): void {
  const source = new World(SIGNER, () => true);
  const count = 1_500;
  const texts: Buffer[] = [];
  for (let i = 0; i < count; i++) source.say(`${i} ${'x'.repeat(110)}`);
  for (const { event } of source.rooms.events(source.channel))
    if (event.type === 'm.room.message') texts.push(Buffer.from(canonicalJson(event.pdu)));
  const check = ({ message, signature }: SignatureCheck): boolean => verify(null, message, SIGNER.publicKey, signature);
  const others = [source.guild, source.channel].flatMap((room) =>
    [...source.rooms.events(room)].filter(({ event }) => event.type !== 'm.room.message'),
  );
  const limit = bestOf(
    3,
    1_000,
    () => {},
    () => {
      for (const text of texts) {
        const { signatures, ...event } = JSON.parse(text.toString('utf8')) as Record<string, Record<string, Record<string, string>>>;
        const bytes = Buffer.from(canonicalize(event) as string);
        createHash('sha256').update(bytes).digest();
        const [signature] = Object.values(Object.values(signatures ?? {})[0] ?? {});
        verify(null, bytes.subarray(0, 48), SIGNER.publicKey, Buffer.from(signature ?? '', 'base64'));
      }
    },
  );
  const run = (rooms: MemoryRooms, bytes: Uint8Array): void => {
    const value = readJson(bytes);
    const copy = value.ok ? checkCopy(value.value, VERSION) : value;
    if (!copy.ok) throw new Error(copy.detail);
    const received = rooms.receive(copy.value, VERSION);
    if (received.missing !== null || received.outcome.kind !== 'accepted') throw new Error(JSON.stringify(received));
  };
  let rooms = new MemoryRooms(check);
  const ours = bestOf(
    3,
    1_000,
    () => {
      rooms = new MemoryRooms(check);
      for (const { event } of others) run(rooms, Buffer.from(canonicalJson(event.pdu)));
    },
    () => {
      for (const text of texts) run(rooms, text);
    },
  );
  const bytes = Math.round(texts.reduce((sum, text) => sum + text.length, 0) / texts.length);
  measure(
    `pipeline, native, ${bytes}-byte events`,
    (count / ours) * 1_000,
    'events/s',
    (count / limit) * 1_000,
    '>= 0.8 of the bare limit',
    (ratio) => ratio >= 0.8,
  );
}

/** Microseconds for an event at several lengths of the history before it. */
function linear(): void {
  const warm = new World(UNSIGNED, () => true);
  for (let i = 0; i < 20_000; i++) warm.say('x');
  const world = new World(UNSIGNED, () => true);
  const cost = (until: number, samples: number): number => {
    while (depthOf(world) < until) world.say('x');
    return (
      bestOf(
        3,
        0,
        () => {},
        () => {
          for (let i = 0; i < samples; i++) world.say('y');
        },
      ) / samples
    );
  };
  const early = cost(1_000, 200);
  const late = cost(100_000, 200);
  measure('linear channel: an event at 100,000', late * 1_000, 'us', early * 1_000, '<= 1.2 of one at 1,000', (ratio) => ratio <= 1.2);
  measure('memory with 100,000 events kept', process.memoryUsage().rss / 1e6, 'MB', null, 'reported', null);
}

function depthOf(world: World): number {
  return world.rooms.ask(world.channel, (room) => room.dag(1)).at(-1)?.depth ?? 0;
}

/** One member leaving and joining over and over. */
function flapping(): void {
  const world = new World(UNSIGNED, () => true);
  const user = '@flap:a.example';
  const turn = (): void => {
    world.join(user);
    world.add(world.guild, { type: 'm.room.member', sender: user, state_key: user, content: { membership: 'leave' } });
  };
  const cost = (): number =>
    bestOf(
      3,
      0,
      () => {},
      () => {
        for (let i = 0; i < 250; i++) turn();
      },
    ) / 500;
  for (let i = 0; i < 500; i++) turn();
  const early = cost();
  for (let i = 0; i < 20_000; i++) turn();
  measure(
    'one member flapping: an event after 40,000',
    cost() * 1_000,
    'us',
    early * 1_000,
    '<= 1.2 of one after 1,000',
    (ratio) => ratio <= 1.2,
  );
}

/** A guild of many members in which somebody joins between any two messages, against one in which nobody does. */
function busyGuild(): void {
  const world = new World(UNSIGNED, () => true);
  const members = 10_000;
  for (let i = 0; i < members; i++) world.join(`@m${i}:a.example`);
  const channels = Array.from({ length: 100 }, () => world.newChannel());
  const round = (): void => {
    for (const channel of channels) world.say('x', channel);
  };
  round();
  const quiet = bestOf(5, 0, () => {}, round);
  let next = members;
  const busy = bestOf(
    5,
    0,
    () => {
      for (let i = 0; i < 20; i++) world.join(`@m${next++}:a.example`);
    },
    round,
  );
  measure(
    `guild of ${members} members, 100 channels, 20 joins between the messages of each: a message`,
    busy * 10,
    'us',
    quiet * 10,
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
  const took = bestOf(
    1,
    0,
    () => {},
    () => {
      for (const { pdu } of events) world.receive(pdu);
    },
  );
  const chain = bestOf(
    3,
    0,
    () => {},
    () => {
      for (let i = 0; i < 500; i++) world.say('y');
    },
  );
  measure(
    'star of 10,000 concurrent events of one server: one of them',
    took / 10,
    'us',
    chain * 2,
    '<= 2 of an event of a chain',
    (ratio) => ratio <= 2,
  );
}

/** Twenty servers' concurrent changes in a guild of many members, merged. */
function branches(): void {
  const world = new World(UNSIGNED, () => true);
  const members = 30_000;
  for (let i = 0; i < members; i++) world.join(`@m${i}:a.example`);
  const base = world.rooms.ask(world.guild, (room) => ({ needs: null, value: room.extremities }));
  const [own] = base;
  for (let i = 0; i < 4; i++) {
    const user = `@m${i}:a.example`;
    const member = world.rooms.ask(world.guild, (room) => room.stateEvent('m.room.member', user));
    const fields = {
      type: 'm.room.member',
      sender: user,
      state_key: user,
      content: { membership: 'leave' },
      room_id: world.guild,
      origin_ts: 1e6 + i,
      prev_events: [own as string],
    };
    world.receive(buildEvent({ ...fields, auth_events: [member?.event_id as string] }, VERSION, [UNSIGNED]).pdu);
  }
  const began = performance.now();
  world.add(world.guild, { type: 'm.room.merge', sender: '@:a.example', content: {} });
  measure(`merge of 4 branches in a guild of ${members} members`, performance.now() - began, 'ms', null, 'reported', null);
}

pipeline();
linear();
star();
branches();
flapping();
busyGuild();
print(report);
const json = process.argv.indexOf('--json');
if (json > 0) writeFileSync(process.argv[json + 1] as string, `${JSON.stringify(report, null, 2)}\n`);
