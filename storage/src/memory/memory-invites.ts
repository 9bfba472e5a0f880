import type { InviteCode, InviteStore, PendingInvite } from '../ports.ts';

export class MemoryInvites implements InviteStore {
  readonly #codes = new Map<string, InviteCode>();
  readonly #pending = new Map<string, PendingInvite>();

  async addCode(invite: InviteCode): Promise<boolean> {
    if (this.#codes.has(invite.code)) return false;
    this.#codes.set(invite.code, invite);
    return true;
  }

  async findCode(code: string): Promise<InviteCode | undefined> {
    return this.#codes.get(code);
  }

  async codesOf(guildId: string): Promise<readonly InviteCode[]> {
    return [...this.#codes.values()].filter((invite) => invite.guild_id === guildId);
  }

  async redeemCode(code: string, now: number): Promise<boolean> {
    return this.redeem(code, now);
  }

  async revokeCode(code: string): Promise<boolean> {
    const invite = this.#codes.get(code);
    if (invite === undefined || invite.revoked) return false;
    this.#codes.set(code, { ...invite, revoked: true });
    return true;
  }

  async addPending(invite: PendingInvite): Promise<void> {
    const key = pendingKey(invite.user_id, invite.room_id);
    this.#pending.delete(key);
    this.#pending.set(key, invite);
  }

  async pendingOf(userId: string): Promise<readonly PendingInvite[]> {
    return [...this.#pending.values()].filter((invite) => invite.user_id === userId);
  }

  async removePending(userId: string, roomId: string): Promise<boolean> {
    return this.#pending.delete(pendingKey(userId, roomId));
  }

  /** The same as `redeemCode`, at once: a commit uses it. */
  redeem(code: string, now: number): boolean {
    const invite = this.#codes.get(code);
    if (invite === undefined || invite.revoked) return false;
    if (invite.expires_ts !== null && invite.expires_ts <= now) return false;
    if (invite.max_uses !== null && invite.uses >= invite.max_uses) return false;
    this.#codes.set(code, { ...invite, uses: invite.uses + 1 });
    return true;
  }
}

function pendingKey(userId: string, roomId: string): string {
  return JSON.stringify([userId, roomId]);
}
