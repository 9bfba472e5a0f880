export { readSchema, schemaNames, validator } from './schemas.ts';
export type { Checked, Validator } from './schemas.ts';
