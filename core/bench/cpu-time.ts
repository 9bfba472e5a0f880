import { generateKeyPairSync, sign, verify } from 'node:crypto';

/**
 * Milliseconds that this process has had a processor: what else the machine does meanwhile does not count, the helper threads of the JavaScript engine do. (What Node tells of
 * one thread alone goes by ticks of four milliseconds.)
 */
export function cpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}

/**
 * The least milliseconds of CPU for one run of `work`, over at least `least` stretches of `runs` runs and `forMs` milliseconds. Garbage is collected within the
 * stretches, as it comes.
 */
export function bestCpuMs(runs: number, least: number, forMs: number, work: () => unknown): number {
  let best = Infinity;
  const end = cpuMs() + forMs;
  for (let stretch = 0; stretch < least || cpuMs() < end; stretch++) {
    const start = cpuMs();
    for (let run = 0; run < runs; run++) work();
    best = Math.min(best, (cpuMs() - start) / runs);
  }
  return best;
}

/** Milliseconds of CPU for one run of each of two works that take turns, as the median of `turns`: what happens to one happens to the other. */
export function inTurn(turns: number, first: () => unknown, second: () => unknown): [first: number, second: number] {
  const taken: [number[], number[]] = [[], []];
  for (let turn = 0; turn < turns; turn++) {
    for (const [which, work] of [first, second].entries()) {
      const start = cpuMs();
      work();
      taken[which]?.push(cpuMs() - start);
    }
  }
  const median = (of: number[]): number => of.sort((a, b) => a - b)[of.length >> 1] as number;
  return [median(taken[0]), median(taken[1])];
}

/** Ed25519 signatures over 700 bytes that `node:crypto` verifies in a second of CPU here: the measure of the machine. */
export function ed25519Rate(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(700, 7);
  const signature = sign(null, message, privateKey);
  return 1000 / bestCpuMs(200, 10, 500, () => verify(null, message, publicKey, signature));
}
