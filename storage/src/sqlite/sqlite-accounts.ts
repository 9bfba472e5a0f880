import type Database from 'better-sqlite3';
import { UnknownAccountError } from '../errors.ts';
import type { AccessToken, Account, AccountStore } from '../ports.ts';
import type { Committer } from './committer.ts';

type AccountRow = Omit<Account, 'deactivated'> & { readonly deactivated: number };

export class SqliteAccounts implements AccountStore {
  readonly #committer: Committer;
  readonly #sql;

  constructor(db: Database.Database, committer: Committer) {
    this.#committer = committer;
    this.#sql = prepare(db);
  }

  create({ user_id, password_hash, created_ts, deactivated }: Account): Promise<boolean> {
    return this.#committer.run(() => this.#sql.add.run(user_id, password_hash, created_ts, deactivated ? 1 : 0).changes > 0);
  }

  async find(userId: string): Promise<Account | undefined> {
    const row = this.#sql.find.get(userId);
    return row === undefined ? undefined : { ...row, deactivated: row.deactivated === 1 };
  }

  setDeactivated(userId: string, deactivated: boolean): Promise<void> {
    return this.#committer.run(() => {
      if (this.#sql.setDeactivated.run(deactivated ? 1 : 0, userId).changes === 0) throw new UnknownAccountError(userId);
    });
  }

  addToken({ token_hash, user_id, device_id, created_ts, expires_ts }: AccessToken): Promise<void> {
    return this.#committer.run(() => {
      if (this.#sql.find.get(user_id) === undefined) throw new UnknownAccountError(user_id);
      this.#sql.addToken.run(token_hash, user_id, device_id, created_ts, expires_ts);
    });
  }

  async findToken(tokenHash: string): Promise<AccessToken | undefined> {
    return this.#sql.findToken.get(tokenHash);
  }

  removeToken(tokenHash: string): Promise<boolean> {
    return this.#committer.run(() => this.#sql.removeToken.run(tokenHash).changes > 0);
  }

  removeTokensOf(userId: string): Promise<void> {
    return this.#committer.run(() => void this.#sql.removeTokensOf.run(userId));
  }
}

function prepare(db: Database.Database) {
  return {
    add: db.prepare('INSERT OR IGNORE INTO accounts (user_id, password_hash, created_ts, deactivated) VALUES (?, ?, ?, ?)'),
    find: db.prepare<[string], AccountRow>('SELECT user_id, password_hash, created_ts, deactivated FROM accounts WHERE user_id = ?'),
    setDeactivated: db.prepare('UPDATE accounts SET deactivated = ? WHERE user_id = ?'),
    addToken: db.prepare('INSERT OR REPLACE INTO tokens (token_hash, user_id, device_id, created_ts, expires_ts) VALUES (?, ?, ?, ?, ?)'),
    findToken: db.prepare<[string], AccessToken>(
      'SELECT token_hash, user_id, device_id, created_ts, expires_ts FROM tokens WHERE token_hash = ?',
    ),
    removeToken: db.prepare('DELETE FROM tokens WHERE token_hash = ?'),
    removeTokensOf: db.prepare('DELETE FROM tokens WHERE user_id = ?'),
  };
}
