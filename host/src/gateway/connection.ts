import type { JsonObject } from '@openguild/core';
import type { RawData, WebSocket } from 'ws';
import type { Limits } from '../config/limits.ts';
import { HostError } from '../http/errors.ts';
import type { CancelTimer, Platform } from '../platform/platform.ts';
import type { Accounts, SignedIn } from '../services/accounts.ts';
import type { EventStream } from '../services/event-stream.ts';
import type { Feed, FeedItem } from '../services/feed.ts';
import type { Invites } from '../services/invites.ts';
import { shownInvite } from '../services/sync.ts';
import type { Sync } from '../services/sync.ts';
import { CLOSE, readClientFrame, serverFrame } from './frames.ts';
import type { ClientFrame, ServerFrameType } from './frames.ts';

export interface GatewayParts {
  readonly accounts: Accounts;
  readonly feed: Feed;
  readonly stream: EventStream;
  readonly sync: Sync;
  readonly invites: Invites;
  readonly platform: Platform;
  readonly limits: Limits;
}

const IDENTIFY_MS = 10_000;
/** Frames a client may send per heartbeat interval. */
const MAX_FRAMES = 30;
/**
 * Turns of the event loop in which a client must read so much that its buffer is not too full, and their least length, milliseconds. Turns, and not time alone: while this
 * process is held up no socket is written to or read from, and then its timers come first.
 */
const [DRAIN_TURNS, DRAIN_MS] = [10, 5];

/** One client at the gateway: says who it is, then gets what happens, in the order of the stream. */
export class GatewayConnection {
  readonly #socket: WebSocket;
  readonly #parts: GatewayParts;
  readonly #ended = new AbortController();
  readonly #admitUser: (userId: string) => boolean;
  readonly #knownInvites = new Set<string>();
  #user: SignedIn | undefined;
  #busy = false;
  #frames = 0;
  /** When the first of these frames came. */
  #framesSince: number;
  #deadline: CancelTimer;

  /** `admitUser`: may this person have one more connection? */
  constructor(socket: WebSocket, parts: GatewayParts, admitUser: (userId: string) => boolean) {
    this.#socket = socket;
    this.#parts = parts;
    this.#admitUser = admitUser;
    this.#framesSince = parts.platform.now();
    this.#deadline = parts.platform.setTimer(IDENTIFY_MS, () => this.close(CLOSE.UNAUTHENTICATED, 'no token in time'));
    socket.on('message', (data, isBinary) => this.#received(data, isBinary));
    socket.on('close', () => this.#end());
    socket.on('error', () => this.#end());
    this.#send('HELLO', null, { heartbeat_ms: parts.limits.gateway_heartbeat_ms });
  }

  get userId(): string | undefined {
    return this.#user?.userId;
  }

  close(code: number, reason: string): void {
    this.#end();
    this.#socket.close(code, reason);
    // A client that does not answer the close frame is cut off.
    this.#parts.platform.setTimer(2_000, () => this.#socket.terminate());
  }

  #end(): void {
    this.#deadline();
    this.#ended.abort();
  }

  #received(data: RawData, isBinary: boolean): void {
    const frame = isBinary ? undefined : readClientFrame(bytesOf(data));
    this.#countFrame();
    if (frame === undefined || this.#frames > MAX_FRAMES)
      return this.close(CLOSE.BAD_FRAME, frame === undefined ? 'not a frame' : 'too many frames');
    this.#handle(frame).catch((error: unknown) => this.#failed(error));
  }

  #countFrame(): void {
    const now = this.#parts.platform.now();
    if (Math.abs(now - this.#framesSince) >= this.#parts.limits.gateway_heartbeat_ms) [this.#frames, this.#framesSince] = [0, now];
    this.#frames += 1;
  }

  async #handle(frame: ClientFrame): Promise<void> {
    if (frame.t === 'HEARTBEAT') return this.#heartbeat();
    if (this.#user !== undefined || this.#busy) return this.close(CLOSE.BAD_FRAME, 'identified already');
    this.#busy = true;
    const user = await this.#parts.accounts.authenticate(frame.d.token);
    if (!this.#admitUser(user.userId)) return this.close(CLOSE.TOO_MANY, 'too many connections');
    this.#user = user;
    this.#expectHeartbeat();
    if (frame.t === 'IDENTIFY') return this.#identify(user.userId);
    return this.#resume(user.userId, frame.d.s);
  }

  async #identify(userId: string): Promise<void> {
    const position = this.#parts.stream.position;
    const first = await this.#parts.sync.first(userId);
    for (const invite of first.invites) this.#knownInvites.add(inviteKey(invite));
    this.#send('READY', position, { user_id: userId, guilds: first.guilds, channels: first.channels, invites: first.invites });
    await this.#follow(userId, position);
  }

  /** API-6: everything after position `s` again, then RESUMED, then what happens. */
  async #resume(userId: string, s: number): Promise<void> {
    const { stream, limits } = this.#parts;
    if (s > stream.position || stream.position - s > limits.gateway_resume_positions) {
      return this.close(CLOSE.UNKNOWN_RESUME_POINT, 'identify again');
    }
    const position = await this.#catchUp(userId, s);
    this.#send('RESUMED', position, {});
    await this.#follow(userId, position);
  }

  async #follow(userId: string, from: number): Promise<void> {
    const { stream, feed } = this.#parts;
    let position = from;
    while (!this.#ended.signal.aborted) {
      await stream.wait(feed.keysOf(userId), position, this.#ended.signal);
      position = await this.#catchUp(userId, position);
      await this.#tellInvites(userId);
    }
  }

  /** Sends everything up to the present; returns the position reached. */
  async #catchUp(userId: string, from: number): Promise<number> {
    const { feed, limits } = this.#parts;
    let position = from;
    while (!this.#ended.signal.aborted) {
      const page = await feed.read(userId, position, { rows: limits.sync_rows, bytes: limits.sync_bytes });
      const items = page.items.toSorted((a, b) => a.position - b.position);
      for (const [i, item] of items.entries()) {
        // Where several frames tell of one position, only after the last of them nothing of it is missing.
        const whole = items[i + 1]?.position !== item.position;
        await this.#tell(userId, item, whole ? item.position : item.position - 1);
        if (!(await this.#drained())) return position;
      }
      position = page.next;
      if (!page.more) return position;
    }
    return position;
  }

  async #tell(userId: string, item: FeedItem, s: number): Promise<void> {
    const { sync } = this.#parts;
    const guild_id = item.guildId;
    if (item.kind === 'event') this.#send('EVENT', s, { guild_id, room_id: item.roomId, event: item.event });
    else if (item.kind === 'left') this.#send('GUILD_LEFT', s, { guild_id, membership: item.membership });
    else if (item.kind === 'channels')
      this.#send('CHANNELS', s, { guild_id, visible_channels: await sync.visibleChannels(userId, guild_id) });
    else this.#send('GUILD', s, { guild_id, ...(await sync.guild(userId, guild_id)) });
  }

  async #tellInvites(userId: string): Promise<void> {
    for (const invite of await this.#parts.invites.pending(userId)) {
      const shown = shownInvite(invite);
      if (this.#knownInvites.has(inviteKey(shown))) continue;
      this.#knownInvites.add(inviteKey(shown));
      this.#send('INVITE', null, shown);
    }
  }

  async #heartbeat(): Promise<void> {
    const user = this.#user;
    if (user === undefined) return this.close(CLOSE.BAD_FRAME, 'identify first');
    // A session that was ended elsewhere ends here too, at the latest now.
    if (!(await this.#parts.accounts.isLive(user.tokenHash))) return this.close(CLOSE.UNAUTHENTICATED, 'the session has ended');
    this.#expectHeartbeat();
    this.#send('HEARTBEAT_ACK', null, {});
  }

  #expectHeartbeat(): void {
    this.#deadline();
    const wait = this.#parts.limits.gateway_heartbeat_ms * 2;
    this.#deadline = this.#parts.platform.setTimer(wait, () => this.close(CLOSE.TOO_SLOW, 'no heartbeat'));
  }

  #send(t: ServerFrameType, s: number | null, d: JsonObject): void {
    if (!this.#ended.signal.aborted) this.#socket.send(serverFrame(t, s, d));
  }

  /** False once the client has more waiting than its buffer holds: it reads too slowly, and can resume. */
  async #drained(): Promise<boolean> {
    const { limits, platform } = this.#parts;
    for (let turn = 0; this.#socket.bufferedAmount > limits.gateway_buffer_bytes; turn++) {
      if (turn === DRAIN_TURNS) {
        this.close(CLOSE.TOO_SLOW, 'reads too slowly');
        return false;
      }
      await new Promise<void>((resolve) => {
        platform.setTimer(DRAIN_MS, resolve);
      });
    }
    return !this.#ended.signal.aborted;
  }

  #failed(error: unknown): void {
    if (error instanceof HostError && error.code === 'UNAUTHENTICATED') return this.close(CLOSE.UNAUTHENTICATED, 'the token is not valid');
    this.#parts.platform.logger.error({ err: error }, 'a gateway connection failed');
    this.close(1011, 'something went wrong here');
  }
}

function inviteKey(invite: JsonObject): string {
  return `${String(invite['room_id'])} ${String(invite['received_ts'])}`;
}

function bytesOf(data: RawData): Uint8Array {
  if (data instanceof ArrayBuffer) return new Uint8Array(data);
  return Array.isArray(data) ? new Uint8Array(Buffer.concat(data)) : new Uint8Array(data);
}
