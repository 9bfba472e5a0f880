import { mkdirSync, writeFileSync } from 'node:fs';
import { type History, writeHistory } from '../sim/history-file.ts';

/** Writes the history of a seed and tells its file; the folder is made. `form`: what tells it from others of the seed. */
export function saveHistory(folder: string, seed: string, form: '' | '.small', history: History): string {
  mkdirSync(folder, { recursive: true });
  const file = `${folder}/${seed.replaceAll('/', '-')}${form}.jsonl`;
  writeFileSync(file, writeHistory(history));
  return file;
}
