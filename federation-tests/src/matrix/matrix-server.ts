import type { JsonObject, RoomVersion, StateMap, StoredEvent } from '@openguild/core';
import { Disk } from '../sim/environment/disk.ts';
import type { Network } from '../sim/environment/network.ts';
import type { Random } from '../sim/environment/random.ts';
import type { Scheduler } from '../sim/environment/scheduler.ts';
import { MatrixLife } from './matrix-life.ts';

/** What somebody wants to do. `vouches`: whose server signs a restricted join as well. */
export interface Wish {
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly content: JsonObject;
  readonly redacts?: string;
  readonly vouches?: string;
}

/** Where a room ended on a server when an accepted event came, and the rule by which it was soft-failed there; null: it was taken in. */
export interface PresentJudgement {
  readonly event_id: string;
  readonly ends: readonly string[];
  readonly soft: string | null;
}

/** What all servers of a run share. */
export interface MatrixWorld {
  readonly version: RoomVersion;
  readonly network: Network;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly fault: (name: string) => void;
}

/** One server of a Matrix room: what outlives a crash, and the process that runs, if one does. */
export class MatrixServer {
  readonly name: string;
  readonly users: readonly string[];
  readonly peers: readonly string[];
  readonly world: MatrixWorld;
  readonly disk: Disk;
  /** Events whose making was acknowledged to a client, or their coming to the server that sent them. */
  readonly acknowledged = new Set<string>();
  /** Of these, what a process that began did not find on disk. */
  readonly lost: string[] = [];
  /** What became of accepted events by its present state (ENG-9). */
  readonly judgedTwice: PresentJudgement[] = [];
  /** What no process may throw, whatever comes. */
  readonly errors: string[] = [];
  /** PDUs that were sent to it, and requests for what they cite. */
  received = 0;
  asked = 0;
  life: MatrixLife | null = null;

  constructor(name: string, names: readonly string[], world: MatrixWorld) {
    this.name = name;
    this.users = [0, 1].map((u) => `@u${u}:${name}`);
    this.peers = names.filter((one) => one !== name);
    this.world = world;
    this.disk = new Disk(world.scheduler, world.random.fork(`disk ${name}`), world.fault);
  }

  /** A process goes on from what is on disk. */
  async start(): Promise<void> {
    const life = new MatrixLife(this);
    this.life = life;
    await life.start();
    this.lost.push(...[...this.acknowledged].filter((id) => life.stored(id) === undefined));
  }

  /** The process dies, and with it what was not synced. */
  crash(): void {
    this.life?.die();
    this.life = null;
    this.disk.crash();
  }

  get running(): MatrixLife {
    if (this.life === null) throw new Error(`${this.name} is down`);
    return this.life;
  }

  /** Events of the room, in the order in which they came. */
  events(): StoredEvent[] {
    return this.life === null ? [] : [...this.life.rooms.events(this.life.roomId)];
  }

  stored(id: string): StoredEvent | undefined {
    return this.life?.stored(id);
  }

  state(ids: readonly string[]): StateMap {
    return this.running.state(ids);
  }
}
