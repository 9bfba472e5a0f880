import type { Effects, JsonObject, JsonValue, RoomSnapshot, SignatureCheck } from '@openguild/core';
import type { HeldRooms, PendingInvite, Store } from '@openguild/storage';
import type { FederationConfig } from '../config/host-config.ts';
import { HostError } from '../http/errors.ts';
import type { Route } from '../http/route.ts';
import type { SignedRequest } from '../http/signed-request.ts';
import type { CancelTimer, Platform } from '../platform/platform.ts';
import type { Rooms } from '../services/rooms.ts';
import type { ServerIdentity } from '../services/server-keys.ts';
import { Access } from './access.ts';
import { isLoopbackName } from './address-guard.ts';
import { type AdmissionOffer, Admissions } from './admission.ts';
import { ChannelCatchUp } from './channel-catch-up.ts';
import { admissionRoute } from './endpoints/admission.ts';
import { codeRoute } from './endpoints/code.ts';
import { cosignRoute } from './endpoints/cosign.ts';
import { backfillRoute, eventRoute, logRoute, missingEventsRoute } from './endpoints/events.ts';
import { inviteRoute } from './endpoints/invite.ts';
import { joinRequestRoute } from './endpoints/join-request.ts';
import { discoveryRoute, keyRoute } from './endpoints/key.ts';
import { type LocalMedia, mediaRoute } from './endpoints/media.ts';
import { sendRoute } from './endpoints/send.ts';
import { headsRoute, stateRoute } from './endpoints/state.ts';
import { MissingFetcher } from './fetch-missing.ts';
import { GuardedFetch, PeerUnreachableError } from './guarded-fetch.ts';
import { HeadsExchange } from './heads-exchange.ts';
import { Joiner, type JoinWish } from './joiner.ts';
import { FEDERATION_LIMITS, type FederationLimits } from './limits.ts';
import { fetchMedia, type RemoteMedia } from './media-transfer.ts';
import { Merger } from './merger.ts';
import { NonceCache } from './nonce-cache.ts';
import { Outgoing } from './outgoing.ts';
import { PeerClient, PeerRefusedError } from './peer-client.ts';
import { PeerDirectory } from './peer-directory.ts';
import { PduReceiver } from './receive-pdus.ts';
import { RestoredRooms } from './restored-rooms.ts';
import { Transactions } from './transactions.ts';
import { verifyRequest } from './verify-request.ts';

export interface FederationOptions {
  readonly config: FederationConfig;
  readonly limits?: Partial<FederationLimits>;
  /** Bytes of a transaction; of a file of another server. */
  readonly maxBodyBytes: number;
  readonly maxMediaBytes: number;
  readonly identity: ServerIdentity;
  readonly store: Store;
  readonly rooms: Rooms;
  /** ENG-15 */
  readonly held: HeldRooms;
  readonly platform: Platform;
  readonly verify: (checks: readonly SignatureCheck[]) => Promise<readonly boolean[]>;
  /** This host's own media. */
  readonly media: { open(mediaId: string): Promise<LocalMedia | undefined> };
  readonly accountExists: (userId: string) => Promise<boolean>;
  /** A local user was invited by somebody on another server. */
  readonly onInvite: (invite: PendingInvite) => void;
}

const PRUNE_MS = 3_600_000;
const MEDIA_TIMEOUT_MS = 120_000;

/**
 * Everything between this host and others. Opens no connection and sets no timer before `start`; the host gives it its commits, its incoming requests and its wishes.
 */
export class Federation {
  readonly #options: FederationOptions;
  readonly #limits: FederationLimits;
  readonly #fetch: GuardedFetch;
  readonly #directory: PeerDirectory;
  readonly #client: PeerClient;
  readonly #nonces: NonceCache;
  readonly #access: Access;
  readonly #admissions: Admissions;
  readonly #outgoing: Outgoing;
  readonly #merger: Merger;
  readonly #heads: HeadsExchange;
  readonly #restored: RestoredRooms;
  readonly #channels: ChannelCatchUp;
  readonly #joiner: Joiner;
  readonly #missing: MissingFetcher;
  #cancelPrune: CancelTimer | undefined;
  #running = false;

  constructor(options: FederationOptions) {
    const { config, identity, store, rooms, platform, verify } = options;
    const { serverName } = identity;
    const { now } = platform;
    const { logger } = platform;
    const limits = { ...FEDERATION_LIMITS, ...options.limits };
    const loopback = isLoopbackName(new URL(`https://${serverName}`).hostname);
    this.#options = options;
    this.#limits = limits;
    this.#fetch = new GuardedFetch(platform, { loopback, allow: config.allow_addresses }, config.request_timeout_ms);
    this.#directory = new PeerDirectory({ fetch: this.#fetch, now, verify, loopback, limits, documentMs: config.key_document_ms, logger });
    this.#client = new PeerClient({
      identity,
      directory: this.#directory,
      fetch: this.#fetch,
      platform,
      timeoutMs: config.request_timeout_ms,
      maxBytes: config.max_response_bytes,
      keyRetryMs: limits.key_retry_ms,
    });
    this.#nonces = new NonceCache({ perOrigin: limits.nonces_per_origin, total: limits.nonces });
    this.#access = new Access(store, rooms, now);
    this.#admissions = new Admissions({ rooms, client: this.#client, directory: this.#directory, verify });
    this.#outgoing = new Outgoing({
      serverName,
      queue: store.outgoing,
      client: this.#client,
      platform,
      retryMinMs: config.retry_min_ms,
      retryMaxMs: config.retry_max_ms,
      logger,
      onReconnect: (server) => this.#heads.returned(server),
    });
    this.#merger = new Merger({
      serverName,
      rooms,
      platform,
      limits,
      afterMs: config.merge_after_ms,
      isDelivered: (server) => this.#outgoing.isIdle(server),
      compareAgain: (roomId) => this.#heads.touch(roomId),
      logger,
    });
    const shared = { serverName, store, rooms, access: this.#access, client: this.#client, platform, limits, logger };
    const compareWith = (server: string, roomIds: readonly string[]): Promise<void> => this.#heads.with(server, roomIds);
    this.#restored = new RestoredRooms({ serverName, held: options.held, store, rooms, platform, logger, compareWith });
    this.#heads = new HeadsExchange({ ...shared, merger: this.#merger, restored: this.#restored, afterMs: config.heads_exchange_ms });
    const log = { rooms, client: this.#client, maxEvents: limits.join_events, logger };
    this.#channels = new ChannelCatchUp({
      ...shared,
      log,
      compare: (roomId) => this.#heads.touch(roomId),
      compareWith,
    });
    this.#joiner = new Joiner({ identity, rooms, client: this.#client, outgoing: this.#outgoing, channels: this.#channels, log, logger });
    this.#missing = new MissingFetcher({ serverName, client: this.#client, store: store.rooms, now, limits, logger });
  }

  /** Delivers what waits from before and tells others that we are back. */
  async start(): Promise<void> {
    this.#running = true;
    this.#merger.start();
    this.#heads.start();
    await this.#outgoing.start();
    await this.#channels.start();
    for (const { room_id } of await this.#options.store.rooms.list()) this.#heads.touch(room_id);
    this.#restored.start();
    this.#prune();
  }

  /** Ends every loop, waits for what is under way, and closes all connections. What was not delivered stays in the queue. */
  async stop(): Promise<void> {
    this.#running = false;
    this.#cancelPrune?.();
    this.#merger.stop();
    // First told to stop, so that the requests that are broken off next do not count as failures of the others.
    const ended = Promise.all([this.#outgoing.stop(), this.#heads.stop(), this.#channels.stop(), this.#restored.stop()]);
    await this.#fetch.close();
    await ended;
  }

  /** Which server signed a request. Throws BAD_SIGNATURE with the rule that it breaks. */
  async authenticate(request: SignedRequest): Promise<{ readonly origin: string }> {
    const { identity, platform, verify } = this.#options;
    const checked = await verifyRequest(request, {
      serverName: identity.serverName,
      now: platform.now,
      keysOf: (server, keyId) => this.#directory.keysOf(server, keyId),
      verify,
      nonces: this.#nonces,
    });
    if (!checked.ok) throw new HostError(checked.rule === 'FED-21' ? 'LIMITED' : 'BAD_SIGNATURE', checked.detail, { rule: checked.rule });
    // FED-42: who speaks to us can be spoken to.
    this.#outgoing.signOfLife(checked.value.origin);
    return checked.value;
  }

  /** The federation API, for the host's route table. */
  routes(): Route[] {
    const { identity, store, rooms, platform, verify, accountExists, onInvite, maxBodyBytes } = this.#options;
    const { now } = platform;
    const access = this.#access;
    const receiver = new PduReceiver({ store, rooms, access, logger: platform.logger });
    const transactions = new Transactions(store.inbound, now, this.#limits.waiting_transactions);
    const maxPending = this.#limits.pending_invites;
    return [
      discoveryRoute(identity, () => this.#baseUrl()),
      keyRoute(identity, now),
      admissionRoute(identity),
      inviteRoute({
        serverName: identity.serverName,
        invites: store.invites,
        directory: this.#directory,
        verify,
        accountExists,
        onInvite,
        now,
        maxPending,
      }),
      codeRoute(store, now),
      joinRequestRoute({ identity, store, rooms, admissions: this.#admissions, now }),
      cosignRoute({ identity, store, rooms, verify, now }),
      sendRoute({ transactions, receiver, maxBodyBytes }),
      eventRoute(store, access),
      backfillRoute(store, access),
      missingEventsRoute(store, access),
      logRoute(store, access),
      stateRoute(rooms, access),
      headsRoute(this.#heads),
      mediaRoute(access, (mediaId) => this.#options.media.open(mediaId)),
    ];
  }

  /** Something was committed: destinations are woken, heads exchanged after a while, channels taken in where the state asks for it. */
  committed(commit: { readonly room: RoomSnapshot; readonly effects: Effects }, destinations: readonly string[] = []): void {
    const { room, effects } = commit;
    if (!this.#running) return;
    this.#outgoing.wake(destinations);
    if (effects.extremities === null) return;
    this.#heads.touch(room.room_id);
    this.#merger.ends(room.room_id, effects.extremities, () => this.#options.rooms.ask(room.room_id, (each) => each.servers()));
    if (room.kind === 'guild') this.#channels.changed(room.room_id, effects.state_changes);
  }

  /** What the engine lacks, for RoomRunner. */
  fetchMissing(roomId: string, eventIds: readonly string[], from: string | null): Promise<JsonValue[]> {
    return this.#missing.fetch(roomId, eventIds, from);
  }

  /** New events wait for these servers. */
  wake(destinations: readonly string[]): void {
    this.#outgoing.wake(destinations);
  }

  /** Root, keys and proof of a server for a room, as it offers and publishes them. Throws HostError. */
  admissionOf(server: string, roomId: string): Promise<AdmissionOffer> {
    return asHostErrors(server, () => this.#admissions.ask(server, roomId));
  }

  /** Makes or lifts `m.server.admission` in `actingUser`'s name, so that users of that server may rank up to `minRank`. Throws HostError. */
  admit(roomId: string, server: string, actingUser: string, minRank: number): Promise<void> {
    return asHostErrors(server, () => this.#admissions.ensure(roomId, server, actingUser, minRank));
  }

  /** Tells the host of an invited user. `event`: the invitation as a PDU. Throws HostError. */
  async invite(
    server: string,
    event: JsonObject,
    preview: JsonObject,
    room: { readonly room_version: string; readonly via: readonly string[] },
  ): Promise<void> {
    await asHostErrors(server, () =>
      this.#client.post(server, '/_federation/invite', { event, preview, room_version: room.room_version, via: [...room.via] }),
    );
  }

  /** The whole handshake; afterwards the user is a member and the room is here. Throws HostError. */
  join(wish: JoinWish): Promise<Awaited<ReturnType<Joiner['join']>>> {
    return this.#joiner.join(wish);
  }

  /** A file of another server. Undefined if that server does not have it. Throws HostError. */
  media(server: string, mediaId: string): Promise<RemoteMedia | undefined> {
    const limits = { maxBytes: this.#options.maxMediaBytes, timeoutMs: MEDIA_TIMEOUT_MS };
    return asHostErrors(server, () => fetchMedia(this.#client, server, mediaId, limits));
  }

  /** How often equal heads had unequal states since the start. */
  get divergences(): number {
    return this.#heads.divergences;
  }

  #baseUrl(): string {
    const { serverName } = this.#options.identity;
    return `${isLoopbackName(new URL(`https://${serverName}`).hostname) ? 'http' : 'https'}://${serverName}`;
  }

  #prune(): void {
    if (!this.#running) return;
    const { store, platform } = this.#options;
    store.inbound
      .prune(platform.now() - this.#limits.transaction_memory_ms)
      .catch((error: unknown) => platform.logger.error({ err: error }, 'pruning transactions failed'));
    this.#cancelPrune = platform.setTimer(PRUNE_MS, () => this.#prune());
  }
}

async function asHostErrors<T>(server: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof PeerUnreachableError) throw new HostError('BAD_GATEWAY', `${server} cannot be reached`, { cause: error });
    if (error instanceof PeerRefusedError) {
      const rule = error.rule === undefined ? {} : { rule: error.rule };
      throw new HostError(error.code === 'NOT_FOUND' ? 'NOT_FOUND' : 'BAD_GATEWAY', error.message, { ...rule, cause: error });
    }
    throw error;
  }
}
