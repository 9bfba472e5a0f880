import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { citedRules } from './rule-citations.mjs';
import { walkFiles } from './walk-files.mjs';

/** Where spec/vectors/README.md lists the rules that no vector can be about. */
const HEADING = '## Rules without a vector';

/**
 * The rules that vectors are about: every `rule` of a vector, and every rule by which a vector says that an event is refused.
 * Rule ID to the files that have it.
 */
export function testedRules(root) {
  const tested = new Map();
  for (const file of walkFiles(join(root, 'spec', 'vectors'), (path) => path.endsWith('.json'))) {
    for (const id of rulesIn(JSON.parse(readFileSync(file, 'utf8')))) tested.set(id, [...(tested.get(id) ?? []), relative(root, file)]);
  }
  return tested;
}

function rulesIn(value) {
  const found = new Set();
  const visit = (part) => {
    if (part === null || typeof part !== 'object') return;
    for (const [name, item] of Object.entries(part)) {
      if (name === 'rule' && typeof item === 'string') found.add(item);
      if (name === 'refused') for (const id of Object.values(item)) found.add(id);
      visit(item);
    }
  };
  visit(value);
  return found;
}

/**
 * The exceptions that spec/vectors/README.md lists: rows of a table under its heading, in the first cell rule IDs or families
 * (`FED-*`) in backticks, in the second the reason. { ids, families }, or undefined without such a section.
 */
export function exceptions(root) {
  const file = join(root, 'spec', 'vectors', 'README.md');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const start = text.indexOf(HEADING);
  if (start < 0) return undefined;
  const section = text.slice(start + HEADING.length).split(/^## /m)[0];
  const ids = new Set();
  const families = new Set();
  for (const line of section.split('\n').filter((row) => row.startsWith('|'))) {
    const [, rules, reason] = line.split('|');
    if (reason === undefined || reason.trim() === '') continue;
    for (const [, family] of rules.matchAll(/`([A-Z]+)-\*`/g)) families.add(family);
    for (const id of citedRules(rules)) ids.add(id);
  }
  return { ids, families };
}

/** Compares the rules that PROTOCOL.md defines with the vectors: what is `untested`, `unknown` to it, or excepted for nothing (`needless`). */
export function compareVectors(root, defined) {
  const tested = testedRules(root);
  const { ids, families } = exceptions(root) ?? { ids: new Set(), families: new Set() };
  const familyOf = (id) => id.slice(0, id.indexOf('-'));
  return {
    untested: [...defined].filter((id) => !tested.has(id) && !ids.has(id) && !families.has(familyOf(id))),
    unknown: new Map([...tested].filter(([id]) => !defined.has(id))),
    needless: [...ids].filter((id) => tested.has(id) || !defined.has(id)),
  };
}
