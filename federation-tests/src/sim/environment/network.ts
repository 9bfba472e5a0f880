import type { JsonValue } from '@openguild/core';
import type { Random } from './random.ts';
import type { Scheduler } from './scheduler.ts';

/** What servers ask each other. A model of the federation API: one kind for each endpoint that matters to events. */
export interface Request {
  readonly kind: 'send' | 'missing' | 'log' | 'heads' | 'join';
  readonly body: Readonly<Record<string, JsonValue>>;
}

export type Handler = (from: string, request: Request) => Promise<Readonly<Record<string, JsonValue>>>;

/** How lines behave. Times in milliseconds, probabilities from 0 to 1. */
export interface Weather {
  readonly minDelay: number;
  readonly maxDelay: number;
  readonly loss: number;
  readonly duplicate: number;
  /** Share of messages that take ten times as long, and so are overtaken. */
  readonly straggle: number;
  /** Events that one direction of a line carries in a second, one after another; 0: any number at once. */
  readonly bandwidth: number;
}

export const CALM: Weather = { minDelay: 5, maxDelay: 20, loss: 0, duplicate: 0, straggle: 0, bandwidth: 0 };

/** The other server did not answer, in time or at all. */
export class Unreachable extends Error {
  override readonly name = 'Unreachable';
}

/** The other server answered that it will not. */
export class Refused extends Error {
  override readonly name = 'Refused';
}

/** One for each server: it says nothing else, and there are many in a storm. */
const unreachable = new Map<string, Unreachable>();

function didNotAnswer(server: string): Unreachable {
  let error = unreachable.get(server);
  if (error === undefined) unreachable.set(server, (error = new Unreachable(`${server} did not answer`)));
  return error;
}

export interface NetworkObserver {
  sent(from: string, to: string, request: Request): void;
  fault(name: string): void;
}

/** Requests and answers are messages of their own: each can be late, lost, doubled or overtaken, and each direction of a line cut by itself. */
export class Network {
  weather: Weather = CALM;
  readonly #scheduler: Scheduler;
  readonly #random: Random;
  readonly #observer: NetworkObserver;
  readonly #handlers = new Map<string, Handler>();
  readonly #cut = new Set<string>();
  readonly #slow = new Map<string, number>();
  /** Direction of a line -> until when it is busy with what was sent before. */
  readonly #busy = new Map<string, number>();
  messages = 0;

  constructor(scheduler: Scheduler, random: Random, observer: NetworkObserver) {
    this.#scheduler = scheduler;
    this.#random = random;
    this.#observer = observer;
  }

  attach(server: string, handler: Handler): void {
    this.#handlers.set(server, handler);
  }

  detach(server: string): void {
    this.#handlers.delete(server);
  }

  /** One direction. */
  cut(from: string, to: string): void {
    this.#cut.add(`${from} ${to}`);
  }

  join(from: string, to: string): void {
    this.#cut.delete(`${from} ${to}`);
  }

  /** What reaches or leaves this server takes so many times as long. */
  slow(server: string, factor: number): void {
    this.#slow.set(server, factor);
  }

  heal(): void {
    this.#cut.clear();
    this.#slow.clear();
    this.weather = CALM;
  }

  /** Rejects with Unreachable after `timeout` milliseconds, with Refused if the other side refuses. */
  request(from: string, to: string, request: Request, timeout: number): Promise<Readonly<Record<string, JsonValue>>> {
    this.#observer.sent(from, to, request);
    return new Promise((resolve, reject) => {
      let settled = false;
      const cancel = this.#scheduler.after(timeout, () => {
        settled = true;
        reject(didNotAnswer(to));
      });
      const settle = (then: () => void): void => {
        if (settled) return;
        settled = true;
        cancel();
        then();
      };
      this.#carry(from, to, request.body, () => {
        const handler = this.#handlers.get(to);
        if (handler === undefined) return;
        handler(from, request).then(
          (answer) => this.#carry(to, from, answer, () => settle(() => resolve(answer))),
          (error: unknown) => {
            // Anything else is the other process's own affair: it gives no answer, and says so itself.
            if (error instanceof Refused) this.#carry(to, from, {}, () => settle(() => reject(error)));
          },
        );
      });
    });
  }

  #carry(from: string, to: string, what: Readonly<Record<string, JsonValue>>, arrive: () => void): void {
    const { weather } = this;
    const random = this.#random;
    this.messages += 1;
    if (random.chance(weather.loss)) return this.#observer.fault('message lost');
    const copies = random.chance(weather.duplicate) ? 2 : 1;
    if (copies === 2) this.#observer.fault('message doubled');
    for (let i = 0; i < copies; i++) {
      let delay = random.between(weather.minDelay, weather.maxDelay) * Math.max(this.#slow.get(from) ?? 1, this.#slow.get(to) ?? 1);
      if (random.chance(weather.straggle)) {
        delay *= 10;
        this.#observer.fault('message late');
      }
      delay += this.#waitForLine(`${from} ${to}`, what);
      this.#scheduler.after(delay, () => {
        if (this.#cut.has(`${from} ${to}`)) this.#observer.fault('message cut off');
        else arrive();
      });
    }
  }

  /** Milliseconds until a line has carried this, after what was sent on it before. */
  #waitForLine(line: string, what: Readonly<Record<string, JsonValue>>): number {
    const { bandwidth } = this.weather;
    if (bandwidth === 0) return 0;
    const { now } = this.#scheduler;
    const events = Object.values(what).reduce<number>((sum, list) => sum + (Array.isArray(list) ? list.length : 0), 1);
    const free = Math.max(now, this.#busy.get(line) ?? 0) + (events * 1_000) / bandwidth;
    this.#busy.set(line, free);
    return free - now;
  }
}
