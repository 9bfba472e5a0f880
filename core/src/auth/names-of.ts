import { utf8Compare } from '../json/utf8-order.ts';

/**
 * The names in two tables, sorted by UTF-8 bytes: changes are judged in one order everywhere, so the rule that is cited is the same too.
 */
export function namesOf(before: ReadonlyMap<string, unknown>, after: ReadonlyMap<string, unknown>): string[] {
  return [...new Set([...before.keys(), ...after.keys()])].sort(utf8Compare);
}
