import { utf8Compare } from '@openguild/core';
import type { Shape } from './shape.ts';

/** Parts of a run of which there are several; each has a number, from 0, and draws of its own, so that the others stay what they are without it. */
const NUMBERED = ['server', 'partition', 'crash', 'restore', 'upgrade', 'death', 'jump', 'feud', 'act'] as const;
export type Numbered = (typeof NUMBERED)[number];
/** Conditions under which the whole of it runs. */
const CONDITIONS = ['weather', 'disks', 'clocks', 'slow'] as const;

/** All parts of a run of this shape that can be left out. */
export function partsOf(shape: Shape): string[] {
  const counts: Readonly<Record<Numbered, number>> = {
    server: shape.servers,
    partition: shape.partitions,
    crash: shape.crashes,
    restore: shape.restores,
    upgrade: shape.upgrades,
    death: shape.deaths,
    jump: shape.clockJumps,
    feud: shape.feuds,
    act: shape.acts,
  };
  // The first server holds the room, and it takes two.
  const first = (name: Numbered): number => (name === 'server' ? 2 : 0);
  return [...CONDITIONS, ...NUMBERED.flatMap((name) => Array.from({ length: counts[name] }, (_, i) => `${name}${i}`).slice(first(name)))];
}

/** The same shape without some of the conditions that make a run hard. */
export function eased(shape: Shape, without: ReadonlySet<string>): Shape {
  const { weather, disks, clocks, slow } = Object.fromEntries(CONDITIONS.map((name) => [name, without.has(name)]));
  return {
    ...shape,
    ...(weather ? { weather: { minDelay: 5, maxDelay: 5, loss: 0, duplicate: 0, straggle: 0, bandwidth: 0 } } : {}),
    ...(disks ? { diskLatency: 0, diskFailing: 0 } : {}),
    ...(clocks ? { skew: 0 } : {}),
    ...(slow ? { slowServers: 0 } : {}),
  };
}

/** `act0-3,act7,weather`: parts as a command line has them. */
export function partsText(parts: Iterable<string>): string {
  const ranges: { name: string; from: number; to: number }[] = [];
  const words: string[] = [];
  const numbered = [...parts].flatMap((part) => {
    const [, name, digits] = /^([a-z]+)(\d+)$/.exec(part) ?? [];
    if (name === undefined) words.push(part);
    return name === undefined ? [] : [{ name, at: Number(digits) }];
  });
  for (const { name, at } of numbered.sort((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : a.at - b.at))) {
    const last = ranges.at(-1);
    if (last?.name === name && last.to === at - 1) last.to = at;
    else ranges.push({ name, from: at, to: at });
  }
  return [...ranges.map(({ name, from, to }) => `${name}${from === to ? from : `${from}-${to}`}`), ...words.sort(utf8Compare)].join(',');
}

/** Reads what `partsText` writes. Throws a RangeError that names what is no part. */
export function readParts(text: string): ReadonlySet<string> {
  const parts = new Set<string>();
  for (const word of text.split(',')) {
    const [, name = '', from, to = from] = /^([a-z]+)(?:(\d{1,5})(?:-(\d{1,5}))?)?$/.exec(word) ?? [];
    const known: readonly string[] = from === undefined ? CONDITIONS : NUMBERED;
    if (!known.includes(name))
      throw new RangeError(
        `${word} is no part of a run: ${CONDITIONS.join(', ')}, or one of ${NUMBERED.join(', ')} with a number, or two and a hyphen`,
      );
    if (from === undefined) parts.add(name);
    else for (let i = Number(from); i <= Number(to); i++) parts.add(`${name}${i}`);
  }
  return parts;
}
