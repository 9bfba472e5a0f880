import { canonicalJson } from '../json/canonical.ts';
import { base58encode } from '../crypto/base58.ts';
import { utf8Compare } from '../json/utf8-order.ts';
import { utf8Encode } from '../json/utf8.ts';
import type { RoomVersion } from '../version/version-record.ts';
import type { StateMap } from './state-map.ts';

/** States are immutable and shared, and asked about again whenever servers compare: the hash is worked out once for each. */
const known = new WeakMap<StateMap, { readonly version: RoomVersion; readonly hash: string }>();

/** DAG-4: the hash of the canonical list of `[type, state_key, event_id]`, sorted by the UTF-8 bytes of type, then state key; base58. */
export function stateHash(state: StateMap, version: RoomVersion): string {
  const before = known.get(state);
  if (before?.version === version) return before.hash;
  const hash = freshHash(state, version);
  known.set(state, { version, hash });
  return hash;
}

function freshHash(state: StateMap, version: RoomVersion): string {
  const rows = [...state.entries()].sort((a, b) => utf8Compare(a[0], b[0]) || utf8Compare(a[1], b[1]));
  return base58encode(version.hash(utf8Encode(canonicalJson(rows, version.keyOrder))));
}
