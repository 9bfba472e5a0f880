import { isEventId } from '@openguild/core';
import { HostError } from '../../http/errors.ts';
import { MAX_PAGE } from '../limits.ts';

/** A query parameter that must be there, once. Throws BAD_REQUEST. */
export function required(query: URLSearchParams, name: string): string {
  const values = query.getAll(name);
  const [value] = values;
  if (value === undefined || value === '' || values.length > 1)
    throw new HostError('BAD_REQUEST', `the query needs ${name}, once`, { rule: 'FED-22' });
  return value;
}

/** `limit`, 1 to 100; 100 if absent. */
export function pageLimit(query: URLSearchParams): number {
  const text = query.get('limit') ?? String(MAX_PAGE);
  const limit = /^[1-9][0-9]{0,2}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_PAGE) throw new HostError('BAD_REQUEST', `limit is 1 to ${MAX_PAGE}`, { rule: 'FED-22' });
  return limit;
}

const MAX_FROM = 20;

/** 1 to 20 event IDs with commas between them. */
export function eventIdList(text: string): string[] {
  const ids = text.split(',');
  if (ids.length > MAX_FROM || !ids.every(isEventId))
    throw new HostError('BAD_REQUEST', `not 1 to ${MAX_FROM} event IDs`, { rule: 'FED-22' });
  return ids;
}
