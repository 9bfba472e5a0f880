import type { Finding } from './finding.ts';
import { runAuthority, runAuthRules } from './run-authority.ts';
import { runCanonicalJson, runEvents, runIdentifiers, runRedaction, runSignatures, runSignaturesEdge } from './run-bytes.ts';
import { runMatrixCanonicalJson, runMatrixPdus, runMatrixServerKeys, runMatrixSignaturesEdge, runMatrixSigning } from './run-matrix.ts';
import { runMatrixAuthRules, runMatrixResolution } from './run-matrix-authority.ts';
import { runHistoryOrder, runReceipt, runScenarios, runStateHash } from './run-rooms.ts';

/** What runs each file of spec/vectors, by its name without `.json`. */
const RUNNERS: Readonly<Record<string, (vectors: never) => Finding[]>> = {
  'canonical-json': runCanonicalJson,
  identifiers: runIdentifiers,
  events: runEvents,
  redaction: runRedaction,
  signatures: runSignatures,
  'signatures-edge': runSignaturesEdge,
  'auth-rules': runAuthRules,
  authority: runAuthority,
  'state-hash': runStateHash,
  'history-order': runHistoryOrder,
  scenarios: runScenarios,
  receipt: runReceipt,
  'matrix/auth-rules': runMatrixAuthRules,
  'matrix/resolution': runMatrixResolution,
  'matrix/canonical-json': runMatrixCanonicalJson,
  'matrix/signing': runMatrixSigning,
  'matrix/pdus': runMatrixPdus,
  'matrix/signatures-edge': runMatrixSignaturesEdge,
  'matrix/server-keys': runMatrixServerKeys,
};

export const VECTOR_FILES = Object.keys(RUNNERS);

/** Runs the vectors of one file through the public entry of core. Portable: no file system, no test framework, no Node. */
export function runVectors(file: string, vectors: unknown): Finding[] {
  const run = RUNNERS[file];
  if (run === undefined) throw new Error(`nothing runs ${file}`);
  return run(vectors as never);
}
