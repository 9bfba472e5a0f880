import type { RoomEvent } from '../event/types.ts';
import { accepted, type Overwrite, type Overwrites, readOverwrites } from './content.ts';
import { TYPES } from './event-types.ts';
import { namesOf } from './names-of.ts';
import type { StateView } from './state-view.ts';

/** One entry that an overwrites event adds, removes or changes. */
export interface OverwriteChange {
  readonly kind: 'role' | 'member';
  readonly id: string;
  readonly before: Overwrite | undefined;
  readonly after: Overwrite | undefined;
}

/** What an overwrites event changes, compared with the state before it, sorted by kind and name. Nothing if its content is malformed. */
export function overwriteChanges(view: StateView, event: RoomEvent): OverwriteChange[] {
  const read = readOverwrites(event);
  if (!read.ok) return [];
  const now = view.get(TYPES.OVERWRITES, event.state_key ?? '');
  const old: Overwrites = now === undefined ? new Map() : accepted(readOverwrites(now));
  const changes: OverwriteChange[] = [];
  for (const name of namesOf(old, read.value)) {
    const before = old.get(name);
    const after = read.value.get(name);
    if (before?.allow === after?.allow && before?.deny === after?.deny && before?.stay === after?.stay) continue;
    const { kind, id } = (after ?? before) as Overwrite;
    changes.push({ kind, id, before, after });
  }
  return changes;
}
