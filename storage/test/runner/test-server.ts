import {
  admissionMessage,
  base64encode,
  BITS,
  type EventDraft,
  type JsonObject,
  type JsonValue,
  NATIVE_VERSION,
  type Outcome,
  type RoomEvent,
  sha256,
  type Signer,
  signerFromSeed,
  type StoredEvent,
  utf8Encode,
} from '@openguild/core';
import {
  type Commit,
  type HeldRooms,
  type Parked,
  RoomRunner,
  type RunnerLimits,
  type Store,
  type Verify,
  verifyWithNode,
} from '@openguild/storage';

export const EVERYONE = BITS.VIEW_CHANNEL | BITS.SEND_MESSAGES | BITS.CREATE_INVITE | BITS.CONNECT;
export const MODERATOR = EVERYONE | BITS.KICK_MEMBERS | BITS.BAN_MEMBERS | BITS.MANAGE_CHANNELS | BITS.MANAGE_MESSAGES;

/** A key pair by its name: the same in every run. */
export function signer(name: string): Signer {
  return signerFromSeed(sha256(utf8Encode(name)));
}

export const rootOf = (server: string): string => signer(`${server}/k0`).key_id;
export const keysOf = (server: string): string[] => [rootOf(server), signer(`${server}/k1`).key_id];

/** A server without a network: a store, a runner, a key, and what it answers when events are missing. */
export class TestServer {
  readonly name: string;
  readonly store: Store;
  readonly runner: RoomRunner;
  readonly commits: Commit[] = [];
  readonly errors: unknown[] = [];
  /** Requests for missing events. */
  readonly fetched: { room_id: string; event_ids: readonly string[]; from: string | null }[] = [];
  /** What the network has. */
  fetchMissing: (roomId: string, eventIds: readonly string[]) => Promise<readonly JsonValue[]> = async () => [];
  clock = 1_000;

  constructor(
    name: string,
    store: Store,
    limits: Partial<RunnerLimits> = {},
    verify: Verify = verifyWithNode,
    more: { shared?: boolean; held?: HeldRooms } = {},
  ) {
    this.name = name;
    this.store = store;
    this.runner = new RoomRunner({
      store,
      verify,
      fetchMissing: (room_id, event_ids, from) => {
        this.fetched.push({ room_id, event_ids, from });
        return this.fetchMissing(room_id, event_ids);
      },
      now: () => this.clock++,
      ownServer: name,
      limits,
      onCommit: (commit) => this.commits.push(commit),
      onError: (error) => this.errors.push(error),
      ...more,
    });
  }

  get signers(): readonly Signer[] {
    return [signer(`${this.name}/k1`)];
  }

  draft(sender: string, type: string, content: JsonObject, stateKey?: string): EventDraft {
    return { type, sender, content, ...(stateKey === undefined ? {} : { state_key: stateKey }) };
  }

  /** Makes an event that must be accepted. */
  async add(roomId: string | null, sender: string, type: string, content: JsonObject, stateKey?: string): Promise<RoomEvent> {
    const made = await this.runner.create(roomId, this.draft(sender, type, content, stateKey), this.signers);
    if (made.outcome.kind === 'refused') throw new Error(`${type}: ${JSON.stringify(made.outcome.fault)}`);
    return made.event;
  }

  say(channel: string, sender: string, body: string): Promise<RoomEvent> {
    return this.add(channel, sender, 'm.room.message', { body });
  }

  receive(event: RoomEvent, from: string | null = 'a.example'): Promise<Outcome | Parked> {
    return this.runner.receive(event.room_id, event.pdu, { from, version: NATIVE_VERSION });
  }

  async stored(event: RoomEvent): Promise<StoredEvent | undefined> {
    return (await this.store.rooms.events(event.room_id, [event.event_id]))[0];
  }

  /** Everything that two servers with the same events must agree on. */
  async view(roomId: string): Promise<unknown> {
    const hash = await this.runner.ask(roomId, (room) => room.stateHash());
    const history = await this.runner.ask(roomId, (room) => room.history(500));
    return { hash, history: history.events.map((stored) => stored.event.event_id) };
  }
}

/** The content of an admission with the proof that the server's root key makes. */
export function admission(roomId: string, server: string, rank: number): JsonObject {
  const proof = signer(`${server}/k0`).sign(admissionMessage(roomId, server, rootOf(server), keysOf(server)));
  return { root: rootOf(server), keys: keysOf(server), rank, proof: base64encode(proof) };
}
