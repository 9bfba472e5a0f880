import type { RoomVersion } from '../version/version-record.ts';
import type { EventFormat } from './event-format.ts';
import { MATRIX_FORMAT } from './matrix-format.ts';
import { NATIVE_FORMAT } from './native-format.ts';

const FORMATS: Record<RoomVersion['eventFormat'], EventFormat> = { native: NATIVE_FORMAT, matrix: MATRIX_FORMAT };

/** The layout of a version's events. */
export function formatOf({ eventFormat }: Pick<RoomVersion, 'eventFormat'>): EventFormat {
  return FORMATS[eventFormat];
}
