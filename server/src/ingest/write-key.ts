// Where SDKs put the write key. The first place that holds one decides; others are not looked at, so that a wrong key
// shows as wrong instead of being covered by another.
import type { IncomingHttpHeaders } from "node:http";

/**
 * The key of the Authorization header: the user of Basic, whatever the password. Bearer tokens are no write keys.
 * Undefined when there is none.
 */
export function basicKey(headers: IncomingHttpHeaders): string | undefined {
  const { authorization } = headers;
  if (authorization === undefined || !/^basic /i.test(authorization)) return undefined;
  const userAndPassword = Buffer.from(authorization.slice(6), "base64").toString("utf8");
  const colon = userAndPassword.indexOf(":");
  return usable(colon < 0 ? userAndPassword : userAndPassword.slice(0, colon));
}

/** `?writeKey=`, `?writekey=`, and Jitsu's older `?token=`. */
export function queryKey(query: URLSearchParams): string | undefined {
  return usable(query.get("writeKey") ?? query.get("writekey") ?? query.get("token") ?? undefined);
}

/** Jitsu's headers. A key there may be written `id:secret`. */
export function headerKey(headers: IncomingHttpHeaders): string | undefined {
  const value = headers["x-write-key"] ?? headers["x-auth-token"];
  return typeof value === "string" ? usable(value) : undefined;
}

/** What is left of a key that an SDK hides before it writes it into the body (`***`, `id:***`) is none. */
export function usable(key: string | undefined): string | undefined {
  const trimmed = key?.trim();
  return trimmed && !trimmed.endsWith("***") ? trimmed : undefined;
}

/** The ways to read a key: whole, and without a part after a colon. */
export function spellings(key: string): readonly string[] {
  const colon = key.indexOf(":");
  return colon > 0 ? [key, key.slice(0, colon)] : [key];
}
