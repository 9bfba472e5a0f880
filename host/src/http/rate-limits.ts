import ipaddr from 'ipaddr.js';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { RateClass, RateLimit } from '../config/limits.ts';
import { HostError } from './errors.ts';

/** Counts requests by class and by who makes them. In memory: a restart forgives. */
export class RateLimits {
  readonly #limiters: ReadonlyMap<string, RateLimiterMemory>;

  constructor(rates: Readonly<Record<RateClass, RateLimit>>) {
    this.#limiters = new Map(
      Object.entries(rates).map(([name, rate]) => [
        name,
        new RateLimiterMemory({ keyPrefix: name, points: rate.points, duration: rate.seconds }),
      ]),
    );
  }

  /** Counts one request. Throws LIMITED, with the time to wait, when the budget is used up. */
  async count(rate: RateClass, who: string): Promise<void> {
    const limiter = this.#limiters.get(rate);
    if (limiter === undefined) throw new Error(`no rate limit is called ${rate}`);
    try {
      await limiter.consume(who);
    } catch (error) {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new HostError('LIMITED', 'too many requests', { retry_after_ms: Math.max(1, error.msBeforeNext) });
    }
  }
}

const IPV6_NETWORK_BYTES = 8;

/** Who an address stands for: an IPv4 address itself, an IPv6 address its /64, since one customer has all of it. */
export function addressKey(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address.kind() === 'ipv4') return address.toString();
  return address.toByteArray().slice(0, IPV6_NETWORK_BYTES).join('.');
}
