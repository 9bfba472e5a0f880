import type { ReplayData } from '../../src/replay/page-data.ts';

/** One moment: a server got an event. */
export interface Step {
  readonly event: number;
  readonly ms: number;
  /** Index of the lane. */
  readonly lane: number;
  readonly as: string;
}

/** Whose eyes the page looks through: one server's, or everybody's. */
export interface View {
  readonly label: string;
  readonly steps: readonly Step[];
}

/** One view for each server, and before them all together, where the history tells of several. */
export function viewsOf({ lanes, perServer }: ReplayData): View[] {
  const own = lanes.map(({ server, steps }, lane) => ({
    label: server,
    steps: steps.map(([event, ms, as]) => ({ event, ms, lane, as })),
  }));
  if (!perServer) return own.map(({ steps }) => ({ label: 'in the order of the file', steps }));
  const all = own.flatMap(({ steps }) => steps).sort((a, b) => a.ms - b.ms || a.event - b.event || a.lane - b.lane);
  return [{ label: 'all servers', steps: all }, ...own];
}

/** What is there after the steps up to this one. */
export function presentAfter(
  view: View,
  at: number,
): { readonly has: ReadonlySet<number>; readonly holders: ReadonlyMap<number, ReadonlySet<number>> } {
  const holders = new Map<number, Set<number>>();
  for (const { event, lane } of view.steps.slice(0, at + 1)) {
    const own = holders.get(event) ?? new Set();
    holders.set(event, own.add(lane));
  }
  return { has: new Set(holders.keys()), holders };
}

/** Accepted events that are there and that none that is there follows. */
export function headsOf(data: ReplayData, has: ReadonlySet<number>): ReadonlySet<number> {
  const open = new Set<number>();
  for (const at of has) if (isFollowed(data, at)) open.add(at);
  for (const at of has) if (isFollowed(data, at)) for (const prev of data.events[at]?.prev ?? []) open.delete(prev);
  return open;
}

function isFollowed({ events }: ReplayData, at: number): boolean {
  const status = events[at]?.status;
  return status === 'accepted' || status === 'void';
}

export type StateRow = readonly [type: string, stateKey: string, event: number];

/** The state after an event, by type and key. */
export function stateAfter({ events }: ReplayData, at: number): StateRow[] {
  const chain: number[] = [];
  for (let one: number | null = at; one !== null && one >= 0; one = events[one]?.base ?? null) chain.push(one);
  const rows = new Map<string, StateRow>();
  for (const one of chain.reverse()) {
    for (const [type, key, event] of events[one]?.delta ?? []) {
      if (event === null) rows.delete(`${type}\n${key}`);
      else rows.set(`${type}\n${key}`, [type, key, event]);
    }
  }
  return [...rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}
