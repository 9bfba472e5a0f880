import { roomVersion } from '@openguild/core';
import type { RoomStore } from '@openguild/storage';

/** Some rooms are of versions that this release does not know: another one wrote them. */
export class UnknownVersionsError extends Error {
  override name = 'UnknownVersionsError';
}

/** Throws UnknownVersionsError rather than let a host run that could not open some of its rooms (EV-1). */
export async function demandKnownVersions(rooms: RoomStore): Promise<void> {
  const unknown = (await rooms.list()).map(({ room_version }) => room_version).filter((version) => roomVersion(version) === undefined);
  if (unknown.length === 0) return;
  const versions = [...new Set(unknown)].join(', ');
  throw new UnknownVersionsError(
    `${unknown.length} of the rooms here have versions that this release does not read (${versions}): run the release that wrote them, or begin with another data folder or database`,
  );
}
