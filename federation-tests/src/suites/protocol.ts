import type { JsonObject, JsonValue } from '@openguild/core';

/** ADAPTERS.md is the normative text. */
export const PROTOCOL = 'openguild.suites';
export const PROTOCOL_VERSION = 1;

export const SUITE_NAMES = ['canonical-form', 'event-ids', 'redaction', 'convergence', 'authority'] as const;
export type SuiteName = (typeof SUITE_NAMES)[number];

/** What an adapter is asked beside `hello`, and which suites ask it. */
export type Operation = 'canonical' | 'event-id' | 'redact' | 'judge';

/** An adapter's answer to `hello`. */
export interface Hello {
  readonly engine: string;
  /** Those of our names that it offers. */
  readonly suites: ReadonlySet<SuiteName>;
}

/** The runner's first line. */
export function helloRequest(roomVersion: string): JsonObject {
  return { op: 'hello', protocol: PROTOCOL, version: PROTOCOL_VERSION, room_version: roomVersion, suites: [...SUITE_NAMES] };
}

/** Text: what is wrong with it. */
export function readHello(value: JsonValue): Hello | string {
  if (!isObject(value)) return 'hello must be answered by an object';
  const { protocol, version, engine, suites } = value;
  if (protocol !== PROTOCOL) return `hello must say "protocol": ${JSON.stringify(PROTOCOL)}, not ${JSON.stringify(protocol)}`;
  if (version !== PROTOCOL_VERSION) return `it speaks version ${JSON.stringify(version)} of the protocol, this runner ${PROTOCOL_VERSION}`;
  if (typeof engine !== 'string' || engine === '') return 'hello must say what "engine" it is';
  if (!Array.isArray(suites) || !suites.every((one) => typeof one === 'string')) return 'hello must list the "suites" that it offers';
  const offered = SUITE_NAMES.filter((name) => (suites as readonly JsonValue[]).includes(name));
  return { engine, suites: new Set(offered) };
}

export function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
