import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** Where vectors are; what describes them or is data for measuring is not frozen. */
const FOLDERS = ['vectors', 'vectors/matrix', 'native', 'matrix', 'exports', 'federation'];
const SPEC = new URL('../', import.meta.url);

/** File -> a hash of each of its cases, in the file's order. */
export type Frozen = Readonly<Record<string, readonly string[]>>;

/** What is there now: of a list each element, of an object each element of its lists and each entry of its maps, of lines each line. */
export function casesNow(): Frozen {
  const files = FOLDERS.flatMap((folder) =>
    readdirSync(new URL(`${folder}/`, SPEC))
      .filter((name) => name.endsWith('.json') || name.endsWith('.jsonl.gz'))
      .map((name) => `${folder}/${name}`),
  );
  return Object.fromEntries(files.sort(byText).map((file) => [file, casesOf(file)]));
}

const byText = (a: string, b: string): number => (a < b ? -1 : Number(a > b));

function casesOf(file: string): string[] {
  const bytes = readFileSync(new URL(file, SPEC));
  if (file.endsWith('.gz')) return gunzipSync(bytes).toString('utf8').trimEnd().split('\n').map(hashOf);
  const value = JSON.parse(bytes.toString('utf8')) as object;
  if (Array.isArray(value)) return value.map((one) => hashOf(JSON.stringify(one)));
  return Object.entries(value).flatMap(([name, part]) =>
    Array.isArray(part)
      ? part.map((one) => hashOf(`${name} ${JSON.stringify(one)}`))
      : typeof part === 'object' && part !== null
        ? Object.entries(part).map(([key, one]) => hashOf(`${name} ${key} ${JSON.stringify(one)}`))
        : [hashOf(`${name} ${JSON.stringify(part)}`)],
  );
}

/** 48 bits tell apart what is changed by mistake. */
function hashOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 8);
}
