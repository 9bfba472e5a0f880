import { type KeyFaultOf, keyFault } from './ed25519.ts';
import type { Fault } from '../fault.ts';

/** Keys whose admission is remembered, unless the caller says otherwise. */
const MAX_KEYS = 4_096;

/** `keyFault` that remembers its answers: admission costs more than a native signature check. Forgets all when it is full. */
export function keyMemory(maxKeys: number = MAX_KEYS): KeyFaultOf {
  const known = new Map<string, Fault | null>();
  return (publicKey, rule) => {
    let name: string = rule;
    for (const byte of publicKey) name += String.fromCharCode(byte);
    let fault = known.get(name);
    if (fault === undefined) {
      if (known.size >= maxKeys) known.clear();
      known.set(name, (fault = keyFault(publicKey, rule)));
    }
    return fault;
  };
}
