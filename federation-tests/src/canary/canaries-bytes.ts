import type { Canary } from './canary.ts';

const COPY = 'core/dist/event/check-copy.js';
const SIGNATURES = 'core/dist/event/signatures.js';
const ED25519 = 'core/dist/crypto/ed25519.js';

/** A fault of the shape that is overlooked; what else is wrong with the shape is not looked for then. */
function overlooked(rule: string, implied?: string): Canary {
  const canary = { name: rule, file: COPY, find: 'if (shape !== null)', put: `if (shape !== null && shape.rule !== '${rule}')` };
  return implied === undefined ? canary : { ...canary, implied };
}

const CANARIES: readonly Canary[] = [
  {
    name: 'EV-1',
    file: COPY,
    find: 'export function checkCopy(value, version) {',
    put: 'export function checkCopy(value, version) {',
    implied: 'a version without a record has no limits, no hash and no rules that could be applied: there is nothing to switch off',
  },
  ...['EV-2', 'EV-3', 'EV-4', 'EV-5', 'EV-6', 'EV-7', 'EV-8', 'EV-9', 'EV-10', 'EV-11', 'EV-12'].map((rule) => overlooked(rule)),
  {
    name: 'EV-13',
    file: COPY,
    find: "if (fault.rule === 'CJ-13')",
    put: "if (fault.rule === 'CJ-13') return null; if (fault.rule === 'CJ-13')",
  },
  { name: 'EV-14', file: COPY, find: 'return size <= limits.maxEventBytes ?', put: 'return true ?' },
  { name: 'EV-15', file: COPY, find: "if (format.fitsHash(whole['hashes'], forms.contentHash))", put: 'if (true)' },
  {
    name: 'EV-16',
    file: 'core/dist/event/native-format.js',
    find: 'const hash = version.hash(redacted);',
    put: 'const hash = arguments[0].contentHash;',
  },
  { name: 'EV-17', file: SIGNATURES, find: '!names.every((name) => isObject(given[name]))', put: 'false' },
  { name: 'EV-18', file: SIGNATURES, find: 'if (name === undefined || above.length > 1)', put: 'if (name === undefined)' },
  {
    name: 'EV-19',
    file: SIGNATURES,
    find: 'if (signature?.length !== SIGNATURE_BYTES)',
    put: 'if (signature === undefined)',
    implied: 'SIG-5 holds of no signature that is not 64 bytes long; that the text is one by SIG-2 has a canary there',
  },
  { name: 'EV-20', file: COPY, find: "const redact = version.badContent === 'redact';", put: 'const redact = false;' },
  {
    name: 'EV-21 unsigned',
    file: 'core/dist/event/native-format.js',
    find: "    'type',\n]",
    put: "    'type', 'unsigned',\n]",
  },
  { name: 'EV-21 signatures', file: COPY, find: "table === form['signatures'] ? form : { ...form, signatures: table }", put: 'form' },
  { name: 'SIG-1', file: 'core/dist/event/event-id.js', find: "utf8Encode('openguild.event\\n')", put: "utf8Encode('openguild.thing\\n')" },
  { name: 'SIG-2', file: 'core/dist/crypto/base64.js', find: 'return held === 0 ? bytes : undefined;', put: 'return bytes;' },
  {
    name: 'SIG-3',
    file: ED25519,
    find: 'if (!isBelowOrder(signature))',
    put: 'if (false)',
    real: true,
    portable: true,
  },
  {
    name: 'SIG-4',
    file: ED25519,
    find: 'else if (startsWith(signature, SMALL_ORDER[0]))',
    put: 'else if (false)',
    real: true,
    portable: true,
  },
  {
    name: 'SIG-5',
    file: 'storage/dist/signatures/node-signatures.js',
    find: 'verify(null, message, keyOf(publicKey), signature)',
    put: 'true',
    real: true,
  },
  { name: 'SIG-6', file: 'core/dist/event/admission-message.js', find: "'openguild.admission\\n'", put: "'openguild.admitted\\n'" },
];

/** One for each EV and SIG rule, at least. They show most where copies are faulty. */
export const BYTES_CANARIES: readonly Canary[] = CANARIES.map((canary) => ({ runs: 'faulty', ...canary }));
