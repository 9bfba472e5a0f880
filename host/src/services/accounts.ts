import { createHash } from 'node:crypto';
import { base58encode, isUserId, localpartOf, serverOf } from '@openguild/core';
import type { AccessToken, AccountStore } from '@openguild/storage';
import type { HostConfig } from '../config/host-config.ts';
import { HostError } from '../http/errors.ts';
import type { Platform } from '../platform/platform.ts';
import type { Passwords } from './passwords.ts';

export interface Session {
  readonly user_id: string;
  readonly access_token: string;
  readonly device_id: string;
}

export interface SignedIn {
  readonly userId: string;
  readonly deviceId: string;
  readonly tokenHash: string;
}

const TOKEN_BYTES = 32;
const DEVICE_BYTES = 8;

/** Accounts of this host, and the opaque tokens by which requests name them. Only a token's SHA-256 is kept. */
export class Accounts {
  readonly #store: AccountStore;
  readonly #passwords: Passwords;
  readonly #config: HostConfig;
  readonly #platform: Platform;

  constructor(store: AccountStore, passwords: Passwords, config: HostConfig, platform: Platform) {
    this.#store = store;
    this.#passwords = passwords;
    this.#config = config;
    this.#platform = platform;
  }

  /** A new account, signed in. FORBIDDEN where registration is closed, CONFLICT if the name is taken. */
  async register(username: string, password: string): Promise<Session> {
    if (this.#config.registration !== 'open') throw new HostError('FORBIDDEN', 'this host takes no new accounts');
    const userId = `@${username}:${this.#config.server_name}`;
    if (!isUserId(userId)) throw new HostError('BAD_REQUEST', `${userId} is not a user ID`);
    const password_hash = await this.#passwords.hash(password);
    const made = await this.#store.create({ user_id: userId, password_hash, created_ts: this.#platform.now(), deactivated: false });
    if (!made) throw new HostError('CONFLICT', 'the name is taken');
    return this.#signIn(userId);
  }

  /** One answer, and one duration, for a wrong name and a wrong password: neither tells who has an account. */
  async login(username: string, password: string): Promise<Session> {
    const userId = username.startsWith('@') ? username : `@${username}:${this.#config.server_name}`;
    const account = isUserId(userId) && serverOf(userId) === this.#config.server_name ? await this.#store.find(userId) : undefined;
    const matches = await this.#passwords.matches(account?.password_hash, password);
    if (!matches || account === undefined || account.deactivated) throw new HostError('UNAUTHENTICATED', 'wrong name or password');
    return this.#signIn(userId);
  }

  async logout(tokenHash: string): Promise<void> {
    await this.#store.removeToken(tokenHash);
  }

  /** Throws UNAUTHENTICATED for a token that is missing, unknown, expired, or of a deactivated account. */
  async authenticate(token: string | undefined): Promise<SignedIn> {
    const found = token === undefined ? undefined : await this.#store.findToken(hashOf(token));
    if (found === undefined || this.#expired(found)) throw new HostError('UNAUTHENTICATED', 'the access token is missing or not valid');
    const account = await this.#store.find(found.user_id);
    if (account === undefined || account.deactivated) throw new HostError('UNAUTHENTICATED', 'the access token is missing or not valid');
    return { userId: found.user_id, deviceId: found.device_id, tokenHash: found.token_hash };
  }

  /** Is the token with this hash still good? */
  async isLive(tokenHash: string): Promise<boolean> {
    const found = await this.#store.findToken(tokenHash);
    return found !== undefined && !this.#expired(found) && (await this.exists(found.user_id));
  }

  /** Is there such a person on this host? */
  async exists(userId: string): Promise<boolean> {
    const account = await this.#store.find(userId);
    return account !== undefined && !account.deactivated && localpartOf(userId) !== '';
  }

  isLocal(userId: string): boolean {
    return serverOf(userId) === this.#config.server_name;
  }

  #expired(token: AccessToken): boolean {
    return token.expires_ts !== null && token.expires_ts <= this.#platform.now();
  }

  async #signIn(userId: string): Promise<Session> {
    const token = Buffer.from(this.#platform.randomBytes(TOKEN_BYTES)).toString('base64url');
    const device = base58encode(this.#platform.randomBytes(DEVICE_BYTES));
    const now = this.#platform.now();
    const lasts = this.#config.limits.access_token_ms;
    const expires_ts = lasts === null ? null : now + lasts;
    await this.#store.addToken({ token_hash: hashOf(token), user_id: userId, device_id: device, created_ts: now, expires_ts });
    return { user_id: userId, access_token: token, device_id: device };
  }
}

function hashOf(token: string): string {
  return createHash('sha256').update(token).digest('hex');
}
