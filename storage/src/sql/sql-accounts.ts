import { UnknownAccountError } from '../errors.ts';
import type { AccessToken, Account, AccountStore } from '../ports.ts';
import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';

type AccountRow = Omit<Account, 'deactivated'> & { readonly deactivated: number };

const FIND = 'SELECT user_id, password_hash, created_ts, deactivated FROM accounts WHERE user_id = ?';

export class SqlAccounts implements AccountStore {
  readonly #reader: Sql;
  readonly #committer: Committer;

  constructor(reader: Sql, committer: Committer) {
    this.#reader = reader;
    this.#committer = committer;
  }

  create({ user_id, password_hash, created_ts, deactivated }: Account): Promise<boolean> {
    const row = { user_id, password_hash, created_ts, deactivated: deactivated ? 1 : 0 };
    return this.#committer.run((tx) => tx.insertNew('accounts', row));
  }

  async find(userId: string): Promise<Account | undefined> {
    const row = await this.#reader.get<AccountRow>(FIND, userId);
    return row === undefined ? undefined : { ...row, deactivated: row.deactivated === 1 };
  }

  setDeactivated(userId: string, deactivated: boolean): Promise<void> {
    return this.#committer.run(async (tx) => {
      const changes = await tx.change('accounts', { deactivated: deactivated ? 1 : 0 }, 'user_id = ?', userId);
      if (changes === 0) throw new UnknownAccountError(userId);
    });
  }

  addToken({ token_hash, user_id, device_id, created_ts, expires_ts }: AccessToken): Promise<void> {
    return this.#committer.run(async (tx) => {
      if ((await tx.get(FIND, user_id)) === undefined) throw new UnknownAccountError(user_id);
      await tx.put('tokens', { token_hash, user_id, device_id, created_ts, expires_ts }, ['token_hash']);
    });
  }

  findToken(tokenHash: string): Promise<AccessToken | undefined> {
    return this.#reader.get<AccessToken>(
      'SELECT token_hash, user_id, device_id, created_ts, expires_ts FROM tokens WHERE token_hash = ?',
      tokenHash,
    );
  }

  removeToken(tokenHash: string): Promise<boolean> {
    return this.#committer.run(async (tx) => (await tx.remove('tokens', 'token_hash = ?', tokenHash)) > 0);
  }

  removeTokensOf(userId: string): Promise<void> {
    return this.#committer.run(async (tx) => void (await tx.remove('tokens', 'user_id = ?', userId)));
  }
}
