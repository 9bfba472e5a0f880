import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  buildEvent,
  type JsonObject,
  NATIVE_VERSION,
  type RoomEvent,
  type RoomVersion,
  roomVersion,
  sha256,
  publicKeyOf,
  type SignatureCheck,
  type Signer,
  signerFromSeed,
  utf8Encode,
} from '@openguild/core';
import { MemoryStore, RoomRunner, SqliteStore, type Store, VerifierPool, type Verify, verifyWithNode } from '@openguild/storage';
import { median, Report } from '../../scripts/lib/bench-report.ts';

const VERSION = roomVersion(NATIVE_VERSION) as RoomVersion;
const OWNER = '@owner:a.example';
const report = new Report();

function signers(count: number): Signer[] {
  return Array.from({ length: count }, (_, i) => signerFromSeed(sha256(utf8Encode(`signer ${i}`))));
}

function runnerOf(store: Store, verify: Verify): RoomRunner {
  let now = 1;
  return new RoomRunner({ store, verify, fetchMissing: async () => [], now: () => now++, ownServer: 'a.example' });
}

async function made(runner: RoomRunner, room: string | null, keys: readonly Signer[], type: string, content: JsonObject, key?: string) {
  const draft = { type, sender: OWNER, content, ...(key === undefined ? {} : { state_key: key }) };
  const creation = await runner.create(room, draft, keys);
  if (creation.outcome.kind === 'refused') throw new Error(JSON.stringify(creation.outcome));
  return creation.event as RoomEvent;
}

/** A guild and some channels. */
async function guildOf(
  runner: RoomRunner,
  keys: readonly Signer[],
  channels: number,
): Promise<{ events: RoomEvent[]; channels: string[] }> {
  const [key] = keys as [Signer];
  const first = [key];
  const create = await made(
    runner,
    null,
    first,
    'm.guild.create',
    { room_version: NATIVE_VERSION, root: key.key_id, keys: [key.key_id] },
    '',
  );
  const guild = create.room_id;
  const events = [create, await made(runner, guild, first, 'm.room.member', { membership: 'join', root: key.key_id }, OWNER)];
  const roles = { everyone: { rank: 0, allow: '3073' } };
  events.push(await made(runner, guild, first, 'm.guild.authority', { roles }, ''));
  const ids: string[] = [];
  for (let i = 0; i < channels; i++) {
    const channel = await made(runner, null, first, 'm.channel.create', { room_version: NATIVE_VERSION, guild, kind: 'text' }, '');
    events.push(channel, await made(runner, guild, first, 'm.guild.channel', { kind: 'text' }, channel.room_id));
    ids.push(channel.room_id);
  }
  return { events, channels: ids };
}

/** What threads verify when a runner's needs are all that is asked of them: the signatures of 700-byte events, sixteen rooms at a time. */
async function verdictNeeds(): Promise<void> {
  const [key] = signers(1) as [Signer];
  const checks: SignatureCheck[] = Array.from({ length: 8_000 }, (_, i) => {
    const message = utf8Encode(`${i} ${'x'.repeat(700)}`);
    return { key_id: key.key_id, public_key: publicKeyOf(key.key_id) as Uint8Array, message, signature: key.sign(message) };
  });
  const rate = async (pool: VerifierPool): Promise<number> => {
    const began = performance.now();
    let next = 0;
    const room = async (): Promise<void> => {
      for (let at = next; at < checks.length; at = next) {
        next = at + 16;
        if ((await pool.verify(checks.slice(at, next))).includes(false)) throw new Error('not all were valid');
      }
    };
    await Promise.all(Array.from({ length: 16 }, room));
    return checks.length / ((performance.now() - began) / 1_000);
  };
  const pools = [new VerifierPool(1), new VerifierPool(2)] as const;
  for (const pool of pools) await rate(pool);
  const rounds: { readonly one: number; readonly two: number }[] = [];
  for (let i = 0; i < 7; i++) rounds.push({ one: await rate(pools[0]), two: await rate(pools[1]) });
  for (const pool of pools) await pool.close();
  const [one, two] = [median(rounds.map((round) => round.one)), median(rounds.map((round) => round.two))];
  const ratio = median(rounds.map((round) => round.two / round.one));
  report.say({
    ...{ name: 'verdicts on 700-byte events: two verifying threads', value: two, unit: 'verdicts/s', baseline: one, ratio },
    ...{ goal: '>= 1.7 of one', holds: ratio >= 1.7 },
  });
}

/** Events of many channels, brought all at a time, through the runner's verdict needs. */
async function threads(signatures: number, perChannel: number): Promise<void> {
  const keys = signers(signatures);
  const source = runnerOf(new MemoryStore(), verifyWithNode);
  const { events, channels } = await guildOf(source, keys, 16);
  const messages: RoomEvent[] = [];
  for (let i = 0; i < perChannel; i++)
    for (const channel of channels) messages.push(await made(source, channel, keys, 'm.room.message', { body: `${i} ${'x'.repeat(90)}` }));
  const rate = async (verify: Verify): Promise<number> => {
    const runner = runnerOf(new MemoryStore(), verify);
    for (const { room_id, pdu } of events) await runner.receive(room_id, pdu, { from: 'b.example', version: NATIVE_VERSION });
    const began = performance.now();
    const outcomes = await Promise.all(messages.map(({ room_id, pdu }) => runner.receive(room_id, pdu, { from: 'b.example' })));
    const seconds = (performance.now() - began) / 1_000;
    if (outcomes.some(({ kind }) => kind !== 'accepted' && kind !== 'parked')) throw new Error('not all were accepted');
    await runner.settled();
    return messages.length / seconds;
  };
  const pools = [new VerifierPool(1), new VerifierPool(2)] as const;
  const rounds: [number, number, number][] = [];
  // In turns, so that what else the machine does meets them alike; the first round warms up.
  for (let i = 0; i < 6; i++) rounds.push([await rate(pools[0].verify), await rate(pools[1].verify), await rate(verifyWithNode)]);
  for (const pool of pools) await pool.close();
  const [one, two, platform] = [0, 1, 2].map((which) => median(rounds.slice(1).map((round) => round[which] as number))) as [
    number,
    number,
    number,
  ];
  const bytes = Math.round(messages.reduce((sum, { pdu }) => sum + JSON.stringify(pdu).length, 0) / messages.length);
  const name = `RoomRunner, ${bytes}-byte events with ${signatures} signatures each`;
  report.measure(`${name}: two verifying threads`, two, 'events/s', one, 'against one; the loop itself takes a third');
  report.measure(`${name}: the platform's own threads`, platform, 'events/s', one, 'against one verifying thread');
}

/** A channel to which messages come, one after the other, from another server. */
class Chain {
  readonly #channel: string;
  readonly #guildHeads: readonly string[];
  readonly #keys: readonly Signer[];
  #last: string;
  #length = 0;

  constructor(events: readonly RoomEvent[], keys: readonly Signer[]) {
    const [create, listing] = events.slice(-2) as [RoomEvent, RoomEvent];
    this.#channel = create.room_id;
    this.#last = create.event_id;
    this.#guildHeads = [listing.event_id];
    this.#keys = keys;
  }

  /** Brings so many more to a runner, a hundred under way at a time. Milliseconds of CPU for one. */
  async grow(runner: RoomRunner, count: number): Promise<number> {
    const began = process.cpuUsage();
    const waiting = new Set<Promise<unknown>>();
    for (let i = 0; i < count; i++) {
      const { event_id, pdu } = this.#next();
      this.#last = event_id;
      const work: Promise<unknown> = runner.receive(this.#channel, pdu, { from: 'b.example' }).finally(() => waiting.delete(work));
      waiting.add(work);
      if (waiting.size >= 100) await Promise.all(waiting);
    }
    await Promise.all(waiting);
    await runner.settled();
    const { user, system } = process.cpuUsage(began);
    return (user + system) / 1_000 / count;
  }

  #next(): RoomEvent {
    const body = `${this.#length++} ${'x'.repeat(90)}`;
    const fields = { type: 'm.room.message', sender: OWNER, content: { body }, room_id: this.#channel, origin_ts: this.#length };
    return buildEvent({ ...fields, prev_events: [this.#last], guild_heads: this.#guildHeads }, VERSION, this.#keys);
  }
}

function heapMb(): number {
  globalThis.gc?.();
  return process.memoryUsage().heapUsed / 1e6;
}

/** What a runner keeps in memory of a channel of many events, and what one that opens it later does. */
async function workingSet(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'openguild-runner-'));
  const keys: Signer[] = [{ key_id: (signers(1)[0] as Signer).key_id, sign: () => new Uint8Array(64) }];
  const valid: Verify = async (checks) => checks.map(() => true);
  const [count, more] = [100_000, 1_000];
  const { events } = await guildOf(runnerOf(new MemoryStore(), valid), keys, 1);
  const chain = new Chain(events, keys);
  /** Heap that a runner holds, the store and all else left out. */
  const held = async (work: (runner: RoomRunner) => Promise<number>): Promise<[heap: number, cost: number]> => {
    const store = await SqliteStore.open(folder);
    try {
      const before = heapMb();
      const runner = runnerOf(store, valid);
      const cost = await work(runner);
      const heap = heapMb() - before;
      // Still needed, so that what it holds was there to be measured.
      await runner.settled();
      return [heap, cost];
    } finally {
      await store.close();
    }
  };
  try {
    const [heap, cost] = await held(async (runner) => {
      for (const { room_id, pdu } of events) await runner.receive(room_id, pdu, { from: 'b.example', version: NATIVE_VERSION });
      return chain.grow(runner, count);
    });
    report.measure(`a runner with a channel of ${count} events that all came through it: heap`, heap, 'MB', null);
    const [again, later] = await held((runner) => chain.grow(runner, more));
    report.measure(
      `a runner that opens the channel of ${count} events and goes on with ${more}: heap for its two rooms`,
      again,
      'MB',
      null,
    );
    report.measure('the same: CPU for one of these events', later, 'ms', cost);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

await verdictNeeds();
await threads(1, 80);
await threads(8, 30);
await workingSet();
report.write();
