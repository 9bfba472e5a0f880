import { base64decodeLoosely, base64encode, type JsonObject, type JsonValue } from '@openguild/core';
import { isObject } from './event-source.ts';

export type KeysByServer = Readonly<Record<string, Readonly<Record<string, string>>>>;

/**
 * Servers' public keys, from what there is of them: `{server: {key ID: key}}`, a server's own document (`/_matrix/key/v2/server`), the answer of a notary
 * (`{"server_keys": [...]}`), or a list of documents. The documents' own signatures are not looked at: whoever gives the file vouches for it.
 */
export function publishedKeys(value: JsonValue): KeysByServer {
  const keys: Record<string, Record<string, string>> = {};
  const add = (server: string, keyId: string, key: JsonValue | undefined): void => {
    const bytes = typeof key === 'string' ? base64decodeLoosely(key) : undefined;
    if (bytes?.length !== 32 || !keyId.startsWith('ed25519:')) return;
    const own = Object.hasOwn(keys, server) ? (keys[server] as Record<string, string>) : {};
    own[keyId] = base64encode(bytes);
    Object.defineProperty(keys, server, { value: own, enumerable: true, configurable: true, writable: true });
  };
  for (const document of documentsOf(value)) {
    const { server_name: server, verify_keys: verify, old_verify_keys: old } = document;
    if (typeof server === 'string') {
      for (const list of [verify, old])
        if (isObject(list)) for (const [id, entry] of Object.entries(list)) if (isObject(entry)) add(server, id, entry['key']);
    } else {
      for (const [name, list] of Object.entries(document))
        if (isObject(list)) for (const [id, key] of Object.entries(list)) add(name, id, key);
    }
  }
  return keys;
}

function documentsOf(value: JsonValue): JsonObject[] {
  if (Array.isArray(value)) return (value as readonly JsonValue[]).flatMap(documentsOf);
  if (!isObject(value)) return [];
  const { server_keys: list } = value;
  return Array.isArray(list) ? documentsOf(list as readonly JsonValue[]) : [value];
}
