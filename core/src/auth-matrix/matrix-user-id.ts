import { utf8Length } from '../json/utf8.ts';

const MAX_USER_ID_BYTES = 255;
/** A server name of the appendix "Server name"; a localpart of the appendix "Historical user IDs": anything but colon and NUL. */
const USER_ID = /^@[^:\u0000]*:(?:\[[0-9A-Fa-f:.]{2,45}\]|[0-9A-Za-z.-]{1,255})(?::[0-9]{1,5})?$/;

/** True for a user ID that Matrix rooms take, historical ones included. */
export function isMatrixUserId(id: string): boolean {
  return USER_ID.test(id) && utf8Length(id) <= MAX_USER_ID_BYTES;
}
