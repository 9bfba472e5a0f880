import { pino, stdTimeFunctions } from 'pino';
import type { DestinationStream, Logger } from 'pino';

/** Fields that never reach the log, wherever they occur one or two levels deep. */
const SECRET_FIELDS = ['password', 'password_hash', 'access_token', 'token', 'authorization', 'api_secret', 'seed', 'cookie'];

/** Structured logs, one JSON object per line. Whatever is logged, secrets are cut out. */
export function createLogger(level: string, destination?: DestinationStream): Logger {
  const paths = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
  const options = { level, timestamp: stdTimeFunctions.isoTime, base: null, redact: { paths, censor: '[removed]' } };
  return destination === undefined ? pino(options) : pino(options, destination);
}
