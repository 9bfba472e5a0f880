import { readFileSync } from 'node:fs';
import { fail, type JsonValue, ok, verifyPortable } from '@openguild/core';
import { expect } from 'chai';
import { readKeyDocument } from '../../src/federation/key-document.ts';
import { NonceCache } from '../../src/federation/nonce-cache.ts';
import { verifyRequest } from '../../src/federation/verify-request.ts';

function read<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(`../../../spec/federation/${name}.json`, import.meta.url), 'utf8')) as T;
}

interface Requests {
  readonly setting: { readonly receiver: string; readonly now: number; readonly keys: Readonly<Record<string, readonly string[]>> };
  readonly cases: readonly {
    readonly why: string;
    readonly rule: string;
    readonly request: {
      readonly method: string;
      readonly target: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly body?: string;
    };
    readonly expect: 'accepted' | 'refused';
  }[];
}

interface KeyDocuments {
  readonly setting: { readonly server: string; readonly now: number };
  readonly cases: readonly {
    readonly why: string;
    readonly rule: string;
    readonly document: JsonValue;
    readonly expect: { readonly valid_until_ts: number } | null;
  }[];
}

describe('vectors of federation: requests', () => {
  const { setting, cases } = read<Requests>('requests');
  for (const one of cases) {
    it(`${one.rule}: ${one.why}`, async () => {
      const { method, target, headers, body = '' } = one.request;
      const result = await verifyRequest(
        { method, url: target, rawHeaders: headers.flat(), body: new TextEncoder().encode(body) },
        {
          serverName: setting.receiver,
          now: () => setting.now,
          keysOf: async (server) => {
            const keys = setting.keys[server];
            return keys === undefined ? fail('FED-5', 'unknown') : ok(keys);
          },
          verify: async (checks) => checks.map((check) => verifyPortable(check)),
          nonces: new NonceCache({ perOrigin: 10, total: 10 }),
        },
      );
      expect(result.ok ? 'accepted' : result.rule).to.equal(one.expect === 'accepted' ? 'accepted' : one.rule);
    });
  }
});

describe('vectors of federation: key documents', () => {
  const { setting, cases } = read<KeyDocuments>('key-documents');
  for (const one of cases) {
    it(`${one.rule}: ${one.why}`, () => {
      const result = readKeyDocument(one.document, setting.server, setting.now);
      const counts = result.ok && verifyPortable(result.value.check);
      expect(counts ? { valid_until_ts: result.value.document.valid_until_ts } : null).to.deep.equal(one.expect);
    });
  }
});
