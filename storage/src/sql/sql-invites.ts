import type { JsonObject } from '@openguild/core';
import type { InviteCode, InviteStore, PendingInvite } from '../ports.ts';
import type { Committer } from './committer.ts';
import type { Sql } from './driver.ts';
import type { WriteTransaction } from './write-transaction.ts';

type CodeRow = Omit<InviteCode, 'revoked'> & { readonly revoked: number };
type PendingRow = Omit<PendingInvite, 'via' | 'event' | 'preview'> & {
  readonly via: string;
  readonly event: string;
  readonly preview: string;
};

const CODES = 'SELECT code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked FROM invite_codes';

export class SqlInvites implements InviteStore {
  readonly #reader: Sql;
  readonly #committer: Committer;

  constructor(reader: Sql, committer: Committer) {
    this.#reader = reader;
    this.#committer = committer;
  }

  addCode(invite: InviteCode): Promise<boolean> {
    const { code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked } = invite;
    const row = { code, guild_id, creator, created_ts, expires_ts, max_uses, uses, revoked: revoked ? 1 : 0 };
    return this.#committer.run((tx) => tx.insertNew('invite_codes', { num: tx.next('invite_codes'), ...row }));
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
    return this.#committer.run(async (tx) => (await tx.change('invite_codes', { revoked: 1 }, 'code = ? AND revoked = 0', code)) > 0);
  }

  addPending({ user_id, room_id, inviter, via, event, preview, received_ts }: PendingInvite): Promise<void> {
    const texts = { via: JSON.stringify(via), event: JSON.stringify(event), preview: JSON.stringify(preview) };
    return this.#committer.run((tx) => {
      const row = { num: tx.next('pending_invites'), user_id, room_id, inviter, ...texts, received_ts };
      return tx.put('pending_invites', row, ['user_id', 'room_id']);
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
    return this.#committer.run(async (tx) => (await tx.remove('pending_invites', 'user_id = ? AND room_id = ?', userId, roomId)) > 0);
  }
}

/** Counts one use, inside a transaction of the caller. */
export async function redeemCode(tx: WriteTransaction, code: string, now: number): Promise<boolean> {
  const usable = 'revoked = 0 AND (expires_ts IS NULL OR expires_ts > ?) AND (max_uses IS NULL OR uses < max_uses)';
  const row = await tx.get<{ uses: number }>(`SELECT uses FROM invite_codes WHERE code = ? AND ${usable}`, code, now);
  return row !== undefined && (await tx.change('invite_codes', { uses: row.uses + 1 }, 'code = ?', code)) > 0;
}

function readCode(row: CodeRow): InviteCode {
  return { ...row, revoked: row.revoked === 1 };
}
