import { signatureFault } from '../crypto/ed25519.ts';
import { PublishedKeys } from '../event/published-keys.ts';
import type { ServerSignatureCheck } from '../event/types.ts';
import type { Fault } from '../fault.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import type { Verify, VerifyServer } from './memory-rooms.ts';

/** The signatures in a file: those that servers publish keys for by the documents in the file (EXP-13), unless whoever verifies has keys of his own. */
export class ExportSignatures {
  readonly #verify: Verify;
  readonly #verifyServers: VerifyServer | undefined;
  /** The key documents in the file. */
  readonly published: PublishedKeys;
  #unchecked = 0;
  readonly #uncheckedServers = new Set<string>();
  readonly #wrong: Parameters<Verify>[0][] = [];

  constructor(verify: Verify, verifyServers: VerifyServer | undefined) {
    this.#verify = verify;
    this.#verifyServers = verifyServers;
    this.published = new PublishedKeys(verify);
  }

  /** Signatures of servers of which there is no key. They count as right, and the report says how many they are. */
  get unchecked(): number {
    return this.#unchecked;
  }

  get uncheckedServers(): readonly string[] {
    return [...this.#uncheckedServers].sort(utf8Compare);
  }

  /** Wrong signatures are remembered from here on, for `faultOf`. */
  begin(): void {
    this.#wrong.length = 0;
  }

  isValid(check: Parameters<Verify>[0]): boolean {
    const valid = this.#verify(check);
    if (!valid) this.#wrong.push(check);
    return valid;
  }

  isSigned(check: ServerSignatureCheck): boolean {
    if (this.#verifyServers !== undefined) return this.#verifyServers(check);
    if (this.published.has(check.server)) return this.published.isSigned(check);
    this.#unchecked += 1;
    this.#uncheckedServers.add(check.server);
    return true;
  }

  /** The engine says that a signature is wrong; the portable check says why. */
  faultOf(fault: Fault): Fault {
    for (const check of this.#wrong) {
      const why = 'public_key' in check ? signatureFault(check) : null;
      if (why !== null) return { rule: why.rule, detail: `${fault.detail}: ${why.detail}` };
    }
    return fault;
  }
}
