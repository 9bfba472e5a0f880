import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packages } from './project.mjs';
import { walkFiles } from './walk-files.mjs';

const FAMILIES = ['CJ', 'ID', 'EV', 'SIG', 'KEY', 'RED', 'AUTH', 'RES', 'DAG', 'ENG', 'EXP', 'FED', 'API', 'MX', 'MXB'];
const RULE_ID = `(?:${FAMILIES.join('|')})-[0-9A-Z](?:[0-9A-Z.-]*[0-9A-Z])?`;

/** A definition: the bold ID at the beginning of a line, after at most a list mark, a heading mark or a table bar. */
const DEFINITION = new RegExp(`^[ \\t]*(?:[-*+|]|#+|\\d+\\.)?[ \\t]*\\*\\*(${RULE_ID})[.:]?\\*\\*`, 'gm');
const CITATION = new RegExp(`(?<![A-Za-z0-9_-])${RULE_ID}(?![A-Za-z0-9_])`, 'g');

/** The rule IDs that a text of PROTOCOL.md defines, and those that it defines more than once. */
export function definedRules(text) {
  const defined = new Set();
  const twice = new Set();
  for (const [, id] of text.matchAll(DEFINITION)) {
    if (defined.has(id)) twice.add(id);
    defined.add(id);
  }
  return { defined, twice };
}

/** The rule IDs that a source text mentions. */
export function citedRules(text) {
  return new Set([...text.matchAll(CITATION)].map(([id]) => id));
}

/**
 * Compares PROTOCOL.md with the code under `root`: undefined if there is no PROTOCOL.md, else the IDs
 * `uncited` (defined, in no source), `unknown` (cited, never defined; with the files that do) and `twice` defined.
 */
export function compareRules(root) {
  const protocol = join(root, 'PROTOCOL.md');
  if (!existsSync(protocol)) return undefined;
  const { defined, twice } = definedRules(readFileSync(protocol, 'utf8'));
  const inSources = new Set();
  const unknown = new Map();
  for (const name of packages) {
    for (const folder of ['src', 'test']) {
      for (const file of walkFiles(join(root, name, folder), (path) => path.endsWith('.ts'))) {
        for (const id of citedRules(readFileSync(file, 'utf8'))) {
          if (folder === 'src') inSources.add(id);
          if (!isKnown(id, defined)) unknown.set(id, [...(unknown.get(id) ?? []), relative(root, file)]);
        }
      }
    }
  }
  return { defined, twice, uncited: [...defined].filter((id) => !inSources.has(id)), unknown };
}

/** A citation may name one rule or, by the number before the dot, a section of them. */
function isKnown(id, defined) {
  return defined.has(id) || [...defined].some((other) => other.startsWith(`${id}.`));
}
