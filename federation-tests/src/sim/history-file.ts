import { type JsonObject, readJson, type RoomEvent, utf8Encode } from '@openguild/core';
import type { World } from './world.ts';
import { allOf } from '../check/convergence.ts';

/** The first line of a history: the format of a room's export, with the run that it came from. */
export interface HistoryHeader {
  readonly openguild_export: 1;
  readonly room_id: string;
  readonly room_version: string;
  /** False: signatures are the simulation's stand-ins. */
  readonly real_signatures: boolean;
  readonly seed?: string;
  readonly found?: string;
}

export interface History {
  readonly header: HistoryHeader;
  /** In an order in which everything cited comes first, a channel's guild before it. */
  readonly pdus: readonly JsonObject[];
}

/** Everything that any server of a run stored. */
export async function historyOf(world: World, seed: string, found: string): Promise<History> {
  const pdus: JsonObject[] = [];
  for (const roomId of [world.mainRoom, ...world.channels]) {
    const known = new Map<string, { readonly depth: number; readonly event: RoomEvent }>();
    for (const server of world.servers)
      for (const { event, depth } of await allOf(server, roomId))
        if (known.get(event.event_id)?.event.redacted !== false) known.set(event.event_id, { event, depth });
    pdus.push(...[...known.values()].sort((a, b) => a.depth - b.depth).map(({ event }) => event.pdu));
  }
  const header: HistoryHeader = {
    openguild_export: 1,
    room_id: world.mainRoom,
    room_version: world.shape.version,
    real_signatures: world.shape.realCrypto,
    seed,
    found,
  };
  return { header, pdus };
}

export function writeHistory({ header, pdus }: History): string {
  return [header, ...pdus].map((line) => `${JSON.stringify(line)}\n`).join('');
}

/** Lines of a history or of a room's export; a closing line (heads, state hashes) is left out. Throws on what is none. */
export function readHistory(text: string): History {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  const values = lines.map((line, i) => {
    const read = readJson(utf8Encode(line), { maxDepth: 200 });
    if (!read.ok) throw new Error(`line ${i + 1}: ${read.rule}: ${read.detail}`);
    return read.value as JsonObject;
  });
  const [header, ...rest] = values;
  if (header?.['openguild_export'] !== 1) throw new Error('line 1 is no header of a history: {"openguild_export":1,...}');
  return { header: header as unknown as HistoryHeader, pdus: rest.filter((value) => value['type'] !== undefined) };
}
