import { AccessToken } from 'livekit-server-sdk';
import type { VoiceConfig } from '../config/host-config.ts';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import type { Access } from '../services/access.ts';
import type { Rooms } from '../services/rooms.ts';

export interface VoiceTicket {
  /** Where the client connects. */
  readonly url: string;
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expires_at: number;
  readonly room: string;
}

/** API-8: the longest a voice token may last. */
const MAX_TOKEN_SECONDS = 300;

/** Tickets for voice channels. LiveKit carries the voice; who may speak where is decided here, from the guild's state. */
export class Voice {
  readonly #config: VoiceConfig | null;
  readonly #rooms: Rooms;
  readonly #access: Access;
  readonly #platform: Platform;
  readonly #seconds: number;

  constructor(config: VoiceConfig | null, rooms: Rooms, access: Access, platform: Platform, seconds: number) {
    this.#config = config;
    this.#rooms = rooms;
    this.#access = access;
    this.#platform = platform;
    this.#seconds = Math.min(seconds, MAX_TOKEN_SECONDS);
  }

  /** API-8. A token for one person, one channel, a few minutes: members with VIEW_CHANNEL and CONNECT, in voice channels. */
  async join(channelId: string, userId: string): Promise<VoiceTicket> {
    const { authority } = await this.#access.requireChannel(channelId, userId);
    await this.#access.requireBit(authority, userId, 'CONNECT', channelId);
    const kind = await this.#rooms.judge(authority, (view) => view.get('m.guild.channel', channelId)?.content['kind']);
    if (kind !== 'voice') throw new HostError('BAD_REQUEST', 'the channel is not a voice channel');
    const config = this.#config;
    if (config === null) {
      throw new HostError(
        'UNAVAILABLE',
        'voice is not set up on this host: its operator sets LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET',
      );
    }
    const expires_at = this.#platform.now() + this.#seconds * 1000;
    const token = new AccessToken(config.api_key, config.api_secret, { identity: userId, ttl: this.#seconds });
    token.addGrant({ roomJoin: true, room: channelId, canPublish: true, canSubscribe: true, canPublishData: true });
    return { url: config.url, token: await token.toJwt(), expires_at, room: channelId };
  }
}
