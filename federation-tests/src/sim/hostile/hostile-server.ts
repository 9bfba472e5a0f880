import { base58encode, buildEvent, type JsonObject, type JsonValue, roomVersion, utf8Compare } from '@openguild/core';
import type { Answer } from '../server/here.ts';
import type { Request } from '../environment/network.ts';
import { SimServer } from '../server/server.ts';

/**
 * A server that follows the rules for its own copy, so that it knows what is going on, and breaks them towards others. What it makes and sends is
 * in `hostility.ts`; here is how it answers.
 */
export class HostileServer extends SimServer {
  /** Events that it gives to nobody who asks. */
  readonly withheld = new Set<string>();
  /** Events that it made behind its own back, by ID: given to who asks, mostly. */
  readonly hidden = new Map<string, JsonObject>();
  /** Once over, it still answers, and does no more harm. */
  tame = false;

  override get hostile(): boolean {
    return true;
  }

  override start(): void {
    super.start();
    const { life } = this;
    if (life === null) return;
    this.world.network.attach(this.name, async (from, request) => this.#distort(request, await life.answer(from, request)));
  }

  #distort(request: Request, answer: Answer): Answer {
    if (request.kind === 'heads') return this.#headsOf(answer);
    if (request.kind !== 'missing' && request.kind !== 'log') return answer;
    const known = Array.isArray(answer['events']) ? answer['events'] : [];
    const asked = request.kind === 'missing' && Array.isArray(request.body['latest']) ? request.body['latest'] : [];
    const own = asked.flatMap((id) => (typeof id === 'string' && !this.withheld.has(id) ? (this.hidden.get(id) ?? []) : []));
    const events = [...own, ...known].filter((pdu) => !this.withheld.has(this.world.idOf(pdu) ?? ''));
    if (this.tame || !this.random.chance(0.3)) return { ...answer, events };
    this.world.ledger.fault('lying page');
    return { ...answer, events: this.#lies(events) };
  }

  /** Ends that it does not have, or another state than it has. */
  #headsOf(answer: Answer): Answer {
    const { rooms } = answer;
    if (this.tame || !this.random.chance(0.3) || typeof rooms !== 'object' || rooms === null || Array.isArray(rooms)) return answer;
    this.world.ledger.fault('lying heads');
    const lie = (value: JsonValue): JsonValue => {
      const heads = { ...(value as JsonObject) };
      if (this.random.chance(0.5)) return { ...heads, state_hash: base58encode(this.random.bytes(32)) };
      return { ...heads, heads: this.random.chance(0.5) ? [] : [this.#nowhere()] };
    };
    return { rooms: Object.fromEntries(Object.entries(rooms).map(([roomId, value]) => [roomId, lie(value)])) };
  }

  /** The ID of an event that there is not. */
  #nowhere(): string {
    return `$${base58encode(this.random.bytes(32))}`;
  }

  /** A past without a beginning: whoever asks for what it cites gets another one of the kind. */
  #endless(): JsonObject[] {
    const { world, users } = this;
    const version = roomVersion(world.shape.version);
    if (version === undefined || version.authority !== 'native') return [];
    const [user = ''] = users;
    const cited = { prev_events: [this.#nowhere()], auth_events: [] };
    const fields = {
      type: 'm.guild.meta',
      sender: user,
      state_key: '',
      content: {},
      room_id: world.mainRoom,
      origin_ts: world.scheduler.now,
      ...cited,
    };
    return [buildEvent(fields, version, [this.dailySigner()]).pdu];
  }

  #lies(events: readonly JsonValue[]): JsonValue[] {
    const lies = [...events];
    switch (this.random.int(6)) {
      case 0:
        return lies.reverse();
      case 1:
        return [];
      case 2:
        return lies.filter(() => this.random.chance(0.7));
      case 3:
        return lies.map((pdu) => (this.random.chance(0.2) ? { ...(pdu as JsonObject), content: { lie: 1 } } : pdu));
      case 4:
        return [...lies, ...this.#endless()];
      default:
        return [null, 7, 'x', { type: 'm.room.message' }, ...lies].sort((a, b) => utf8Compare(JSON.stringify(a), JSON.stringify(b)));
    }
  }
}
