import { Ancestry, type ChannelJudge, type ChannelTrace, resolveChannelKey } from '@openguild/state-resolution';
import { authorize } from '../auth/authorize.ts';
import { rankOf } from '../auth/rank.ts';
import { uncovered } from '../dag/region.ts';
import type { RoomEvent } from '../event/types.ts';
import { stateKeyOf } from '../state/state-map.ts';
import { type Internals, viewOf } from './internals.ts';
import type { StateChange, StoredEvent } from './types.ts';

/** How one entry of a channel's state was decided between concurrent events. */
export interface ChannelKeyTrace extends ChannelTrace {
  readonly key: string;
  readonly winner: string;
}

/**
 * The state of a channel after a region, as changes to the state at its cut (RES-8). A channel holds no authority, so every accepted event
 * counts, and only concurrent last ones of a key are decided between, by the guild.
 */
export function resolveChannel(region: readonly StoredEvent[], guild: Internals, trace?: ChannelKeyTrace[]): StateChange[] {
  const ancestry = new Ancestry(
    region.map(({ event }) => ({
      id: event.event_id,
      event,
      prev: event.prev_events,
      key: event.state_key === undefined ? undefined : stateKeyOf(event.type, event.state_key),
      originTs: event.origin_ts,
    })),
  );
  const byKey = new Map<string, number[]>();
  for (const [number, { key }] of ancestry.states.entries()) byKey.set(key as string, [...(byKey.get(key as string) ?? []), number]);
  const changes: StateChange[] = [];
  for (const [key, numbers] of byKey) {
    const candidates = ancestry
      .lastOf(numbers)
      .map((number) => ancestry.states[number] as { id: string; event: RoomEvent; originTs: number });
    const keyTrace: ChannelTrace = { candidates: [] };
    const winner = resolveChannelKey(
      candidates,
      channelJudge(
        guild,
        candidates.map((candidate) => candidate.event),
      ),
      keyTrace,
    );
    if (candidates.length > 1) trace?.push({ key, winner: winner.event_id, ...keyTrace });
    changes.push([winner.type, winner.state_key ?? '', winner.event_id]);
  }
  return changes;
}

/** The guild decides between the candidates: by its DAG, and by its state at all their guild heads together. */
function channelJudge(guild: Internals, candidates: readonly RoomEvent[]): ChannelJudge<RoomEvent> {
  const inside = (a: RoomEvent, b: RoomEvent): boolean =>
    uncovered(b.guild_heads, a.guild_heads, guild.workingSet, (count) => guild.resolver.walked(count)).length === 0;
  return {
    guildPastInside: (a, b) => inside(a, b) && !inside(b, a),
    atUnion: (event) => {
      const heads = [...new Set(candidates.flatMap((candidate) => candidate.guild_heads))];
      const view = viewOf(guild, guild.resolver.at(heads).state);
      return { authorised: authorize(event, view, { kind: 'channel' }) === null, rank: rankOf(event, view, 'channel') };
    },
  };
}
