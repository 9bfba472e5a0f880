import { BIT, type ModelEvent, serverPart, type View } from './event.ts';
import { shapeFault } from './shapes.ts';
import { actingRank, admission, bits, isPlain, keysOf, level } from './standing.ts';

/** `m.server.admission`, AUTH-5.1 to AUTH-5.4 */
export function admissionRule(e: ModelEvent, v: View): string | null {
  const shape = isServerName(e.stateKey ?? '') ? shapeFault(e) : 'AUTH-3.5';
  if (shape !== null) return shape;
  const may = isPlain(v) ? actingRank(v, e) >= level(v, 'admit') : (bits(v, e) & BIT.admitServers) !== 0n;
  if (!may || serverPart(e.sender) === e.stateKey) return 'AUTH-5.1';
  const now = admission(v, e.stateKey ?? '');
  const mine = actingRank(v, e);
  if ((e.content['rank'] as number) >= mine || (now !== undefined && now.rank >= mine)) return 'AUTH-5.2';
  if (!e.proofRight) return 'AUTH-5.3';
  if (now === undefined || now.root !== e.content['root']) return null;
  return sameList(e.content['keys'] as string[], now.keys) ? null : 'AUTH-5.4';
}

/** `m.server.keys`, AUTH-5.5 and AUTH-5.6 */
export function keysRule(e: ModelEvent, v: View): string | null {
  const shape = shapeFault(e);
  if (shape !== null) return shape;
  const server = serverPart(e.sender);
  if (admission(v, server)?.root !== e.stateKey) return 'AUTH-5.5';
  const now = keysOf(v, server);
  const kept = now.slice(0, now.indexOf(e.signedBy[0] ?? ''));
  return sameList((e.content['keys'] as string[]).slice(0, kept.length), kept) ? null : 'AUTH-5.6';
}

function sameList(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((one, i) => one === b[i]);
}

/** ID-2, DNS names only. */
function isServerName(name: string): boolean {
  return name.length <= 230 && /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*(:[1-9][0-9]{0,4})?$/.test(name);
}
