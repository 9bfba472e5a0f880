import { type JsonObject, type JsonValue, utf8Compare } from '@openguild/core';
import type { Answer } from './here.ts';
import type { Request } from './network.ts';
import { SimServer } from './server.ts';

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
    if (request.kind !== 'missing' && request.kind !== 'log') return answer;
    const known = Array.isArray(answer['events']) ? answer['events'] : [];
    const asked = request.kind === 'missing' && Array.isArray(request.body['latest']) ? request.body['latest'] : [];
    const own = asked.flatMap((id) => (typeof id === 'string' && !this.withheld.has(id) ? (this.hidden.get(id) ?? []) : []));
    const events = [...own, ...known].filter((pdu) => !this.withheld.has(this.world.idOf(pdu) ?? ''));
    if (this.tame || !this.random.chance(0.3)) return { ...answer, events };
    this.world.ledger.fault('lying page');
    return { ...answer, events: this.#lies(events) };
  }

  #lies(events: readonly JsonValue[]): JsonValue[] {
    const lies = [...events];
    switch (this.random.int(5)) {
      case 0:
        return lies.reverse();
      case 1:
        return [];
      case 2:
        return lies.filter(() => this.random.chance(0.7));
      case 3:
        return lies.map((pdu) => (this.random.chance(0.2) ? { ...(pdu as JsonObject), content: { lie: 1 } } : pdu));
      default:
        return [null, 7, 'x', { type: 'm.room.message' }, ...lies].sort((a, b) => utf8Compare(JSON.stringify(a), JSON.stringify(b)));
    }
  }
}
