import { noOptions } from './lib/no-options.mjs';
import { importFaults } from './lib/import-rules.mjs';
import { root } from './lib/project.mjs';

noOptions(
  'imports',
  'Checks the direction of imports between packages, that packages are imported only through their entry points, and that no files import each other in a circle.',
);

const faults = importFaults(root);
for (const fault of faults) console.log(fault);
console.log(faults.length === 0 ? 'imports: ok' : `imports: ${faults.length} faults`);
process.exitCode = faults.length === 0 ? 0 : 1;
