import { RULES } from '@openguild/core';
import { BASES, type BaseName } from './bases.ts';
import type { Scenario } from './scenario.ts';
import type { World } from './world.ts';

/** The scenarios in the form in which other implementations can run them: spec/vectors/scenarios.json. */
export class PublishedScenarios {
  readonly #bases = new Map<BaseName, World>();
  readonly #scenarios: object[] = [];

  /** `world`: as it is when the scenario was played. */
  add({ name, why, rule, base }: Scenario, world: World): void {
    let begun = this.#bases.get(base);
    if (begun === undefined) this.#bases.set(base, (begun = BASES[base]()));
    const known = begun.events.length;
    const refused = Object.entries(world.refused).map(([event, broken]) => [event, RULES[broken]]);
    const rooms = world.roomNames();
    this.#scenarios.push({
      name,
      why,
      rule,
      base,
      drawing: world.drawings.flatMap(undented),
      events: world.events.slice(known),
      refused: Object.fromEntries(refused) as object,
      void: Object.fromEntries(rooms.flatMap((room) => (world.kind(room) === 'channel' ? [] : [[room, world.voids(room)]]))) as object,
      changes: Object.fromEntries(rooms.map((room) => [room, changesOf(begun, world, room)])) as object,
      ...(world.softFaults.length > 0 ? { soft_failed: world.softFaults } : {}),
      ...(world.holders.length > 0 ? { holders: world.holders } : {}),
    });
  }

  text(): string {
    const bases = [...this.#bases].map(([name, world]) => `"${name}": ${listed(world.events, 2)}`);
    const scenarios = this.#scenarios.map((scenario) => {
      const members = Object.entries(scenario).map(
        ([member, value]) =>
          `    "${member}": ${member === 'events' || member === 'drawing' ? listed(value as object[], 6) : JSON.stringify(value)}`,
      );
      return `  {\n${members.join(',\n')}\n  }`;
    });
    return `{"bases": {\n${bases.join(',\n')}\n}, "scenarios": [\n${scenarios.join(',\n')}\n]}\n`;
  }
}

/** Entries of a room's state that the scenario changed; null where one is gone. */
function changesOf(before: World, after: World, room: string): object {
  const old: Readonly<Record<string, string>> = before.roomNames().includes(room) ? before.state(room) : {};
  const now = after.state(room);
  const changed = Object.entries(now).filter(([entry, event]) => old[entry] !== event);
  const gone = Object.keys(old).filter((entry) => now[entry] === undefined);
  return Object.fromEntries<string | null>([...changed, ...gone.map((entry) => [entry, null] as const)]);
}

function listed(items: readonly unknown[], indent: number): string {
  const space = ' '.repeat(indent);
  return `[\n${items.map((item) => `${space}${JSON.stringify(item)}`).join(',\n')}\n${' '.repeat(indent - 2)}]`;
}

/** A drawing's lines without the empty ones and without what they are all indented by. */
function undented(drawing: string): string[] {
  const lines = drawing.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length));
  return lines.map((line) => line.slice(indent));
}
