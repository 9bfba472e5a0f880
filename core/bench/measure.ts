import { generateKeyPairSync, sign, verify } from 'node:crypto';

/** The least milliseconds that `work` took, over at least `runs` runs and `forMs` milliseconds; `prepare` comes before each and is not counted. */
export function bestOf(runs: number, forMs: number, prepare: () => void, work: () => void): number {
  let best = Infinity;
  const end = performance.now() + forMs;
  for (let run = 0; run < runs || performance.now() < end; run++) {
    prepare();
    const start = performance.now();
    work();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

/** Ed25519 signatures over 700 bytes that `node:crypto` verifies in a second here: the measure of the machine. */
export function ed25519Rate(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(700, 7);
  const signature = sign(null, message, privateKey);
  const batch = 200;
  const ms = bestOf(
    10,
    1500,
    () => {},
    () => {
      for (let i = 0; i < batch; i++) verify(null, message, publicKey, signature);
    },
  );
  return (batch / ms) * 1000;
}
