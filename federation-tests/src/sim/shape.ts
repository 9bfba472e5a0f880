import type { Random } from './environment/random.ts';
import { eased } from './parts.ts';
import type { Weather } from './environment/network.ts';

export const ACTS = [
  'kick',
  'ban',
  'unban',
  'invite',
  'join',
  'leave',
  'profile',
  'grant',
  'authority',
  'overwrites',
  'list',
  'role',
  'meta',
  'successor',
  'rules',
  'admit',
  'keys',
  'levels',
  'merge',
  'message',
  'redact',
  'topic',
  'pins',
  'reply',
  'tries',
] as const;
export type ActKind = (typeof ACTS)[number];

export const HOSTILITIES = [
  'forge',
  'equivocate',
  'backdate',
  'withhold',
  'flood',
  'garbage',
  'oversized',
  'old-guild-heads',
  'branches',
  'wild',
  'mutate',
  'bad-selection',
  'cite-rejected',
  'replay',
  'precise',
  'faulty',
] as const;
export type Hostility = (typeof HOSTILITIES)[number];

/** How often each kind is drawn. */
const KINDS: readonly RunKind[] = [
  ...Array.from({ length: 5 }, () => 'usual' as const),
  'contested',
  'contested',
  'contested',
  'disputed',
  'fenced',
  'feud',
  'feud',
  'restored',
];

/** What one run is like. Drawn anew for each run: some things very often, others not at all, so that runs differ in kind (swarm testing). */
export interface Shape {
  /** A guild with channels, or a plain room. */
  readonly kind: 'guild' | 'plain';
  readonly version: string;
  readonly servers: number;
  /** How many of them are hostile. The first never is: it holds the room. */
  readonly hostile: number;
  readonly usersPerServer: number;
  readonly channels: number;
  readonly ownerKey: boolean;
  /** Nobody has made roles when people begin to act: `everyone` may do nothing yet. */
  readonly lateRoles: boolean;
  readonly acts: number;
  /** Mean time between acts, milliseconds. */
  readonly pace: number;
  readonly weights: Readonly<Record<ActKind, number>>;
  /** Rights in channels come and go; ranks stay. */
  readonly disputed: boolean;
  /** Rights in channels come from overwrites, and people come and go. */
  readonly fenced: boolean;
  /** The highest role is all-powerful by ADMINISTRATOR alone; in a plain room everybody has some power. */
  readonly chiefs: boolean;
  /** Stories of two sides that are told on purpose. */
  readonly feuds: number;
  readonly hostilities: Readonly<Record<Hostility, number>>;
  /** Share of acts that are hostile. */
  readonly malice: number;
  readonly weather: Weather;
  readonly partitions: number;
  readonly crashes: number;
  /** Servers that go back to an older disk. */
  readonly restores: number;
  /** Servers that come up as another version of the program, over a store made anew. */
  readonly upgrades: number;
  /** Servers that stay down until all is healed. */
  readonly deaths: number;
  readonly clockJumps: number;
  readonly slowServers: number;
  readonly diskLatency: number;
  readonly diskFailing: number;
  /** Largest difference of a server's clock from the true time, milliseconds. */
  readonly skew: number;
  /** FED-60: how long after activity servers compare, milliseconds. */
  readonly headsAfter: number;
  readonly realCrypto: boolean;
  /** Real signatures are verified by core's own arithmetic instead of the platform's. */
  readonly portable: boolean;
  /** Judged again by the slow independent model. */
  readonly model: boolean;
  /** Parts of the run that are left out (parts.ts). */
  readonly without: ReadonlySet<string>;
}

/** `contested`: many hold power and are kept apart. `disputed`: they set the same entries of channels while the guild
 * changes. `fenced`: what people may do in channels is said by overwrites, and they leave and come back. `feud`: stories that are told on purpose, by honest servers in calm weather. `restored`: nobody lies, and servers go back to backups. Never drawn, only asked for: `faulty`: a hostile server
 * hands out faulty copies all the time; `aimed`: one makes acts that aim at one rule each. */
export const RUN_KINDS = ['usual', 'contested', 'disputed', 'fenced', 'feud', 'restored', 'faulty', 'aimed'] as const;
export type RunKind = (typeof RUN_KINDS)[number];

export interface ShapeOptions {
  readonly servers?: number;
  readonly acts?: number;
  readonly version: string;
  /** Share of runs that the model judges as well; with `always`, all of them. */
  readonly model: number;
  /** Share of runs with real signatures. */
  readonly realCrypto: number;
  readonly portable?: boolean;
  /** Only runs of this kind; else they are drawn. */
  readonly only?: RunKind | undefined;
  /** Parts of the run that are left out (parts.ts); the rest draws what it would draw with them. */
  readonly without?: ReadonlySet<string>;
}

const USUAL: Readonly<Record<ActKind, number>> = {
  kick: 2,
  ban: 2,
  unban: 3,
  invite: 2,
  join: 3,
  leave: 1,
  profile: 1,
  grant: 5,
  authority: 4,
  overwrites: 4,
  list: 2,
  role: 1,
  meta: 1,
  successor: 0.3,
  rules: 1,
  admit: 2,
  keys: 1,
  levels: 5,
  merge: 0.5,
  message: 20,
  redact: 1,
  topic: 3,
  pins: 2,
  reply: 3,
  tries: 6,
};

const weighed = (weight: (name: Hostility) => number): Record<Hostility, number> =>
  Object.fromEntries(HOSTILITIES.map((name) => [name, weight(name)])) as Record<Hostility, number>;

const usualHostility = (name: Hostility): number =>
  name === 'precise' ? 10 : name === 'wild' || name === 'mutate' || name === 'faulty' ? 4 : 1;

export function drawShape(random: Random, options: ShapeOptions): Shape {
  const maybe = (probability: number, value: () => number): number => (random.chance(probability) ? value() : 0);
  const kind = options.only ?? random.pick<RunKind>(KINDS);
  const servers = options.servers ?? random.pick(kind === 'feud' ? [3, 4, 5] : [2, 3, 3, 3, 4, 4, 5, 6]);
  const bent = kind === 'faulty' || kind === 'aimed';
  const hostile =
    kind === 'restored' || kind === 'feud'
      ? 0
      : bent
        ? 1
        : servers > 2
          ? maybe(0.6, () => random.between(1, Math.max(1, Math.floor(servers / 2))))
          : maybe(0.3, () => 1);
  const minDelay = random.pick([1, 5, 20]);
  // A kind of act is left out now and then, or comes far more often than usual.
  const swarm = <T extends string>(usual: Readonly<Record<T, number>>): Record<T, number> =>
    Object.fromEntries(
      (Object.entries(usual) as [T, number][]).map(([name, weight]) => [
        name,
        random.chance(0.15) ? 0 : weight * random.pick([0.3, 1, 1, 3]),
      ]),
    ) as Record<T, number>;
  // Many who hold power at once, kept apart: what resolution is for.
  const contested = kind === 'contested';
  const weights = swarm(USUAL);
  if (contested) for (const calm of ['message', 'reply', 'topic', 'pins', 'redact'] as const) weights[calm] *= 0.1;
  // Channels in which people of different rank set the same entries on both sides of a partition while the guild changes.
  const disputed = kind === 'disputed';
  if (disputed) {
    for (const kind of ['topic', 'pins'] as const) weights[kind] = 25;
    for (const kind of ['ban', 'grant'] as const) weights[kind] = 4;
    for (const kind of ['authority', 'overwrites'] as const) weights[kind] = 12;
  }
  const fenced = kind === 'fenced';
  if (fenced) Object.assign(weights, { overwrites: 15, leave: 5, join: 10, kick: 4, message: 25, pins: 10, topic: 10 });
  const feud = kind === 'feud';
  const without = options.without ?? new Set();
  const shape: Shape = {
    kind: !disputed && !fenced && !feud && random.chance(0.2) ? 'plain' : 'guild',
    version: options.version,
    servers,
    hostile,
    usersPerServer: random.between(feud ? 2 : 1, 3),
    channels: random.between(1, 2),
    ownerKey: random.chance(0.15),
    lateRoles: random.chance(0.1),
    acts: options.acts ?? random.pick(feud ? [6, 12] : [20, 40, 60, 80, 120]),
    pace: random.pick([20, 100, 300, 1_000]),
    weights,
    disputed,
    fenced,
    chiefs: random.chance(0.2),
    feuds: feud ? random.between(2, 6) : 0,
    hostilities: bent ? weighed((name) => Number(name === (kind === 'faulty' ? 'faulty' : 'precise'))) : swarm(weighed(usualHostility)),
    malice: bent ? 0.6 : hostile > 0 ? random.pick([0.1, 0.3, 0.6]) : 0,
    weather: {
      minDelay,
      maxDelay: minDelay * random.pick(feud ? [1, 4] : [1, 4, 40, 200]),
      loss: maybe(feud ? 0 : 0.4, () => random.pick([0.02, 0.1, 0.3])),
      duplicate: maybe(0.4, () => random.pick([0.02, 0.2])),
      straggle: maybe(0.4, () => random.pick([0.05, 0.2])),
      bandwidth: maybe(0.15, () => random.pick([5, 50])),
    },
    partitions: contested || disputed ? random.between(2, 8) : maybe(0.6, () => random.between(1, 4)),
    crashes: maybe(feud ? 0.1 : 0.5, () => random.between(1, 5)),
    restores: kind === 'restored' ? random.between(2, 4) : maybe(0.15, () => random.between(1, 2)),
    upgrades: maybe(0.2, () => random.between(1, 3)),
    deaths: maybe(0.1, () => 1),
    clockJumps: maybe(0.4, () => random.between(1, 4)),
    slowServers: maybe(0.2, () => 1),
    diskLatency: maybe(0.5, () => random.pick([2, 20, 200])),
    diskFailing: maybe(0.15, () => random.pick([0.02, 0.1])),
    skew: maybe(0.4, () => random.pick([100, 10_000, 3_600_000])),
    realCrypto: random.chance(options.realCrypto),
    portable: options.portable ?? false,
    model: random.chance(options.model),
    headsAfter: random.pick([2_000, 10_000, 60_000]),
    without,
  };
  return eased(shape, without);
}
