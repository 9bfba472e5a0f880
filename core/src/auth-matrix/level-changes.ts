import type { MatrixAuthFlags } from '../version/matrix-auth-flags.ts';
import { LEVEL_FIELDS, type LevelEntries, type LevelField, type PowerLevels } from './power-levels.ts';

/** One level that an `m.room.power_levels` event adds, changes or removes. */
export type LevelChange =
  | { readonly of: 'fields'; readonly key: LevelField; readonly was: number | undefined; readonly is: number | undefined }
  | {
      readonly of: LevelEntries;
      readonly key: string;
      /** Is it the sender's own entry of `users`? */
      readonly isOwn: boolean;
      readonly was: number | undefined;
      readonly is: number | undefined;
    };

/** What differs between two power levels: fields, `events`, `notifications` where the room version knows them, `users`. */
export function levelChanges(before: PowerLevels, after: PowerLevels, sender: string, flags: MatrixAuthFlags): LevelChange[] {
  const changes: LevelChange[] = [];
  for (const key of LEVEL_FIELDS) {
    const [was, is] = [before.field(key), after.field(key)];
    if (was !== is) changes.push({ of: 'fields', key, was, is });
  }
  entryChanges('events', before, after, sender, changes);
  if (flags.notificationLevels) entryChanges('notifications', before, after, sender, changes);
  entryChanges('users', before, after, sender, changes);
  return changes;
}

/**
 * One edit touches few of many entries, and leaves the others in their order: what both begin and end with is compared place by place, without looking anything up.
 */
function entryChanges(of: LevelEntries, before: PowerLevels, after: PowerLevels, sender: string, changes: LevelChange[]): void {
  const [old, now] = [before.entries(of), after.entries(of)];
  if (old === now) return;
  const [oldKeys, keys] = [Object.keys(old), Object.keys(now)];
  const [oldValues, values] = [Object.values(old), Object.values(now)];
  const same = (i: number, k: number): boolean => oldKeys[i] === keys[k] && oldValues[i] === values[k];
  const shorter = Math.min(oldKeys.length, keys.length);
  let start = 0;
  while (start < shorter && same(start, start)) start++;
  let end = 0;
  while (end < shorter - start && same(oldKeys.length - 1 - end, keys.length - 1 - end)) end++;
  const add = (key: string, is: number | undefined): void => {
    const was = before.entry(of, key);
    if (was !== is) changes.push({ of, key, isOwn: of === 'users' && key === sender, was, is });
  };
  for (let k = start; k < keys.length - end; k++) {
    const key = keys[k] as string;
    if (!Object.hasOwn(old, key) || old[key] !== values[k]) add(key, after.entry(of, key));
  }
  for (let k = start; k < oldKeys.length - end; k++) {
    const key = oldKeys[k] as string;
    if (!Object.hasOwn(now, key)) add(key, undefined);
  }
}
