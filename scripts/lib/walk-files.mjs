import { readdirSync } from 'node:fs';
import { join } from 'node:path';

const SKIPPED = new Set(['node_modules', 'dist', '.git', '.build']);

/** Every file under `folder` for which `wanted(path)` holds, sorted by path; a folder that is not there has none. */
export function walkFiles(folder, wanted) {
  const found = [];
  const open = [folder];
  while (open.length > 0) {
    const current = open.pop();
    for (const entry of entriesOf(current)) {
      const path = join(current, entry.name);
      if (entry.isDirectory()) {
        if (!SKIPPED.has(entry.name)) open.push(path);
      } else if (entry.isFile() && wanted(path)) {
        found.push(path);
      }
    }
  }
  return found.sort((a, b) => (a < b ? -1 : 1));
}

function entriesOf(folder) {
  try {
    return readdirSync(folder, { withFileTypes: true });
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}
