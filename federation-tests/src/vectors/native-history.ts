import {
  authSelection,
  buildEvent,
  NATIVE_VERSION,
  type RoomEvent,
  roomVersion,
  type RoomVersion,
  type StateEntry,
  utf8Compare,
} from '@openguild/core';
import { compareStates, type Difference, type HistoryResult } from './history-result.ts';
import { type NamedEvent, Names, signerOf } from './named-events.ts';
import type { AnyHistory } from './read-histories.ts';
import { type Received, VectorHost } from './vector-host.ts';

/** A native history: spec/native/README.md says what the fields mean. */
interface NativeHistory {
  readonly id: string;
  readonly tie?: boolean;
  readonly rooms: Readonly<Record<string, string>>;
  readonly events: readonly NamedEvent[];
  readonly expect: Readonly<Record<string, { readonly verdict: 'accept' | 'reject'; readonly rule?: string }>>;
  readonly state_after: Readonly<Record<string, Readonly<Record<string, NamedState>>>>;
  readonly final: Readonly<Record<string, NamedState>>;
  readonly heads: Readonly<Record<string, readonly string[]>>;
  readonly void: Readonly<Record<string, Readonly<Record<string, string>>>>;
}

/** `type|state_key` to an event's name. */
type NamedState = Readonly<Record<string, string>>;

export function isNativeHistory(history: AnyHistory): boolean {
  return 'rooms' in history && 'servers' in history;
}

/** Makes a history's events real (hashed, signed), sends each through the whole pipeline and compares every answer with the expected one. */
export async function judgeNativeHistory(history: AnyHistory): Promise<HistoryResult> {
  const native = history as unknown as NativeHistory;
  const events = native.events.length;
  if (native.tie === true) {
    return {
      id: native.id,
      events,
      differences: [],
      disputed: false,
      skipped: 'time stamps tie on purpose, and real event IDs compare otherwise than the names',
    };
  }
  const differences = await new NativeReplay(native).run();
  return { id: native.id, events, differences, disputed: false, skipped: null };
}

class NativeReplay {
  readonly #history: NativeHistory;
  readonly #host = new VectorHost();
  readonly #names = new Names();
  readonly #version: RoomVersion;
  readonly #rejected = new Set<string>();

  constructor(history: NativeHistory) {
    this.#history = history;
    const version = roomVersion(NATIVE_VERSION);
    if (version === undefined) throw new Error('the native version is unknown');
    this.#version = version;
  }

  async run(): Promise<Difference[]> {
    const out: Difference[] = [];
    for (const named of this.#history.events) out.push(...(await this.#judge(named)));
    for (const room of Object.keys(this.#history.final)) out.push(...(await this.#compareEnd(room)));
    return out;
  }

  async #judge(named: NamedEvent): Promise<Difference[]> {
    const event = await this.#build(named);
    this.#names.nameEvent(named.id, event.event_id);
    if (isCreate(named)) this.#names.nameRoom(named.room, event.room_id);
    const received = await this.#host.receive(event.room_id, event.pdu, this.#version.id);
    const expected = this.#history.expect[named.id];
    const verdict = verdictOf(received);
    if (verdict === 'reject') this.#rejected.add(event.event_id);
    const fault = 'fault' in received ? received.fault : null;
    const wrong: Difference[] =
      verdict === expected?.verdict
        ? []
        : [
            {
              event: named.id,
              field: 'verdict',
              expected: `${expected?.verdict} ${expected?.rule ?? ''}`.trim(),
              got: `${verdict} (${received.kind})`,
              rule: fault?.rule ?? null,
            },
          ];
    for (const [room, state] of Object.entries(this.#history.state_after[named.id] ?? {}))
      wrong.push(...(await this.#compareAfter(named, room, state)));
    return wrong;
  }

  async #compareAfter(named: NamedEvent, room: string, expected: NamedState): Promise<Difference[]> {
    const accepted = this.#history.expect[named.id]?.verdict === 'accept';
    const heads = room === named.room ? (accepted ? [named.id] : named.prev) : (named.guild_heads ?? []);
    const entries = await this.#host.stateAfter(
      this.#names.roomId(room),
      heads.map((id) => this.#names.eventId(id)),
    );
    return compareStates(named.id, this.#named(entries), this.#real(expected));
  }

  async #compareEnd(room: string): Promise<Difference[]> {
    const expected = this.#history.final[room] ?? {};
    const heads = (this.#history.heads[room] ?? []).map((id) => this.#names.eventId(id));
    if (heads.length === 0) return [];
    const roomId = this.#names.roomId(room);
    const out = compareStates(`end of ${room}`, this.#named(await this.#host.stateAfter(roomId, heads)), this.#real(expected));
    const voids = await this.#host.ask(roomId, (one) => one.voidAt(heads));
    const got = [...voids]
      .map((id) => this.#names.nameOf(id))
      .sort(utf8Compare)
      .join(' ');
    const wanted = Object.keys(this.#history.void[room] ?? {})
      .sort(utf8Compare)
      .join(' ');
    if (got !== wanted) out.push({ event: `end of ${room}`, field: 'void', expected: wanted, got, rule: null });
    return out;
  }

  #named(entries: readonly StateEntry[]): Map<string, string> {
    return new Map(entries.map(([type, key, id]) => [`${type}|${key}`, this.#names.nameOf(id)]));
  }

  #real(state: NamedState): Map<string, string> {
    return new Map(
      Object.entries(state).map(([key, id]) => {
        const at = key.indexOf('|');
        return [`${key.slice(0, at)}|${this.#names.stateKey(key.slice(0, at), key.slice(at + 1))}`, id];
      }),
    );
  }

  async #build(named: NamedEvent): Promise<RoomEvent> {
    const signers = named.signed_by.map(signerOf);
    const fields = {
      type: named.type,
      sender: named.sender,
      content: this.#names.content(named),
      origin_ts: named.ts,
      prev_events: named.prev.map((id) => this.#names.eventId(id)),
      ...(named.state_key === undefined ? {} : { state_key: this.#names.stateKey(named.type, named.state_key) }),
      ...(isCreate(named) ? {} : { room_id: this.#names.roomId(named.room) }),
    };
    if (named.guild_heads !== undefined) {
      return buildEvent({ ...fields, guild_heads: named.guild_heads.map((id) => this.#names.eventId(id)) }, this.#version, signers);
    }
    // An event without its auth events, only to ask which they are.
    const sketch = buildEvent({ ...fields, auth_events: [], signed_by: signers.map((one) => one.key_id) }, this.#version, []);
    return buildEvent({ ...fields, auth_events: await this.#selection(sketch) }, this.#version, signers);
  }

  /** What an honest host would name. Of what cites a rejected event nothing is read. */
  #selection(sketch: RoomEvent): Promise<readonly string[]> {
    const { prev_events: prev, room_id } = sketch;
    if (prev.length === 0 || prev.some((id) => this.#rejected.has(id))) return Promise.resolve([]);
    return this.#host.ask(room_id, (room) => room.judgeAt(prev, (view) => authSelection(sketch, view, room.kind)));
  }
}

function isCreate(named: NamedEvent): boolean {
  return named.prev.length === 0 && named.type.endsWith('.create');
}

/** What can never be judged because its room was never accepted counts as rejected, as does a copy that is faulty in itself. */
function verdictOf(received: Received): 'accept' | 'reject' {
  return received.kind === 'accepted' || received.kind === 'soft-failed' ? 'accept' : 'reject';
}
