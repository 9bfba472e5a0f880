import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A signature on which Ed25519 libraries have been found to differ, or could. */
export interface EdgeSignature {
  readonly why: string;
  /** The rule of PROTOCOL.md that it is about. */
  readonly rule: string;
  readonly public_key: Uint8Array;
  readonly message: Uint8Array;
  readonly signature: Uint8Array;
  /** By the native rule. */
  readonly valid: boolean;
}

interface Line {
  readonly why: string;
  readonly rule: string;
  readonly input: { readonly public_key: string; readonly message: string; readonly signature: string };
  readonly expect: 'valid' | 'invalid';
}

const FILE = fileURLToPath(new URL('../vectors/signatures-edge.json', import.meta.url));

/** The vectors of `signatures-edge.json`: all, or those about one rule. Reads the file each time. */
export function edgeSignatures(rule?: string): EdgeSignature[] {
  const lines = JSON.parse(readFileSync(FILE, 'utf8')) as Line[];
  return lines
    .filter((line) => rule === undefined || line.rule === rule)
    .map(({ why, rule: of, input, expect }) => ({
      why,
      rule: of,
      public_key: bytesOf(input.public_key),
      message: bytesOf(input.message),
      signature: bytesOf(input.signature),
      valid: expect === 'valid',
    }));
}

function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex, 'hex'));
}
