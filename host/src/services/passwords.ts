import { hash, verify } from '@node-rs/argon2';
import { HostError } from '../http/errors.ts';
import { BoundedWork, QueueFullError } from './bounded-work.ts';

/** The library's number for Argon2id; its enum exists for the compiler only. */
const ALGORITHM_ARGON2ID = 2;
/** Argon2id with 19 MiB, 2 passes, 1 lane: as the OWASP Password Storage Cheat Sheet advises. */
const ARGON2ID = { algorithm: ALGORITHM_ARGON2ID, memoryCost: 19_456, timeCost: 2, parallelism: 1 } as const;

/** Hashes and checks passwords, a bounded number at a time. */
export class Passwords {
  readonly #work: BoundedWork;
  #nobodys: string | undefined;

  constructor(running: number, waiting: number) {
    this.#work = new BoundedWork(running, waiting);
  }

  /** Makes the hash that stands for people who do not exist. */
  async prepare(): Promise<void> {
    this.#nobodys ??= await this.hash('nobody has this password');
  }

  /** The PHC string to keep. Throws LIMITED when too many wait. */
  async hash(password: string): Promise<string> {
    return this.#bounded(() => hash(password, ARGON2ID));
  }

  /** Is it the password behind this PHC string? With `undefined`, for a user that does not exist, it takes the same time and says no. */
  async matches(stored: string | undefined, password: string): Promise<boolean> {
    await this.prepare();
    const matches = await this.#bounded(() => verify(stored ?? this.#nobodys ?? '', password));
    return matches && stored !== undefined;
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await this.#work.run(work);
    } catch (error) {
      if (error instanceof QueueFullError)
        throw new HostError('LIMITED', 'too many people sign in at this moment', { retry_after_ms: 1_000 });
      throw error;
    }
  }
}
