import type { JsonObject } from '@openguild/core';
import type { InviteCode, InviteStore, PendingInvite } from '../ports.ts';
import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';

type CodeRow = Omit<InviteCode, 'revoked'> & { readonly revoked: number };
type PendingRow = Omit<PendingInvite, 'via' | 'event' | 'preview'> & {
  readonly via: string;
  readonly event: string;
  readonly preview: string;
};

const CODES = 'SELECT code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked FROM invite_codes';
const REMOVE_PENDING = 'DELETE FROM pending_invites WHERE user_id = ? AND room_id = ?';

export class SqlInvites implements InviteStore {
  readonly #reader: Sql;
  readonly #committer: Committer;

  constructor(reader: Sql, committer: Committer) {
    this.#reader = reader;
    this.#committer = committer;
  }

  addCode(invite: InviteCode): Promise<boolean> {
    const { code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked } = invite;
    const add = `INSERT INTO invite_codes (num, code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked)
      VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO NOTHING`;
    const row = [code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked ? 1 : 0];
    return this.#committer.run(async (tx) => (await tx.run(add, tx.next('invite_codes'), ...row)) > 0);
  }

  async findCode(code: string): Promise<InviteCode | undefined> {
    const row = await this.#reader.get<CodeRow>(`${CODES} WHERE code = ?`, code);
    return row === undefined ? undefined : readCode(row);
  }

  async codesOf(guildId: string): Promise<readonly InviteCode[]> {
    return (await this.#reader.all<CodeRow>(`${CODES} WHERE guild_id = ? ORDER BY num`, guildId)).map(readCode);
  }

  redeemCode(code: string, now: number): Promise<boolean> {
    return this.#committer.run((tx) => redeemCode(tx, code, now));
  }

  revokeCode(code: string): Promise<boolean> {
    const revoke = 'UPDATE invite_codes SET revoked = 1 WHERE code = ? AND revoked = 0';
    return this.#committer.run(async (tx) => (await tx.run(revoke, code)) > 0);
  }

  addPending({ user_id, room_id, inviter, via, event, preview, received_ts }: PendingInvite): Promise<void> {
    const add = `INSERT INTO pending_invites (num, user_id, room_id, inviter, via, event, preview, received_ts) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`;
    const row = [user_id, room_id, inviter, JSON.stringify(via), JSON.stringify(event), JSON.stringify(preview), received_ts];
    return this.#committer.run(async (tx) => {
      tx.later(REMOVE_PENDING, user_id, room_id);
      tx.later(add, tx.next('pending_invites'), ...row);
    });
  }

  async pendingOf(userId: string): Promise<readonly PendingInvite[]> {
    const rows = await this.#reader.all<PendingRow>(
      'SELECT user_id, room_id, inviter, via, event, preview, received_ts FROM pending_invites WHERE user_id = ? ORDER BY num',
      userId,
    );
    return rows.map((row) => ({
      ...row,
      via: JSON.parse(row.via) as string[],
      event: JSON.parse(row.event) as JsonObject,
      preview: JSON.parse(row.preview) as JsonObject,
    }));
  }

  removePending(userId: string, roomId: string): Promise<boolean> {
    return this.#committer.run(async (tx) => (await tx.run(REMOVE_PENDING, userId, roomId)) > 0);
  }
}

/** Counts one use, inside a transaction of the caller. */
export async function redeemCode(sql: Sql, code: string, now: number): Promise<boolean> {
  const redeem = `UPDATE invite_codes SET uses = uses + 1
    WHERE code = ? AND revoked = 0 AND (expires_ts IS NULL OR expires_ts > ?) AND (max_uses IS NULL OR uses < max_uses)`;
  return (await sql.run(redeem, code, now)) > 0;
}

function readCode(row: CodeRow): InviteCode {
  return { ...row, revoked: row.revoked === 1 };
}
