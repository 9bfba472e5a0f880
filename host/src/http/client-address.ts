import type { IncomingMessage } from 'node:http';

/**
 * Where a request comes from: the other end of the connection, or what the outermost of `trustedProxies` proxies in front says it saw.
 * Each proxy appends the address it saw to X-Forwarded-For, so only as many entries from the right are worth anything.
 */
export function clientAddress(request: IncomingMessage, trustedProxies: number): string {
  const direct = request.socket.remoteAddress ?? '';
  const header = request.headers['x-forwarded-for'];
  if (trustedProxies === 0 || header === undefined) return direct;
  const seen = [
    ...String(header)
      .split(',')
      .map((one) => one.trim()),
    direct,
  ];
  return seen.at(-1 - trustedProxies) ?? seen[0] ?? direct;
}
