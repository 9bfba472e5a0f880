import { readFileSync, writeFileSync } from 'node:fs';
import type { RoomEvent } from '../../src/event/types.ts';
import type { RoomKind } from '../../src/room/types.ts';
import { CHANNEL, type Draft, make, type SmallRoom } from './small-room.ts';

const FILE = new URL('../../../spec/vectors/auth-rules.json', import.meta.url);

/**
 * The cases of the rules' tests in the form in which other implementations can run them: spec/vectors/auth-rules.json. The tests compare the file
 * with themselves; OPENGUILD_WRITE_VECTORS=1 writes it.
 */
export class PublishedCases {
  readonly #states = new Map<string, { readonly name: string; readonly events: readonly object[] }>();
  readonly #cases: object[] = [];

  add(room: SmallRoom, kind: RoomKind, why: string, draft: Draft, rule: string | null): void {
    const event = make(kind === 'channel' ? { room_id: CHANNEL, ...draft } : draft);
    this.#cases.push({ why, kind, state: this.#nameOf(room), event: plainForm(event), rule });
  }

  /** One case or event in a line. */
  text(): string {
    const lines = (all: readonly object[]): string => all.map((one) => `    ${JSON.stringify(one)}`).join(',\n');
    const states = [...this.#states.values()].map(({ name, events }) => `  "${name}": [\n${lines(events)}\n  ]`);
    return `{"states": {\n${states.join(',\n')}\n}, "cases": [\n${lines(this.#cases)}\n]}\n`;
  }

  file(): string {
    if (process.env['OPENGUILD_WRITE_VECTORS'] === '1') writeFileSync(FILE, this.text());
    return readFileSync(FILE, 'utf8');
  }

  #nameOf(room: SmallRoom): string {
    const events = room.events().map(plainForm);
    const key = JSON.stringify(events);
    let state = this.#states.get(key);
    if (state === undefined) this.#states.set(key, (state = { name: `${room.kind} ${this.#states.size}`, events }));
    return state.name;
  }
}

function plainForm({ event_id, room_id, type, sender, state_key, content, prev_events, signed_by }: RoomEvent): object {
  return { event_id, room_id, type, sender, ...(state_key === undefined ? {} : { state_key }), content, prev_events, signed_by };
}
