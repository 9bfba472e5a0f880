import type { JsonValue } from '@openguild/core';
import type { RateClass } from '../config/limits.ts';

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';

/** What a handler gets, whoever asks. `Body` is the type that the route's schema guarantees. */
export interface RequestContext<Body = undefined> {
  /** Decoded path parameters. */
  readonly params: Readonly<Record<string, string>>;
  readonly query: URLSearchParams;
  readonly body: Body;
  /** Address of the other end of the connection. */
  readonly ip: string;
  /** Aborted when the client goes away or the host stops. */
  readonly signal: AbortSignal;
}

/** A request with a valid access token. */
export interface UserContext<Body = undefined> extends RequestContext<Body> {
  readonly userId: string;
  readonly deviceId: string;
  /** SHA-256 of the token, lower-case hex. */
  readonly tokenHash: string;
}

/** A request with a valid signature of another server. */
export interface ServerContext<Body = undefined> extends RequestContext<Body> {
  /** The server that asks. */
  readonly origin: string;
  /** The exact bytes of the body. */
  readonly rawBody: Uint8Array;
}

/** A request with a body that is not JSON, unread so far. */
export interface UploadContext extends UserContext {
  /** Ends with an error (TOO_LARGE) past the limit. */
  readonly bytes: AsyncIterable<Uint8Array>;
  readonly contentType: string | undefined;
}

export interface Answer {
  /** 200 if absent. */
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  /** JSON, unless `text` or `bytes` is given. */
  readonly body?: JsonValue;
  readonly text?: string;
  readonly bytes?: AsyncIterable<Uint8Array>;
}

interface RouteBase {
  readonly method: Method;
  /** Express path, e.g. `/client/v1/guilds/:guild`. */
  readonly path: string;
  /** Which rate limit counts it. */
  readonly rate: RateClass;
  /** Name of the body's schema in `spec/schemas`; without one the route takes no body. */
  readonly schema?: string;
  /** Most bytes the body may have, if not the host's general limit. */
  readonly maxBodyBytes?: number;
}

export interface PublicRoute extends RouteBase {
  readonly auth: 'none';
  handle(request: RequestContext<unknown>): Promise<Answer>;
}

export interface UserRoute extends RouteBase {
  readonly auth: 'user';
  handle(request: UserContext<unknown>): Promise<Answer>;
}

export interface UploadRoute extends RouteBase {
  readonly auth: 'upload';
  handle(request: UploadContext): Promise<Answer>;
}

export interface ServerRoute extends RouteBase {
  readonly auth: 'server';
  handle(request: ServerContext<unknown>): Promise<Answer>;
}

export type Route = PublicRoute | UserRoute | UploadRoute | ServerRoute;

type Definition<R extends RouteBase, Context> = Omit<R, 'auth' | 'handle'> & { handle(request: Context): Promise<Answer> };

/** A route that anybody may call. */
export function publicRoute<Body = undefined>(definition: Definition<PublicRoute, RequestContext<Body>>): PublicRoute {
  return { ...definition, auth: 'none', handle: (request) => definition.handle(request as RequestContext<Body>) };
}

/** A route for people who signed in. */
export function userRoute<Body = undefined>(definition: Definition<UserRoute, UserContext<Body>>): UserRoute {
  return { ...definition, auth: 'user', handle: (request) => definition.handle(request as UserContext<Body>) };
}

/** A route for people who signed in, with a body of any kind that the handler reads as a stream. */
export function uploadRoute(definition: Definition<UploadRoute, UploadContext>): UploadRoute {
  return { ...definition, auth: 'upload' };
}

/** A route for other servers: signed, and the signature checked before the body is parsed. */
export function serverRoute<Body = undefined>(definition: Definition<ServerRoute, ServerContext<Body>>): ServerRoute {
  return { ...definition, auth: 'server', handle: (request) => definition.handle(request as ServerContext<Body>) };
}
