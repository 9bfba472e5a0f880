import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { median } from './bench-report.ts';

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

/** Turns of `inTurn` that are not counted: what is compiled, and what is remembered, is to be so for both. */
const WARM_TURNS = 5;

/**
 * Milliseconds of CPU for one run of each of two works that take turns, as the median of `turns`: what happens to one happens to the other. The first
 * of a turn is the second of the next, since each pays for garbage that the one before it left.
 */
export function inTurn(turns: number, first: () => unknown, second: () => unknown): [first: number, second: number] {
  const taken: [number[], number[]] = [[], []];
  for (let turn = -WARM_TURNS; turn < turns; turn++) {
    for (const which of turn % 2 === 0 ? ([0, 1] as const) : ([1, 0] as const)) {
      const start = cpuMs();
      (which === 0 ? first : second)();
      if (turn >= 0) taken[which].push(cpuMs() - start);
    }
  }
  return [median(taken[0]), median(taken[1])];
}

/** Ed25519 signatures over 700 bytes that `node:crypto` verifies in a second of CPU here: the measure of the machine. */
export function ed25519Rate(): number {
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const message = Buffer.alloc(700, 7);
  const signature = sign(null, message, privateKey);
  return 1000 / bestCpuMs(200, 10, 500, () => verify(null, message, publicKey, signature));
}
