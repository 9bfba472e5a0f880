import pg from 'pg';
import { StorageError } from '../errors.ts';

/** The connection was lost: whatever ran on it and was not committed is undone by the server. */
export class ConnectionLostError extends StorageError {
  override name = 'ConnectionLostError';
}

function stateOf(error: unknown): string | undefined {
  return error instanceof pg.DatabaseError ? error.code : undefined;
}

/** Class 08, or the server ends it (57P…), or the driver has no connection: such errors carry no SQLSTATE. */
export function isConnectionFailure(error: unknown): boolean {
  if (error instanceof ConnectionLostError) return true;
  if (error instanceof StorageError || !(error instanceof Error)) return false;
  const state = stateOf(error);
  if (state !== undefined) return state.startsWith('08') || state.startsWith('57P') || state === '25P03';
  return /connection|not queryable|terminated|ECONN|EPIPE/i.test(`${error.message} ${(error as NodeJS.ErrnoException).code ?? ''}`);
}

/** No space, no memory, an I/O error: no statement can do anything about it. */
export function isServerFailure(error: unknown): boolean {
  return /^(?:53|58|XX)/.test(stateOf(error) ?? '');
}
