import { existsSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { packages } from './project.mjs';
import { citedRules } from './rule-citations.mjs';
import { walkFiles } from './walk-files.mjs';

/** Where spec/vectors/README.md lists the rules that no vector can be about. */
const HEADING = '## Rules without a vector';

/** Folders of spec whose JSON files hold vectors. */
const VECTORS = ['vectors', 'exports', 'federation'];

/**
 * Families that are about what two programs say to each other: of these a test that names the rule in its title counts like a vector, since it runs against real
 * hosts over HTTP.
 */
const BETWEEN_PROGRAMS = ['FED', 'API', 'EXP'];

/** The title of a suite or a test: what a report of the run shows. */
const TITLE = /\b(?:it|describe)\(\s*(?:'([^'\n]*)'|"([^"\n]*)"|`([^`\n]*)`)/g;

/**
 * The rules that vectors are about: every `rule` of a vector, and every rule by which a vector says that an event is refused.
 * Rule ID to the files that have it.
 */
export function testedRules(root) {
  const tested = new Map();
  for (const folder of VECTORS) {
    for (const file of walkFiles(join(root, 'spec', folder), (path) => path.endsWith('.json'))) {
      for (const id of rulesIn(JSON.parse(readFileSync(file, 'utf8')))) tested.set(id, [...(tested.get(id) ?? []), relative(root, file)]);
    }
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

/** The rules that titles of tests name. */
export function titledRules(root) {
  const titled = new Set();
  for (const name of packages) {
    for (const file of walkFiles(join(root, name, 'test'), (path) => path.endsWith('.test.ts'))) {
      for (const [, ...titles] of readFileSync(file, 'utf8').matchAll(TITLE)) for (const id of citedRules(titles.join(''))) titled.add(id);
    }
  }
  return titled;
}

/**
 * The exceptions that spec/vectors/README.md lists: rows of a table under its heading, in the first cell rule IDs in backticks, in the second the reason.
 * Each rule is named by itself: a family cannot be excepted. Empty without such a section.
 */
export function exceptions(root) {
  const file = join(root, 'spec', 'vectors', 'README.md');
  const text = existsSync(file) ? readFileSync(file, 'utf8') : '';
  const start = text.indexOf(HEADING);
  const ids = new Set();
  if (start < 0) return ids;
  const section = text.slice(start + HEADING.length).split(/^## /m)[0];
  for (const line of section.split('\n').filter((row) => row.startsWith('|'))) {
    const [, rules, reason] = line.split('|');
    if (reason === undefined || reason.trim() === '') continue;
    for (const id of citedRules(rules)) ids.add(id);
  }
  return ids;
}

/** Compares the rules that PROTOCOL.md defines with vectors and tests: what is `untested`, `unknown` to it, or excepted for nothing (`needless`). */
export function compareVectors(root, defined) {
  const tested = testedRules(root);
  const titled = titledRules(root);
  const excepted = exceptions(root);
  const counts = (id) => tested.has(id) || (BETWEEN_PROGRAMS.includes(id.slice(0, id.indexOf('-'))) && titled.has(id));
  return {
    untested: [...defined].filter((id) => !counts(id) && !excepted.has(id)),
    unknown: new Map([...tested].filter(([id]) => !defined.has(id))),
    needless: [...excepted].filter((id) => counts(id) || !defined.has(id)),
  };
}
