import { readFileSync, readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { ValidateFunction } from 'ajv/dist/2020.js';

/** The value as it came, or where and how it breaks its schema. */
export type Checked =
  | { readonly ok: true }
  | { readonly ok: false /** JSON Pointer; empty: the whole value */; readonly path: string; readonly detail: string };
export type Validator = (value: unknown) => Checked;

const FOLDER = fileURLToPath(new URL('../schemas/', import.meta.url));
const SUFFIX = '.json';

const validators = new Map<string, Validator>();
let ajv: Ajv2020 | undefined;

/** Names of all schemas, in byte order: file names of `spec/schemas` without `.json`. */
export function schemaNames(): readonly string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith(SUFFIX))
    .map((name) => name.slice(0, -SUFFIX.length))
    .sort((a, b) => (a < b ? -1 : 1));
}

/** One schema as data. Throws if there is none of that name. */
export function readSchema(name: string): Record<string, unknown> {
  if (!schemaNames().includes(name)) throw new Error(`no schema is called ${JSON.stringify(name)}`);
  return JSON.parse(readFileSync(FOLDER + name + SUFFIX, 'utf8')) as Record<string, unknown>;
}

/** The check of one schema (JSON Schema 2020-12), compiled at its first use. Throws if there is none of that name: our own mistake, not a caller's input. */
export function validator(name: string): Validator {
  return (value) => {
    const known = validators.get(name);
    if (known !== undefined) return known(value);
    const made = compile(name);
    validators.set(name, made);
    return made(value);
  };
}

function compile(name: string): Validator {
  ajv ??= withAllSchemas();
  const check = ajv.getSchema(name + SUFFIX);
  if (check === undefined) throw new Error(`no schema is called ${JSON.stringify(name)}`);
  return (value) => (check(value) ? { ok: true } : firstFault(check));
}

/** Schemas refer to each other by file name (`common.json#/$defs/user_id`), so all are known before one is compiled. */
function withAllSchemas(): Ajv2020 {
  const made = new Ajv2020({
    strict: true,
    strictRequired: false,
    allErrors: false,
    coerceTypes: false,
    useDefaults: false,
    validateFormats: false,
  });
  for (const name of schemaNames()) made.addSchema(readSchema(name), name + SUFFIX);
  return made;
}

function firstFault(check: ValidateFunction): Checked {
  const error = check.errors?.[0];
  if (error === undefined) return { ok: false, path: '', detail: 'does not fit the schema' };
  const extra =
    error.keyword === 'additionalProperties'
      ? `: ${JSON.stringify((error.params as { additionalProperty: string }).additionalProperty)}`
      : '';
  return { ok: false, path: error.instancePath, detail: `${error.message ?? 'does not fit the schema'}${extra}` };
}
