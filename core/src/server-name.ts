import { wellFormed } from './well-formed.ts';

/** Bytes of a server name, port included (ID-2). */
export const MAX_SERVER_NAME_BYTES = 230;

const SHAPE = /^(\[[0-9a-f:]+\]|[a-z0-9.-]+)(?::([1-9][0-9]{0,4}))?$/;
const LABEL = /^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/;
const OCTET = /^(?:0|[1-9][0-9]{0,2})$/;
/** A host whose last label is a number is an IPv4 address to every URL parser, so it must be one (ID-2). */
const NUMBER = /^(?:[0-9]+|0x[0-9a-f]*)$/;
const GROUP = /^[0-9a-f]{1,4}$/;

/**
 * True if a string names a server: a host and, unless it is the default, a port (ID-2).
 * One server has one name: lower case, no trailing dot, no leading zeros, the shortest form of an IPv6 address.
 */
export const isServerName: (name: string) => boolean = wellFormed((name) => {
  if (name.length > MAX_SERVER_NAME_BYTES) return false;
  const match = SHAPE.exec(name);
  if (match === null) return false;
  const [, host, port] = match;
  if (port !== undefined && Number(port) > 65_535) return false;
  return host !== undefined && (host.startsWith('[') ? isIpv6(host.slice(1, -1)) : isDnsNameOrIpv4(host));
});

function isDnsNameOrIpv4(host: string): boolean {
  const labels = host.split('.');
  if (NUMBER.test(labels.at(-1) as string))
    return labels.length === 4 && labels.every((label) => OCTET.test(label) && Number(label) <= 255);
  return labels.every((label) => LABEL.test(label));
}

/** True for the form of RFC 5952 section 4, in hexadecimal groups throughout. */
function isIpv6(text: string): boolean {
  const sides = text.split('::');
  if (sides.length > 2) return false;
  const [head = [], tail = []] = sides.map((side) => (side === '' ? [] : side.split(':')));
  const missing = 8 - head.length - tail.length;
  if (sides.length === 1 ? missing !== 0 : missing < 1) return false;
  const groups = [...head, ...Array<string>(missing).fill('0'), ...tail];
  return groups.every((group) => GROUP.test(group)) && shortestIpv6(groups.map((group) => Number.parseInt(group, 16))) === text;
}

/** RFC 5952: no leading zeros; `::` for the first of the longest runs of two or more zero groups. */
function shortestIpv6(groups: readonly number[]): string {
  let start = -1;
  let length = 1;
  for (let i = 0; i < groups.length; i++) {
    let end = i;
    while (end < groups.length && groups[end] === 0) end++;
    if (end - i > length) [start, length] = [i, end - i];
  }
  const hex = (part: readonly number[]): string => part.map((group) => group.toString(16)).join(':');
  return start < 0 ? hex(groups) : `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}
