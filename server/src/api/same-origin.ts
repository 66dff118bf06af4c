// Did a browser send this from a page of ours? Cookies go along with whatever any page sends, so every change that one
// carries has to show it.
import type { FastifyRequest } from "fastify";
import { AppError } from "../core/errors.ts";

/** A page of another origin can't set it without asking first, which this server never allows. */
export const CSRF_HEADER = "x-tributary-csrf";

/** True or false where the browser tells; undefined where nothing does, as with programs. */
export function isSameOrigin(request: FastifyRequest, publicUrl: string): boolean | undefined {
  const { origin, "sec-fetch-site": site } = request.headers;
  if (site !== undefined && site !== "same-origin") return false;
  if (origin === undefined) return site === undefined ? undefined : true;
  // The one public address, or the address that this very request was sent to (by TRUST_PROXY, where proxies stand before us).
  return origin === new URL(publicUrl).origin || origin === `${request.protocol}://${request.host}`;
}

/** For changes that a session cookie carries. Throws `cross_site_request` unless the request shows where it comes from. */
export function refuseForeignChange(request: FastifyRequest, publicUrl: string): void {
  if (request.method === "GET" || request.method === "HEAD") return;
  if (request.headers[CSRF_HEADER] !== "1") throw new AppError("cross_site_request", { detail: `The header ${CSRF_HEADER} is missing.` });
  if (isSameOrigin(request, publicUrl) !== true) {
    throw new AppError("cross_site_request", { detail: "Its Origin or Sec-Fetch-Site is missing, or names another site." });
  }
}

/** Cookies are Secure where the browser speaks TLS, be it to a proxy. */
export function securedCookies(cookies: readonly string[], request: FastifyRequest): string[] {
  return cookies.map((cookie) => (request.protocol === "https" && !/;\s*secure\b/i.test(cookie) ? `${cookie}; Secure` : cookie));
}
