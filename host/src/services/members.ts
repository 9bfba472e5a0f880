import { membershipOf } from '@openguild/core';
import { HostError } from '../http/errors.ts';
import type { Rooms, Sent } from './rooms.ts';

const MEMBER = 'm.room.member';

/** Leaving, removing, banning. Ranks and bits are the rules' business. */
export class Members {
  readonly #rooms: Rooms;

  constructor(rooms: Rooms) {
    this.#rooms = rooms;
  }

  /** Removes somebody, or leaves. NOT_FOUND for whoever is neither member nor invited. */
  async remove(guildId: string, by: string, userId: string, reason?: string): Promise<Sent> {
    const membership = await this.#rooms.judge(guildId, (view) => membershipOf(view, userId));
    if (membership !== 'join' && membership !== 'invite') throw new HostError('NOT_FOUND', `${userId} is neither a member nor invited`);
    return this.#member(guildId, by, userId, { membership: 'leave', ...reasonOf(reason) });
  }

  /** Bans somebody, member or not. */
  ban(guildId: string, by: string, userId: string, reason?: string): Promise<Sent> {
    return this.#member(guildId, by, userId, { membership: 'ban', ...reasonOf(reason) });
  }

  /** Lifts the ban in force, by its name: a ban that somebody else sets at the same time stands. NOT_FOUND if there is none. */
  async unban(guildId: string, by: string, userId: string): Promise<Sent> {
    const ban = await this.#rooms.judge(guildId, (view) =>
      membershipOf(view, userId) === 'ban' ? view.get(MEMBER, userId)?.event_id : undefined,
    );
    if (ban === undefined) throw new HostError('NOT_FOUND', `${userId} is not banned`);
    return this.#member(guildId, by, userId, { membership: 'leave', ban });
  }

  #member(guildId: string, by: string, userId: string, content: Record<string, string>): Promise<Sent> {
    return this.#rooms.send(guildId, { type: MEMBER, sender: by, state_key: userId, content });
  }
}

function reasonOf(reason: string | undefined): { reason?: string } {
  return reason === undefined ? {} : { reason };
}
