import type { NextFunction, Request, Response } from 'express';

/**
 * On every answer. Nothing this host serves is a page: a browser that is led here must neither run, frame nor guess anything.
 * Answers belong to the person who asked, so no cache keeps them.
 */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = {
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Content-Security-Policy': "default-src 'none'; frame-ancestors 'none'; sandbox",
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Permissions-Policy': 'interest-cohort=()',
  'Cache-Control': 'no-store',
};

export function securityHeaders(_request: Request, response: Response, next: NextFunction): void {
  response.set(SECURITY_HEADERS);
  next();
}
