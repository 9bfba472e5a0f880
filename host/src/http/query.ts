import { HostError } from './errors.ts';

/** The one value of a query parameter. A repeated parameter is refused: two readers could disagree about it. */
export function queryValue(query: URLSearchParams, name: string): string | undefined {
  const values = query.getAll(name);
  if (values.length > 1) throw new HostError('BAD_REQUEST', `query parameter ${name} is repeated`);
  return values[0];
}

/** A whole number from `min` to `max`, or the default if it is absent. */
export function queryInteger(
  query: URLSearchParams,
  name: string,
  range: { readonly min: number; readonly max: number; readonly default: number },
): number {
  const text = queryValue(query, name);
  if (text === undefined) return range.default;
  const value = /^[0-9]{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(value >= range.min && value <= range.max)) {
    throw new HostError('BAD_REQUEST', `query parameter ${name} must be a whole number from ${range.min} to ${range.max}`);
  }
  return value;
}
