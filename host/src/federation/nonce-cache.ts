/**
 * Remembers the nonces of requests until their signatures have expired, so that none is answered twice (FED-20).
 *
 * Only nonces under a verified signature get in, so only real servers can fill it, each no more than its own share. A full share refuses:
 * forgetting a nonce early would let its request be replayed.
 */
export class NonceCache {
  readonly #perOrigin: number;
  readonly #total: number;
  readonly #origins = new Map<string, Map<string, number>>();
  #size = 0;

  constructor(limits: { readonly perOrigin: number; readonly total: number }) {
    this.#perOrigin = limits.perOrigin;
    this.#total = limits.total;
  }

  get size(): number {
    return this.#size;
  }

  /** Takes a nonce, once. `until` and `now` in seconds since 1970. */
  use(origin: string, nonce: string, until: number, now: number): 'fresh' | 'used' | 'full' {
    const nonces = this.#origins.get(origin) ?? new Map<string, number>();
    this.#expire(origin, nonces, now);
    if (nonces.has(nonce)) return 'used';
    if (nonces.size >= this.#perOrigin) return 'full';
    if (this.#size >= this.#total) this.#expireAll(now);
    if (this.#size >= this.#total) return 'full';
    nonces.set(nonce, until);
    this.#origins.set(origin, nonces);
    this.#size += 1;
    return 'fresh';
  }

  /** Insertion order is nearly the order of expiry: what expires later than its successors just stays a little longer. */
  #expire(origin: string, nonces: Map<string, number>, now: number): void {
    for (const [nonce, until] of nonces) {
      if (until >= now) break;
      nonces.delete(nonce);
      this.#size -= 1;
    }
    if (nonces.size === 0) this.#origins.delete(origin);
  }

  #expireAll(now: number): void {
    for (const [origin, nonces] of [...this.#origins]) this.#expire(origin, nonces, now);
  }
}
