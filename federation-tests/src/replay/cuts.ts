/**
 * Which parts of a list to try to do without, `from` to before `to`: ever smaller ones, each size from the end. `length`: how long the list is by then, since whoever
 * asks takes out what can go.
 */
export function* cuts(length: () => number): Generator<readonly [from: number, to: number]> {
  for (let size = Math.ceil(length() / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2))
    for (let end = length(); end > 0; end = Math.min(end, length() + size) - size) yield [Math.max(0, end - size), end];
}
