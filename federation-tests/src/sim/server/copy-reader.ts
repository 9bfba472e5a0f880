import { checkCopy, type JsonValue, type Result, type RoomVersion, type UnverifiedCopy } from '@openguild/core';

interface Known {
  readonly version: RoomVersion;
  readonly read: Result<UnverifiedCopy>;
}

/** What was read of an object: it is frozen, so it says the same to whoever reads it next. */
const known = new WeakMap<object, Known>();

/**
 * Reads copies (EV rules, hashes, ID) for all servers of a run. What a copy says about itself is a pure function of it, so one that a server hands on
 * as it is need be read only once in a process, by whichever server comes first. Runs with real signatures do without: there every server reads for itself.
 */
export class CopyReader {
  readonly #remembers: boolean;

  constructor(remembers: boolean) {
    this.#remembers = remembers;
  }

  readonly read = (pdu: JsonValue, version: RoomVersion): Result<UnverifiedCopy> => {
    if (!this.#remembers || typeof pdu !== 'object' || pdu === null) return checkCopy(pdu, version);
    const before = known.get(pdu);
    if (before?.version === version) return before.read;
    const read = checkCopy(pdu, version);
    remember(pdu, { version, read });
    // What is kept of a whole copy is what was read of it, in the order of a stored one: read again it is the same.
    if (read.ok && read.value.redactedFor === undefined) remember(read.value.event.pdu, { version, read });
    return read;
  };
}

function remember(pdu: object, what: Known): void {
  freeze(pdu);
  known.set(pdu, what);
}

/** All the way down. Most of a copy is part of another one that is frozen already. */
function freeze(value: object): void {
  if (Object.isFrozen(value)) return;
  Object.freeze(value);
  for (const inner of Object.values(value)) if (typeof inner === 'object' && inner !== null) freeze(inner as object);
}
