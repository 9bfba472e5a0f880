import { noOptions } from './lib/no-options.mjs';
import { root } from './lib/project.mjs';
import { compareRules } from './lib/rule-citations.mjs';
import { compareVectors } from './lib/rule-vectors.mjs';

noOptions(
  'rules',
  'Checks that every rule that PROTOCOL.md defines is cited where the code implements it and has a vector (or a reason why it can have none), and that no rule that code or vectors name is unknown.',
);

const found = compareRules(root);
if (found === undefined) {
  console.log('rules: there is no PROTOCOL.md to compare with');
} else {
  for (const id of found.twice) console.log(`${id}: defined more than once in PROTOCOL.md`);
  for (const id of found.uncited) console.log(`${id}: defined in PROTOCOL.md, cited by no source`);
  for (const [id, files] of found.unknown) console.log(`${id}: not in PROTOCOL.md, cited in ${files.join(', ')}`);
  const vectors = compareVectors(root, found.defined);
  for (const id of vectors.untested)
    console.log(
      `${id}: no vector (of FED, API and EXP rules: nor a test whose title names it), and no reason for that in spec/vectors/README.md`,
    );
  for (const id of vectors.needless) console.log(`${id}: listed in spec/vectors/README.md as without a vector; it has one, or is no rule`);
  for (const [id, files] of vectors.unknown) console.log(`${id}: not in PROTOCOL.md, in a vector of ${files.join(', ')}`);
  const faults =
    found.twice.size + found.uncited.length + found.unknown.size + vectors.untested.length + vectors.needless.length + vectors.unknown.size;
  console.log(faults === 0 ? `rules: ok, ${found.defined.size} defined` : `rules: ${faults} faults`);
  process.exitCode = faults === 0 ? 0 : 1;
}
