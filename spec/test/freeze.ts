/**
 * Adds to `spec/frozen.json` the cases that are new, and takes nothing away:
 *
 *     node spec/test/freeze.ts
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { casesNow, type Frozen } from './frozen.ts';

const file = new URL('../frozen.json', import.meta.url);
const before: Frozen = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Frozen) : {};
const now = casesNow();
const names = [...new Set([...Object.keys(before), ...Object.keys(now)])].sort((a, b) => (a < b ? -1 : Number(a > b)));
const rows = names.map((name) => {
  const known = before[name] ?? [];
  const fresh = (now[name] ?? []).filter((hash) => !known.includes(hash));
  return `  ${JSON.stringify(name)}: ${JSON.stringify([...known, ...fresh])}`;
});
writeFileSync(file, `{\n${rows.join(',\n')}\n}\n`);
