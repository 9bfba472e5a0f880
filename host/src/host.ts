import { join } from 'node:path';
import type { Express } from 'express';
import { HeldRooms, openMediaBytes, openStore, RoomRunner, SqlSearch, verifyWithNode } from '@openguild/storage';
import type { MediaBytes, SearchIndex, Store, StreamRow } from '@openguild/storage';
import { clientRoutes } from './client/routes.ts';
import type { Services } from './client/services.ts';
import type { HostConfig } from './config/host-config.ts';
import { Federation } from './federation/federation.ts';
import { Gateway } from './gateway/gateway.ts';
import { createApp } from './http/app.ts';
import { RateLimits } from './http/rate-limits.ts';
import { HttpServer } from './http/server.ts';
import { Media } from './media/media.ts';
import type { Platform } from './platform/platform.ts';
import { Access } from './services/access.ts';
import { Accounts } from './services/accounts.ts';
import { Channels } from './services/channels.ts';
import { EventStream } from './services/event-stream.ts';
import { Feed } from './services/feed.ts';
import { GuildState } from './services/guild-state.ts';
import { Guilds } from './services/guilds.ts';
import { Invites } from './services/invites.ts';
import { Joins } from './services/joins.ts';
import { demandKnownVersions } from './services/known-versions.ts';
import { Members } from './services/members.ts';
import { Memberships } from './services/memberships.ts';
import { Messages } from './services/messages.ts';
import { NoFederation } from './services/no-federation.ts';
import { Passwords } from './services/passwords.ts';
import { Redactions } from './services/redactions.ts';
import { Roles } from './services/roles.ts';
import { RoomExports } from './services/room-export.ts';
import { Rooms } from './services/rooms.ts';
import { Search } from './services/search.ts';
import { ServerIdentity, openServerKeys } from './services/server-keys.ts';
import { StateEdits } from './services/state-edit.ts';
import { Sync } from './services/sync.ts';
import { Voice } from './voice/voice.ts';

/** A whole host. Made by `createHost`; does nothing until it is started. */
export interface Host {
  readonly app: Express;
  readonly identity: ServerIdentity;
  readonly federation: Federation;
  readonly rooms: Rooms;
  /** Listens, and begins to speak with other servers. */
  start(): Promise<{ readonly url: string; readonly port: number }>;
  /** Takes no more requests, ends long polls and sockets, then closes the store. */
  stop(): Promise<void>;
}

/** Builds a host: opens its data folder, connects every part to what it needs. Opens no socket, starts no timer. */
export async function createHost(config: HostConfig, platform: Platform): Promise<Host> {
  const identity = await openServerKeys(join(config.data, 'keys'), {
    serverName: config.server_name,
    randomBytes: (length) => platform.randomBytes(length),
  });
  const store = await openStore(config.database ?? config.data);
  const mediaBytes = openMediaBytes(config.media ?? join(config.data, 'media'), join(config.data, 'uploads'));
  try {
    await demandKnownVersions(store.rooms);
    return hostOf(
      foundationOf(config, platform, identity, {
        store,
        mediaBytes,
        index: await SqlSearch.open(store),
        held: await HeldRooms.load(store.values),
      }),
    );
  } catch (error) {
    await store.close();
    throw error;
  }
}

/** What lies beneath all services: the engine, the stream of what happens in it, and the other servers. */
interface Foundation {
  readonly config: HostConfig;
  readonly platform: Platform;
  readonly identity: ServerIdentity;
  readonly store: Store;
  readonly rooms: Rooms;
  readonly passwords: Passwords;
  readonly accounts: Accounts;
  readonly memberships: Memberships;
  readonly redactions: Redactions;
  readonly access: Access;
  readonly search: Search;
  readonly stream: EventStream;
  readonly federation: Federation;
  readonly remote: Federation | NoFederation;
  readonly media: Media;
}

/** What is in the data folder or database. */
interface Data {
  readonly store: Store;
  readonly mediaBytes: MediaBytes;
  readonly index: SearchIndex;
  readonly held: HeldRooms;
}

function foundationOf(config: HostConfig, platform: Platform, identity: ServerIdentity, data: Data): Foundation {
  const { store, mediaBytes, index, held } = data;
  const { limits } = config;
  const { serverName } = identity;
  // The engine asks the federation for what it lacks, and the federation acts through the engine: this knot is tied here.
  const federationOf: { current?: Federation } = {};
  const streamOf: { current?: EventStream } = {};
  const runner = new RoomRunner({
    store,
    verify: verifyWithNode,
    fetchMissing: async (roomId, eventIds, from) => (await federationOf.current?.fetchMissing(roomId, eventIds, from)) ?? [],
    now: () => platform.now(),
    ownServer: serverName,
    // Without others nobody returns anything, and nobody has anything either.
    ...(config.federation.enabled ? { held } : {}),
    onCommit: (commit) => {
      streamOf.current?.committed();
      federationOf.current?.committed(commit, commit.destinations);
    },
    onError: (error) => platform.logger.error({ err: error }, 'work that nobody waits for failed'),
  });
  const rooms = new Rooms(runner, store, identity.daily);
  const passwords = new Passwords(limits.password_hashes, limits.password_queue);
  const accounts = new Accounts(store.accounts, passwords, config, platform);
  const memberships = new Memberships(rooms, store.values, store.invites, serverName);
  const redactions = new Redactions(rooms, store);
  const access = new Access(rooms);
  const search = new Search({ rooms, store, index, access, memberships, redactions });
  const stream = new EventStream(store, [memberships, redactions, search], waitersOf(rooms), platform);
  const federation = new Federation({
    config: config.federation,
    maxBodyBytes: limits.max_federation_body_bytes,
    maxMediaBytes: limits.max_media_bytes,
    identity,
    store,
    rooms,
    held,
    platform,
    verify: verifyWithNode,
    media: { open: (mediaId) => media.forPeer(mediaId) },
    accountExists: (userId) => accounts.exists(userId),
    onInvite: (invite) => stream.wake(invite.user_id),
  });
  const remote = config.federation.enabled ? federation : new NoFederation(serverName);
  const media = new Media({ index: store.media, bytes: mediaBytes, remote, platform, serverName, maxBytes: limits.max_media_bytes });
  streamOf.current = stream;
  if (config.federation.enabled) federationOf.current = federation;
  return {
    config,
    platform,
    identity,
    store,
    rooms,
    passwords,
    accounts,
    memberships,
    redactions,
    access,
    search,
    stream,
    federation,
    remote,
    media,
  };
}

interface AllServices extends Services {
  readonly feed: Feed;
}

function servicesOf(base: Foundation): AllServices {
  const { config, platform, identity, store, rooms, accounts, memberships, redactions, access, search, stream, remote, media } = base;
  const { limits } = config;
  const { serverName } = identity;
  const edits = new StateEdits(rooms);
  const guildState = new GuildState(rooms);
  const invites = new Invites({ rooms, invites: store.invites, accounts, stream, remote, platform, serverName, limits });
  const messages = new Messages({ rooms, store, access, redactions, stream });
  const feed = new Feed(rooms, store, stream, memberships, redactions);
  return {
    config,
    access,
    accounts,
    channels: new Channels(rooms, edits, platform, limits.guild_channels),
    exports: new RoomExports({ rooms, store: store.rooms, redactions }),
    feed,
    guilds: new Guilds(rooms, identity, platform),
    guildState,
    invites,
    joins: new Joins({ rooms, invites: store.invites, identity, remote }),
    media,
    members: new Members(rooms),
    memberships,
    messages,
    roles: new Roles(rooms, edits, remote, platform),
    rooms,
    search,
    stream,
    sync: new Sync({ feed, stream, guildState, memberships, messages, invites, rooms, platform, limits }),
    voice: new Voice(config.voice, rooms, access, platform, limits.voice_token_seconds),
  };
}

function hostOf(base: Foundation): Host {
  const { config, platform, identity, store, rooms, passwords, accounts, memberships, stream, federation } = base;
  const services = servicesOf(base);
  const rates = new RateLimits(config.limits.rates);
  const stopping = new AbortController();
  const app = createApp({
    config,
    platform,
    routes: [...clientRoutes(services), ...(config.federation.enabled ? federation.routes() : [])],
    rates,
    authenticateUser: (token) => accounts.authenticate(token),
    authenticateServer: (request) => federation.authenticate(request),
    stopping: stopping.signal,
  });
  const gateway = new Gateway({ ...services, platform, limits: config.limits }, rates, config.trusted_proxies);
  const server = new HttpServer(app, (request, socket, head) => gateway.upgrade(request, socket, head), config, platform);
  const stop = async (): Promise<void> => {
    stopping.abort();
    gateway.stop();
    await server.close();
    await federation.stop();
    await stream.stop();
    await rooms.runner.settled();
    await store.close();
  };
  const start = async (): Promise<{ readonly url: string; readonly port: number }> => {
    try {
      await Promise.all([passwords.prepare(), memberships.load()]);
      await stream.start();
      const address = await server.listen();
      if (config.federation.enabled) await federation.start();
      return address;
    } catch (error) {
      await stop();
      throw error;
    }
  };
  return { app, identity, federation, rooms, start, stop };
}

/** Who waits for a row: whoever is in the guild, and the person that a membership is about. */
function waitersOf(rooms: Rooms): (row: StreamRow) => Promise<readonly string[]> {
  return async ({ room_id, stored: { event } }) => {
    const info = await rooms.info(room_id);
    const person = event.type === 'm.room.member' && event.state_key !== undefined ? [event.state_key] : [];
    return [info?.authority ?? room_id, ...person];
  };
}
