import type { JsonValue } from '@openguild/core';
import type { CopyReader } from './copy-reader.ts';
import type { RoomRunner, Store } from '@openguild/storage';
import type { Ledger } from '../ledger.ts';
import type { Request } from '../environment/network.ts';
import type { Random } from '../environment/random.ts';

/** Times of the federation rules, milliseconds. Shorter than a host's defaults where only the waiting would be longer. */
export interface Times {
  /** How long a request may take. */
  readonly timeout: number;
  /** FED-40 */
  readonly retryMin: number;
  readonly retryMax: number;
  /** FED-60 */
  readonly headsAfter: number;
  /** FED-64 */
  readonly mergeAfter: number;
}

export const TIMES: Times = { timeout: 10_000, retryMin: 1_000, retryMax: 60_000, headsAfter: 2_000, mergeAfter: 5_000 };

export type Answer = Readonly<Record<string, JsonValue>>;

/** What the parts of one server process share. */
export interface Here {
  readonly name: string;
  readonly store: Store;
  readonly runner: RoomRunner;
  readonly ledger: Ledger;
  readonly reader: CopyReader;
  readonly random: Random;
  readonly times: Times;
  /** How often this server's disk was a backup. */
  readonly generation: number;
  /** By this server's clock. */
  now(): number;
  /** True time. */
  time(): number;
  /** Runs once, unless the process ends before. What it throws is a finding. */
  timer(ms: number, run: () => unknown): () => void;
  request(to: string, request: Request): Promise<Answer>;
  /** The heads of a guild here at each moment since the given true time. */
  headsSince(guildId: string, time: number): readonly (readonly string[])[];
}
