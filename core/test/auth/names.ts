import { base58encode } from '../../src/crypto/base58.ts';
import { sha256 } from '../../src/crypto/digest.ts';
import { keyId } from '../../src/crypto/key-id.ts';
import { utf8Encode } from '../../src/json/utf8.ts';

const made = new Map<string, string>();

function once(name: string, make: () => string): string {
  let id = made.get(name);
  if (id === undefined) made.set(name, (id = make()));
  return id;
}

/** A well-formed key ID for a key's name. No key: nothing is signed here. */
export function keyNamed(name: string): string {
  return once(`key ${name}`, () => keyId(sha256(utf8Encode(name))));
}

/** A well-formed room ID for a room's name. */
export function roomNamed(name: string): string {
  return once(`room ${name}`, () => `!${base58encode(sha256(utf8Encode(name)))}:a.example`);
}
