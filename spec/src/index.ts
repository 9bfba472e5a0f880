export { edgeSignatures } from './edge-signatures.ts';
export type { EdgeSignature } from './edge-signatures.ts';
export { readSchema, schemaNames, validator } from './schemas.ts';
export type { Checked, Validator } from './schemas.ts';
