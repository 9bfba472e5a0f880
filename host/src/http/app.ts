import express from 'express';
import type { ErrorRequestHandler, Express, Request, RequestHandler, Response } from 'express';
import type { HostConfig } from '../config/host-config.ts';
import type { Platform } from '../platform/platform.ts';
import { sendAnswer, sendError } from './answer.ts';
import { limitedBytes, parseBody, readBody } from './body.ts';
import { clientAddress } from './client-address.ts';
import { HostError } from './errors.ts';
import { RateLimits, addressKey } from './rate-limits.ts';
import type { Answer, RequestContext, Route, UserContext } from './route.ts';
import { securityHeaders } from './security-headers.ts';
import type { ServerAuthenticator } from './signed-request.ts';

/** Who holds an access token. Throws UNAUTHENTICATED. */
export type UserAuthenticator = (
  token: string | undefined,
) => Promise<{ readonly userId: string; readonly deviceId: string; readonly tokenHash: string }>;

export interface AppParts {
  readonly config: HostConfig;
  readonly platform: Platform;
  readonly routes: readonly Route[];
  readonly rates: RateLimits;
  readonly authenticateUser: UserAuthenticator;
  readonly authenticateServer: ServerAuthenticator;
  /** Aborted when the host stops: long polls end. */
  readonly stopping: AbortSignal;
}

/** All routes on one Express application. The order of every request: rate, who asks, body, schema, handler, answer. */
export function createApp(parts: AppParts): Express {
  const app = express();
  app.disable('x-powered-by');
  app.disable('etag');
  app.set('query parser', false);
  app.use(securityHeaders);
  for (const route of parts.routes) app[methodOf(route)](route.path, handlerOf(route, parts));
  for (const path of new Set(parts.routes.map((route) => route.path)))
    app.all(path, wrongMethod(parts.routes.filter((route) => route.path === path)));
  app.use((_request, _response) => {
    throw new HostError('NOT_FOUND', 'there is no such resource');
  });
  app.use(errorHandler(parts));
  return app;
}

function methodOf(route: Route): 'get' | 'post' | 'put' | 'patch' | 'delete' {
  return route.method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete';
}

function handlerOf(route: Route, parts: AppParts): RequestHandler {
  const { platform } = parts;
  return async (request, response) => {
    const began = platform.now();
    response.once('close', () =>
      platform.logger.debug({ method: route.method, path: route.path, status: response.statusCode, ms: platform.now() - began }, 'request'),
    );
    const answer = await run(route, request, response, parts);
    // A host that stops waits for no idle connection.
    if (parts.stopping.aborted) response.set('Connection', 'close');
    await sendAnswer(response, answer);
  };
}

async function run(route: Route, request: Request, response: Response, parts: AppParts): Promise<Answer> {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  const base = {
    params: request.params as Record<string, string>,
    query: new URLSearchParams(queryOf(request.originalUrl)),
    ip: clientAddress(request, parts.config.trusted_proxies),
    signal: AbortSignal.any([gone.signal, parts.stopping]),
  };
  switch (route.auth) {
    case 'none': {
      await parts.rates.count(route.rate, addressKey(base.ip));
      return route.handle({ ...base, body: await bodyOf(route, request, parts) });
    }
    case 'user': {
      const user = await authenticate(route, request, parts);
      return route.handle({ ...base, ...user, body: await bodyOf(route, request, parts) });
    }
    case 'upload': {
      const user = await authenticate(route, request, parts);
      const maxBytes = route.maxBodyBytes ?? parts.config.limits.max_media_bytes;
      const upload = { bytes: limitedBytes(request, maxBytes, parts.platform), contentType: request.headers['content-type'] };
      return route.handle({ ...base, ...user, ...upload, body: undefined });
    }
    case 'server':
      return runForServer(route, request, base, parts);
  }
}

type BaseContext = Omit<RequestContext, 'body'>;

/** A request of another server: its bytes are bounded first, then its signature decides, then they are read as JSON. */
async function runForServer(
  route: Extract<Route, { auth: 'server' }>,
  request: Request,
  base: BaseContext,
  parts: AppParts,
): Promise<Answer> {
  const { limits } = parts.config;
  await parts.rates.count(route.rate, `address ${addressKey(base.ip)}`);
  const rawBody = await readBody(request, route.maxBodyBytes ?? limits.max_federation_body_bytes, limits.body_timeout_ms, parts.platform);
  const { origin } = await parts.authenticateServer({
    method: request.method,
    url: request.originalUrl,
    host: request.headers.host ?? '',
    headers: request.headers,
    rawHeaders: request.rawHeaders,
    body: rawBody,
    ip: base.ip,
  });
  await parts.rates.count(route.rate, origin);
  return route.handle({ ...base, origin, rawBody, body: route.schema === undefined ? undefined : parseBody(rawBody, route.schema) });
}

async function authenticate(
  route: Route,
  request: Request,
  parts: AppParts,
): Promise<Pick<UserContext, 'userId' | 'deviceId' | 'tokenHash'>> {
  const user = await parts.authenticateUser(bearerToken(request.headers.authorization));
  await parts.rates.count(route.rate, user.userId);
  return user;
}

async function bodyOf(route: Route, request: Request, parts: AppParts): Promise<unknown> {
  if (route.schema === undefined) return undefined;
  const { limits } = parts.config;
  return parseBody(
    await readBody(request, route.maxBodyBytes ?? limits.max_body_bytes, limits.body_timeout_ms, parts.platform),
    route.schema,
  );
}

/** The token of `Authorization: Bearer <token>` (RFC 6750). Never from the URL: those end up in logs. */
export function bearerToken(header: string | undefined): string | undefined {
  return /^Bearer ([A-Za-z0-9._~+/-]{1,256}=*)$/i.exec(header ?? '')?.[1];
}

function queryOf(url: string): string {
  const mark = url.indexOf('?');
  return mark < 0 ? '' : url.slice(mark + 1);
}

function wrongMethod(routes: readonly Route[]): RequestHandler {
  const allowed = [...new Set(routes.map((route) => route.method))].join(', ');
  return (_request, response) => {
    response.set('Allow', allowed);
    throw new HostError('METHOD_NOT_ALLOWED', `allowed here: ${allowed}`);
  };
}

function errorHandler(parts: AppParts): ErrorRequestHandler {
  return (error: unknown, request, response, _next) => {
    sendError(request, response, error, parts.platform.logger);
  };
}
