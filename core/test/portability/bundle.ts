import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import type { Finding } from './suite/finding.ts';

const FOLDER = new URL('../../../spec/vectors/', import.meta.url);
const HERE = fileURLToPath(new URL('.', import.meta.url));

/** What one of the runs elsewhere returns. */
export interface FileReport {
  readonly file: string;
  readonly count: number;
  readonly faults: readonly Finding[];
}

/** Names of all files of spec/vectors, without `.json`. */
export function vectorFiles(): string[] {
  return readdirSync(FOLDER, { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.json'))
    .map((name) => name.slice(0, -'.json'.length).replaceAll('\\', '/'))
    .sort((a, b) => (a < b ? -1 : 1));
}

export function readVectorFile(name: string): unknown {
  return JSON.parse(readFileSync(new URL(`${name}.json`, FOLDER), 'utf8'));
}

/**
 * One script with the suite, all vectors and the portable entry of core, as a browser would get it: no module is left to load, and an
 * import of anything that only Node has fails to build. The script defines `run()`, which returns the reports.
 */
export async function bundledSuite(): Promise<string> {
  const files = Object.fromEntries(vectorFiles().map((name) => [name, readVectorFile(name)]));
  const built = await build({
    stdin: {
      contents: `import { runVectors } from './suite/run-vectors.ts';
        globalThis.run = (files) => Object.entries(files).map(([file, vectors]) => {
          const findings = runVectors(file, vectors);
          return { file, count: findings.length, faults: findings.filter((one) => one.fault !== null) };
        });`,
      resolveDir: HERE,
      loader: 'ts',
    },
    bundle: true,
    write: false,
    format: 'iife',
    platform: 'browser',
    conditions: ['browser', 'default'],
    target: 'es2022',
    logLevel: 'silent',
  });
  const [script] = built.outputFiles;
  // As a text: in an object literal of the language `__proto__` would be no member.
  return `${script?.text}\nglobalThis.vectorFiles = JSON.parse(${JSON.stringify(JSON.stringify(files))});\n`;
}
