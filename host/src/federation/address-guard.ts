import { lookup as systemLookup, type LookupAddress } from 'node:dns';
import type { LookupFunction } from 'node:net';
import ipaddr from 'ipaddr.js';
import { Agent, type Dispatcher } from 'undici';

/** Which addresses outgoing requests may reach. */
export interface AddressPolicy {
  /** Loopback addresses, and plain HTTP to loopback names: for hosts that are named `localhost` themselves. */
  readonly loopback: boolean;
  /** CIDR blocks allowed although they are not public. */
  readonly allow: readonly string[];
}

/** FED-6: another server's name led to an address that this host does not talk to. */
export class ForbiddenAddressError extends Error {
  override readonly name = 'ForbiddenAddressError';
}

/**
 * FED-6: is this a public unicast address, or one that the operator allows? IPv4 inside IPv6 (mapped, 6to4, NAT64, Teredo) is never unicast to
 * ipaddr.js; a mapped one is judged as the IPv4 address it is.
 */
export function isAllowedAddress(address: string, policy: AddressPolicy): boolean {
  if (!ipaddr.isValid(address)) return false;
  const parsed = ipaddr.process(address);
  if (parsed.range() === 'unicast') return true;
  if (policy.loopback && parsed.range() === 'loopback') return true;
  return policy.allow.some((block) => inBlock(parsed, block));
}

function inBlock(address: ipaddr.IPv4 | ipaddr.IPv6, block: string): boolean {
  const [network, prefix] = ipaddr.parseCIDR(block);
  return network.kind() === address.kind() && address.match([network, prefix] as never);
}

/** `localhost`, names under it, 127.0.0.0/8 and ::1. `host` as in a URL, IPv6 in brackets. */
export function isLoopbackName(host: string): boolean {
  const name = host.replace(/^\[|\]$/g, '').replace(/\.$/, '');
  if (name === 'localhost' || name.endsWith('.localhost')) return true;
  return ipaddr.isValid(name) && ipaddr.process(name).range() === 'loopback';
}

/**
 * FED-1, FED-6: refuses a URL that no request may go to: other schemes than https (or http among loopback hosts), user names and passwords in it, and hosts
 * that are literal addresses outside the policy, which never pass through a look-up. (`URL` has already turned octal, hexadecimal and short forms into dotted ones.)
 */
export function checkUrl(url: URL, policy: AddressPolicy): void {
  const loopback = isLoopbackName(url.hostname);
  const plain = url.protocol === 'http:' && policy.loopback && loopback;
  if (url.protocol !== 'https:' && !plain) throw new ForbiddenAddressError(`${url.origin}: only https is spoken to it`);
  if (url.username !== '' || url.password !== '') throw new ForbiddenAddressError(`${url.hostname}: no user names in URLs`);
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  if (ipaddr.isValid(literal) && !isAllowedAddress(literal, policy)) throw new ForbiddenAddressError(`${literal} is not a public address`);
  if (loopback && !policy.loopback && !ipaddr.isValid(literal)) throw new ForbiddenAddressError(`${url.hostname} is this machine itself`);
}

type Resolver = (hostname: string, callback: (error: NodeJS.ErrnoException | null, addresses: LookupAddress[]) => void) => void;

const resolveAll: Resolver = (hostname, callback) => systemLookup(hostname, { all: true }, callback);

/**
 * A look-up that leaves out addresses outside the policy. The connection goes to what it returns, so a name that changes its address between
 * check and use gains nothing.
 */
export function guardedLookup(policy: AddressPolicy, resolve: Resolver = resolveAll): LookupFunction {
  return (hostname, options, callback) => {
    resolve(hostname, (error, addresses) => {
      if (error !== null) return callback(error, '', 4);
      const wanted = options.family === 4 || options.family === 6 ? options.family : undefined;
      const allowed = addresses.filter(
        (each) => isAllowedAddress(each.address, policy) && (wanted === undefined || each.family === wanted),
      );
      const [first] = allowed;
      if (first === undefined) {
        return callback(new ForbiddenAddressError(`${hostname} has no address that may be reached`) as NodeJS.ErrnoException, '', 4);
      }
      if (options.all === true) return (callback as unknown as (error: null, all: LookupAddress[]) => void)(null, allowed);
      return callback(null, first.address, first.family);
    });
  };
}

/** The connections to other servers: guarded look-ups, bounded time. Opens nothing by itself. */
export function guardedAgent(policy: AddressPolicy, timeoutMs: number): Dispatcher & { close(): Promise<void>; destroy(): Promise<void> } {
  for (const block of policy.allow) ipaddr.parseCIDR(block);
  return new Agent({
    connect: { lookup: guardedLookup(policy), timeout: timeoutMs },
    headersTimeout: timeoutMs,
    bodyTimeout: timeoutMs,
    keepAliveTimeout: 30_000,
    connections: 8,
  });
}
