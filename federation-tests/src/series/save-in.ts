import { mkdirSync } from 'node:fs';

/** Where a file of this name is to be written; the folder is made. */
export function saveIn(folder: string, name: string): string {
  mkdirSync(folder, { recursive: true });
  return `${folder}/${name}`;
}
