import { UnknownAccountError } from '../errors.ts';
import type { AccessToken, Account, AccountStore } from '../ports.ts';

export class MemoryAccounts implements AccountStore {
  readonly #accounts = new Map<string, Account>();
  readonly #tokens = new Map<string, AccessToken>();

  async create(account: Account): Promise<boolean> {
    if (this.#accounts.has(account.user_id)) return false;
    this.#accounts.set(account.user_id, account);
    return true;
  }

  async find(userId: string): Promise<Account | undefined> {
    return this.#accounts.get(userId);
  }

  async setDeactivated(userId: string, deactivated: boolean): Promise<void> {
    this.#accounts.set(userId, { ...this.#account(userId), deactivated });
  }

  async addToken(token: AccessToken): Promise<void> {
    this.#account(token.user_id);
    this.#tokens.set(token.token_hash, token);
  }

  async findToken(tokenHash: string): Promise<AccessToken | undefined> {
    return this.#tokens.get(tokenHash);
  }

  async removeToken(tokenHash: string): Promise<boolean> {
    return this.#tokens.delete(tokenHash);
  }

  async removeTokensOf(userId: string): Promise<void> {
    for (const [hash, token] of this.#tokens) if (token.user_id === userId) this.#tokens.delete(hash);
  }

  removeTokensOfDevice(userId: string, deviceId: string): void {
    for (const [hash, token] of this.#tokens) if (token.user_id === userId && token.device_id === deviceId) this.#tokens.delete(hash);
  }

  #account(userId: string): Account {
    const account = this.#accounts.get(userId);
    if (account === undefined) throw new UnknownAccountError(userId);
    return account;
  }
}
