import { HeldRooms } from '@openguild/storage';
import type { Here } from './here.ts';

const [PAUSE, LONGEST_PAUSE] = [1_000, 60_000];

/** ENG-15: after a backup came back nothing is made in a room until others have returned what is missing. */
export class RestoredRooms {
  readonly #here: Here;
  readonly #compareWith: (server: string, roomIds: readonly string[]) => Promise<void>;
  /** Held room -> servers whose heads are all known here. */
  readonly #compared = new Map<string, Set<string>>();
  #held: HeldRooms | undefined;
  #pause = PAUSE;

  constructor(here: Here, compareWith: (server: string, roomIds: readonly string[]) => Promise<void>) {
    this.#here = here;
    this.#compareWith = compareWith;
  }

  async start(): Promise<void> {
    this.#held = await HeldRooms.load(this.#here.store.values);
    if (this.#held.rooms.length > 0) this.#here.timer(0, () => this.#round());
  }

  /** Everything, until it is known which. */
  has(roomId: string): boolean {
    return this.#held === undefined || this.#held.has(roomId);
  }

  /** These are all the events at which the room ends on that server. */
  async heard(server: string, roomId: string, heads: readonly string[]): Promise<void> {
    if (this.#held?.has(roomId) !== true || heads.length === 0) return;
    const known = await this.#here.store.rooms.events(roomId, heads);
    if (known.length === new Set(heads).size) this.#compared.set(roomId, (this.#compared.get(roomId) ?? new Set()).add(server));
  }

  /** Guilds first: a channel's next event cites them. */
  async #round(): Promise<void> {
    const rooms = await this.#here.store.rooms.list();
    await this.#ask(rooms.filter((room) => room.guild_id === null).map((room) => room.room_id));
    await this.#ask(rooms.filter((room) => room.guild_id !== null && !this.has(room.guild_id)).map((room) => room.room_id));
    if ((this.#held?.rooms.length ?? 0) === 0) return;
    this.#here.timer(this.#pause, () => this.#round());
    this.#pause = Math.min(LONGEST_PAUSE, this.#pause * 2);
  }

  async #ask(roomIds: readonly string[]): Promise<void> {
    const held = roomIds.filter((roomId) => this.has(roomId));
    const others = new Map<string, readonly string[]>();
    for (const roomId of held)
      others.set(
        roomId,
        (await this.#here.runner.ask(roomId, (room) => room.servers())).filter((name) => name !== this.#here.name),
      );
    for (const server of new Set([...others.values()].flat()))
      await this.#compareWith(
        server,
        held.filter((roomId) => others.get(roomId)?.includes(server)),
      );
    for (const [roomId, servers] of others)
      if (servers.length === 0 || this.#compared.has(roomId)) {
        this.#here.ledger.reached('ENG-15');
        if (servers.length === 0) this.#here.ledger.alone.add(`${this.#here.name} ${roomId}`);
        await this.#held?.release(roomId);
      }
  }
}
