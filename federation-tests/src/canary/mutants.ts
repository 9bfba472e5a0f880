import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { utf8Compare } from '@openguild/core';
import { Random } from '../sim/environment/random.ts';
import type { Canary } from './canary.ts';
import { mutationsOf } from './mutations.ts';

/** The compiled engine: what judges, orders, keeps and hands on events. */
export const ENGINE = '{core/dist/{auth,room,dag,state,event},state-resolution/dist,storage/dist/runner}/**/*.js';

/** Files with nothing that native rooms show: those of Matrix versions alone, and what explains a judgement in words. */
const ELSEWHERE =
  /\/(?:matrix-[a-z]+|server-signatures|published-keys|sign-json|explain|explain-text|rule-ids|resolve-v2|v2-[a-z]+|iterative-auth|auth-graph|conflicted-set|mainline-order|power-order|power-classes|time-order|chain-cover|rules-by-event)\.js$/;

/** Canaries that nobody thought of: `count` changes of the compiled files that match `pattern`, drawn from a seed, the files below `root`. Equal seed and program, equal changes. */
export function drawMutants(root: string, pattern: string, seed: string, count: number): Canary[] {
  const files = globSync(pattern, { cwd: root })
    .map((file) => file.replaceAll('\\', '/'))
    .filter((file) => pattern !== ENGINE || !ELSEWHERE.test(file))
    .sort(utf8Compare);
  const all = files.flatMap((file) =>
    mutationsOf(readFileSync(join(root, file), 'utf8')).map(
      ({ operator, at, line, find, put }): Canary => ({ name: `${file}:${line} ${operator}`, file, find, put, at }),
    ),
  );
  return new Random(`mutants ${seed}`).shuffled(all).slice(0, count);
}
