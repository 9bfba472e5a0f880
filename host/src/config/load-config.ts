import { isServerName } from '@openguild/core';
import { isPostgresUrl, isS3Url } from '@openguild/storage';
import { parse } from 'smol-toml';
import { DEFAULT_FEDERATION, DEFAULT_PORT, hostConfig } from './host-config.ts';
import type { FederationConfig, HostConfig, VoiceConfig } from './host-config.ts';
import { DEFAULT_LIMITS } from './limits.ts';
import type { Limits, RateClass, RateLimit } from './limits.ts';

/** A setting that cannot be used, and where it came from. */
export class ConfigError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'ConfigError';
  }
}

/** What the command line says; undefined: nothing. */
export interface CommandLine {
  readonly port?: string;
  readonly bind?: string;
  readonly data?: string;
  readonly serverName?: string;
  readonly logLevel?: string;
}

type Table = Readonly<Record<string, unknown>>;

const LOG_LEVELS = ['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent'];
const TOP_LEVEL = [
  'server_name',
  'bind',
  'port',
  'data',
  'database',
  'media',
  'registration',
  'trusted_proxies',
  'log_level',
  'limits',
  'federation',
  'livekit',
];

/**
 * One configuration from three places: the command line wins over the environment, the environment over the file (TOML text), the file over the
 * defaults. A setting that nobody knows, or of the wrong type, is an error: a misspelt limit must not be silently absent.
 */
export function loadConfig(toml: string | undefined, env: Readonly<Record<string, string | undefined>>, cli: CommandLine = {}): HostConfig {
  const file: Table = toml === undefined ? {} : readToml(toml);
  onlyKnown(file, TOP_LEVEL, '');
  const port = portOf(cli.port ?? env['OPENGUILD_PORT']) ?? integer(file['port'], 'port', 0, 65_535) ?? DEFAULT_PORT;
  const serverName = cli.serverName ?? env['OPENGUILD_SERVER_NAME'] ?? text(file['server_name'], 'server_name') ?? `localhost:${port}`;
  if (!isServerName(serverName)) throw new ConfigError(`server_name: ${JSON.stringify(serverName)} is not a server name`);
  const voice = voiceOf(table(file['livekit'], 'livekit'), env);
  return hostConfig({
    port,
    server_name: serverName,
    bind: cli.bind ?? env['OPENGUILD_BIND'] ?? text(file['bind'], 'bind') ?? '127.0.0.1',
    data: cli.data ?? env['OPENGUILD_DATA'] ?? text(file['data'], 'data') ?? 'data',
    database: databaseOf(env['OPENGUILD_DATABASE'] ?? text(file['database'], 'database')),
    media: mediaOf(env['OPENGUILD_MEDIA'] ?? text(file['media'], 'media')),
    registration: oneOf(env['OPENGUILD_REGISTRATION'] ?? file['registration'] ?? 'open', ['open', 'closed'], 'registration'),
    trusted_proxies: integer(file['trusted_proxies'], 'trusted_proxies', 0, 16) ?? 0,
    log_level: oneOf(cli.logLevel ?? env['OPENGUILD_LOG_LEVEL'] ?? file['log_level'] ?? 'info', LOG_LEVELS, 'log_level'),
    limits: limitsOf(table(file['limits'], 'limits')),
    federation: federationOf(table(file['federation'], 'federation')),
    voice,
  });
}

function databaseOf(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  // Not repeated in the message: it may hold a password.
  if (!isPostgresUrl(value)) throw new ConfigError('database must be a URL that begins with postgres://');
  return value;
}

function mediaOf(value: string | undefined): string | null {
  if (value === undefined || value === '') return null;
  if (!isS3Url(value) || !URL.canParse(value)) throw new ConfigError('media must be a URL that begins with s3://');
  return value;
}

function readToml(source: string): Table {
  try {
    return parse(source) as Table;
  } catch (error) {
    throw new ConfigError(`the configuration file is not TOML: ${(error as Error).message}`);
  }
}

function limitsOf(given: Table): Limits {
  const { rates, ...numbers } = given;
  const { rates: defaultRates, ...defaults } = DEFAULT_LIMITS;
  return { ...numbersOf(numbers, defaults, 'limits'), rates: ratesOf(table(rates, 'limits.rates'), defaultRates) };
}

function ratesOf(given: Table, defaults: Limits['rates']): Limits['rates'] {
  onlyKnown(given, Object.keys(defaults), 'limits.rates.');
  const entries = Object.entries(defaults).map(([name, rate]): [string, RateLimit] => [
    name,
    numbersOf(table(given[name], `limits.rates.${name}`), rate, `limits.rates.${name}`),
  ]);
  return Object.fromEntries(entries) as Record<RateClass, RateLimit>;
}

function federationOf(given: Table): FederationConfig {
  const { enabled, allow_addresses, ...numbers } = given;
  const { enabled: _enabled, allow_addresses: _allowed, ...defaults } = DEFAULT_FEDERATION;
  if (enabled !== undefined && typeof enabled !== 'boolean') throw new ConfigError('federation.enabled must be true or false');
  const addresses = allow_addresses ?? [];
  if (!Array.isArray(addresses) || !addresses.every((one) => typeof one === 'string'))
    throw new ConfigError('federation.allow_addresses must be a list of CIDR blocks');
  return { ...numbersOf(numbers, defaults, 'federation'), enabled: enabled ?? true, allow_addresses: addresses as string[] };
}

function voiceOf(given: Table, env: Readonly<Record<string, string | undefined>>): VoiceConfig | null {
  onlyKnown(given, ['url', 'api_key', 'api_secret'], 'livekit.');
  const url = env['LIVEKIT_URL'] ?? text(given['url'], 'livekit.url');
  const api_key = env['LIVEKIT_API_KEY'] ?? text(given['api_key'], 'livekit.api_key');
  const api_secret = env['LIVEKIT_API_SECRET'] ?? text(given['api_secret'], 'livekit.api_secret');
  if (url === undefined && api_key === undefined && api_secret === undefined) return null;
  if (url === undefined || api_key === undefined || api_secret === undefined) {
    throw new ConfigError('voice needs all of LIVEKIT_URL, LIVEKIT_API_KEY and LIVEKIT_API_SECRET');
  }
  if (!/^(?:ws|wss|http|https):\/\//.test(url)) throw new ConfigError('LIVEKIT_URL must begin with ws://, wss://, http:// or https://');
  return { url, api_key, api_secret };
}

/** Whole numbers over defaults; a default of null may stay null. */
function numbersOf<T extends object>(given: Table, defaults: T, where: string): T {
  onlyKnown(given, Object.keys(defaults), `${where}.`);
  const entries = Object.keys(defaults).map((name) => [
    name,
    integer(given[name], `${where}.${name}`, 0, Number.MAX_SAFE_INTEGER) ?? (defaults as Table)[name],
  ]);
  return Object.fromEntries(entries) as T;
}

function onlyKnown(given: Table, known: readonly string[], where: string): void {
  for (const name of Object.keys(given)) {
    if (!known.includes(name)) throw new ConfigError(`${where}${name}: there is no such setting`);
  }
}

function table(value: unknown, where: string): Table {
  if (value === undefined) return {};
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new ConfigError(`${where} must be a table`);
  return value as Table;
}

function text(value: unknown, where: string): string | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || value === '') throw new ConfigError(`${where} must be text`);
  return value;
}

function integer(value: unknown, where: string, min: number, max: number): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isInteger(value) || value < min || value > max)
    throw new ConfigError(`${where} must be a whole number from ${min} to ${max}`);
  return value;
}

function portOf(value: string | undefined): number | undefined {
  if (value === undefined) return undefined;
  if (!/^[0-9]{1,5}$/.test(value)) throw new ConfigError(`port: ${JSON.stringify(value)} is not a port`);
  return integer(Number(value), 'port', 0, 65_535);
}

function oneOf<T extends string>(value: unknown, allowed: readonly T[], where: string): T {
  if (!allowed.includes(value as T)) throw new ConfigError(`${where} must be one of ${allowed.join(', ')}`);
  return value as T;
}
