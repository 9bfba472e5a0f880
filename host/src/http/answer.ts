import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import type { Request, Response } from 'express';
import type { Logger } from 'pino';
import { HostError } from './errors.ts';
import type { Answer } from './route.ts';

/** Writes an answer: JSON, text or a stream of bytes. */
export async function sendAnswer(response: Response, answer: Answer): Promise<void> {
  response.status(answer.status ?? 200);
  if (answer.headers !== undefined) response.set(answer.headers);
  if (answer.bytes !== undefined) {
    await pipeline(Readable.from(answer.bytes), response).catch(() => response.destroy());
    return;
  }
  if (answer.text !== undefined) {
    response.type('text/plain; charset=utf-8').end(answer.text);
    return;
  }
  response.type('application/json').end(JSON.stringify(answer.body ?? {}));
}

/** Turns whatever went wrong into the one shape of errors. What nobody foresaw is logged with its cause and told to nobody. */
export function sendError(request: Request, response: Response, error: unknown, logger: Logger): void {
  const known = asHostError(error);
  if (known.code === 'INTERNAL') logger.error({ err: error, method: request.method, path: request.path }, 'a request failed');
  if (response.headersSent || request.socket.destroyed) {
    response.destroy();
    return;
  }
  if (known.retryAfterMs !== undefined) response.set('Retry-After', String(Math.ceil(known.retryAfterMs / 1000)));
  // A body that was not read to its end must not be taken for the next request.
  if (!request.complete) response.set('Connection', 'close');
  response.status(known.status).type('application/json').end(JSON.stringify(known.toBody()));
}

function asHostError(error: unknown): HostError {
  if (error instanceof HostError) return error;
  // Express reports malformed percent-encoding in a path this way.
  if (error instanceof URIError || (error as { status?: number } | null)?.status === 400)
    return new HostError('BAD_REQUEST', 'the path is malformed', { cause: error });
  return new HostError('INTERNAL', 'something went wrong here; the log of this host says what', { cause: error });
}
