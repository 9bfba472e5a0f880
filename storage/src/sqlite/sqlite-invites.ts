import type Database from 'better-sqlite3';
import type { JsonObject } from '@openguild/core';
import type { InviteCode, InviteStore, PendingInvite } from '../ports.ts';
import type { Committer } from './committer.ts';

type CodeRow = Omit<InviteCode, 'revoked'> & { readonly revoked: number };
type PendingRow = Omit<PendingInvite, 'via' | 'event' | 'preview'> & {
  readonly via: string;
  readonly event: string;
  readonly preview: string;
};

export class SqliteInvites implements InviteStore {
  readonly #committer: Committer;
  readonly #sql;

  constructor(db: Database.Database, committer: Committer) {
    this.#committer = committer;
    this.#sql = prepare(db);
  }

  addCode(invite: InviteCode): Promise<boolean> {
    const { code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked } = invite;
    const row = [code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked ? 1 : 0];
    return this.#committer.run(() => this.#sql.addCode.run(...row).changes > 0);
  }

  async findCode(code: string): Promise<InviteCode | undefined> {
    const row = this.#sql.findCode.get(code);
    return row === undefined ? undefined : readCode(row);
  }

  async codesOf(guildId: string): Promise<readonly InviteCode[]> {
    return this.#sql.codesOf.all(guildId).map(readCode);
  }

  redeemCode(code: string, now: number): Promise<boolean> {
    return this.#committer.run(() => this.redeem(code, now));
  }

  revokeCode(code: string): Promise<boolean> {
    return this.#committer.run(() => this.#sql.revoke.run(code).changes > 0);
  }

  addPending({ user_id, room_id, inviter, via, event, preview, received_ts }: PendingInvite): Promise<void> {
    const row = [user_id, room_id, inviter, JSON.stringify(via), JSON.stringify(event), JSON.stringify(preview), received_ts];
    return this.#committer.run(() => {
      this.#sql.removePending.run(user_id, room_id);
      this.#sql.addPending.run(...row);
    });
  }

  async pendingOf(userId: string): Promise<readonly PendingInvite[]> {
    return this.#sql.pendingOf.all(userId).map((row) => ({
      ...row,
      via: JSON.parse(row.via) as string[],
      event: JSON.parse(row.event) as JsonObject,
      preview: JSON.parse(row.preview) as JsonObject,
    }));
  }

  removePending(userId: string, roomId: string): Promise<boolean> {
    return this.#committer.run(() => this.#sql.removePending.run(userId, roomId).changes > 0);
  }

  /** Counts one use, inside a transaction of the caller. */
  redeem(code: string, now: number): boolean {
    return this.#sql.redeem.run(code, now).changes > 0;
  }
}

function readCode(row: CodeRow): InviteCode {
  return { ...row, revoked: row.revoked === 1 };
}

function prepare(db: Database.Database) {
  const code = 'SELECT code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked FROM invite_codes';
  return {
    addCode: db.prepare(`INSERT OR IGNORE INTO invite_codes (code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?)`),
    findCode: db.prepare<[string], CodeRow>(`${code} WHERE code = ?`),
    codesOf: db.prepare<[string], CodeRow>(`${code} WHERE guild_id = ? ORDER BY num`),
    redeem: db.prepare(`UPDATE invite_codes SET uses = uses + 1
      WHERE code = ? AND revoked = 0 AND (expires_ts IS NULL OR expires_ts > ?) AND (max_uses IS NULL OR uses < max_uses)`),
    revoke: db.prepare('UPDATE invite_codes SET revoked = 1 WHERE code = ? AND revoked = 0'),
    addPending: db.prepare(
      'INSERT INTO pending_invites (user_id, room_id, inviter, via, event, preview, received_ts) VALUES (?, ?, ?, ?, ?, ?, ?)',
    ),
    pendingOf: db.prepare<[string], PendingRow>(
      'SELECT user_id, room_id, inviter, via, event, preview, received_ts FROM pending_invites WHERE user_id = ? ORDER BY num',
    ),
    removePending: db.prepare('DELETE FROM pending_invites WHERE user_id = ? AND room_id = ?'),
  };
}
