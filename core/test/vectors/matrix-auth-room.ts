/** Rooms of Matrix events with names for IDs, for the makers of vectors. Uses nothing of the code under test. */
export const ALICE = '@alice:a.example';
export const BOB = '@bob:b.example';
export const CAROL = '@carol:c.example';

export type Content = Readonly<Record<string, unknown>>;

/** `room_id`: null for none; by default the room's. */
export interface Draft {
  readonly type: string;
  readonly sender: string;
  readonly content: Content;
  readonly state_key?: string;
  readonly room_id?: string | null;
  readonly prev_events?: readonly string[];
}

export interface VectorEvent {
  readonly event_id: string;
  readonly room_id?: string;
  readonly type: string;
  readonly sender: string;
  readonly state_key?: string;
  readonly content: Content;
  readonly prev_events: readonly string[];
  readonly auth_events: readonly string[];
}

export class MatrixRoom {
  readonly version: string;
  readonly drafts = new Map<string, Draft>();
  readonly #events = new Map<string, VectorEvent>();
  #last = '$create';

  constructor(version: string) {
    this.version = version;
    this.create({});
  }

  get #isNew(): boolean {
    return this.version === '12';
  }

  get events(): readonly VectorEvent[] {
    return [...this.#events.values()];
  }

  create(content: Content): void {
    this.#events.set('$create', createOf(this.version, content));
  }

  /** Before version 12 a creator's level is written like anybody's. */
  creatorAt(level: number): Content {
    return this.#isNew ? {} : { [ALICE]: level };
  }

  /** An event that was accepted, after all others. */
  add(name: string, draft: Draft): void {
    const event = this.event({ prev_events: [this.#last], ...draft }, undefined, `$${name}`);
    this.drafts.set(name, draft);
    this.#events.set(event.event_id, event);
    this.#last = event.event_id;
  }

  /** `authEvents`: by default what the specification selects from the state after all events. */
  event({ room_id, prev_events, ...draft }: Draft, authEvents?: readonly string[], id = '$event'): VectorEvent {
    const roomId = room_id === undefined ? roomIdOf(this.version) : room_id;
    return {
      event_id: id,
      ...(roomId === null ? {} : { room_id: roomId }),
      ...draft,
      prev_events: prev_events ?? [this.#last],
      auth_events: authEvents ?? selectAuthEvents(this.version, draft, this.#state()),
    };
  }

  #state(): ReadonlyMap<string, string> {
    return new Map(this.events.map((event) => [`${event.type}|${event.state_key}`, event.event_id]));
  }
}

/** From version 12 a room's ID is that of its create event. */
export function roomIdOf(version: string): string {
  return version === '12' ? '!create' : '!room:a.example';
}

/** A create event of Alice's. */
export function createOf(version: string, content: Content): VectorEvent {
  return {
    event_id: '$create',
    ...(version === '12' ? {} : { room_id: roomIdOf(version) }),
    type: 'm.room.create',
    sender: ALICE,
    state_key: '',
    content: { room_version: version, ...(Number(version) < 11 ? { creator: ALICE } : {}), ...content },
    prev_events: [],
    auth_events: [],
  };
}

/** Server-server API, "Auth events selection". `state`: `type|state key` to event ID. */
export function selectAuthEvents(
  version: string,
  { type, sender, state_key: target, content }: Draft,
  state: ReadonlyMap<string, string>,
): string[] {
  if (type === 'm.room.create') return [];
  const { membership, third_party_invite: third, join_authorised_via_users_server: via } = content as Record<string, any>;
  const wanted = [...(version === '12' ? [] : ['m.room.create|']), 'm.room.power_levels|', `m.room.member|${sender}`];
  if (type === 'm.room.member') {
    if (target !== undefined) wanted.push(`m.room.member|${target}`);
    if (['join', 'invite', 'knock'].includes(membership)) wanted.push('m.room.join_rules|');
    if (membership === 'invite' && third !== undefined) wanted.push(`m.room.third_party_invite|${third.signed?.token}`);
    if (membership === 'join' && via !== undefined && Number(version) >= 8) wanted.push(`m.room.member|${via}`);
  }
  return [...new Set(wanted)].flatMap((entry) => state.get(entry) ?? []);
}
