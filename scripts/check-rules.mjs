// Checks that every rule that PROTOCOL.md defines is cited where the code implements it, and that no cited rule is unknown.
import { root } from './lib/project.mjs';
import { compareRules } from './lib/rule-citations.mjs';

const found = compareRules(root);
if (found === undefined) {
  console.log('rules: there is no PROTOCOL.md to compare with');
} else {
  for (const id of found.twice) console.log(`${id}: defined more than once in PROTOCOL.md`);
  for (const id of found.uncited) console.log(`${id}: defined in PROTOCOL.md, cited by no source`);
  for (const [id, files] of found.unknown) console.log(`${id}: not in PROTOCOL.md, cited in ${files.join(', ')}`);
  const faults = found.twice.size + found.uncited.length + found.unknown.size;
  console.log(faults === 0 ? `rules: ok, ${found.defined.size} defined` : `rules: ${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
}
