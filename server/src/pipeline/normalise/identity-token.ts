// The signed proof that a client is who it says: a JWT (HS256) made by the site's own server with the source's secret.
// Only this algorithm, only this secret; anything unexpected makes it invalid. Verified against the time of receipt, so
// that a replay of the log decides the same.
import { createHmac, timingSafeEqual } from "node:crypto";
import { IDENTITY_TOKEN_CHARACTERS_MAX } from "./limits.ts";
import { isPlainObject, textOf, type PlainObject } from "./read-field.ts";

/** Whether the token is valid at `atMs` and speaks for this user. */
export function isValidIdentityToken(token: unknown, secret: string, userId: string, atMs: number): boolean {
  if (typeof token !== "string" || token.length > IDENTITY_TOKEN_CHARACTERS_MAX || userId === "") return false;
  const headerEnd = token.indexOf(".");
  const payloadEnd = token.indexOf(".", headerEnd + 1);
  if (headerEnd <= 0 || payloadEnd === -1 || token.includes(".", payloadEnd + 1)) return false;
  const header = decodePart(token.slice(0, headerEnd));
  if (header === undefined || header["alg"] !== "HS256" || "crit" in header) return false;
  const expected = createHmac("sha256", secret).update(token.slice(0, payloadEnd)).digest();
  const given = Buffer.from(token.slice(payloadEnd + 1), "base64url");
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return false;
  const claims = decodePart(token.slice(headerEnd + 1, payloadEnd));
  return claims !== undefined && isInTime(claims, atMs) && textOf(claims["sub"]) === userId;
}

/** A token without an end is refused: it could be used for ever by whoever finds it. */
function isInTime(claims: PlainObject, atMs: number): boolean {
  const seconds = atMs / 1_000;
  const expires = claims["exp"];
  const notBefore = claims["nbf"];
  if (typeof expires !== "number" || !Number.isFinite(expires) || seconds >= expires) return false;
  return notBefore === undefined || (typeof notBefore === "number" && seconds >= notBefore);
}

function decodePart(part: string): PlainObject | undefined {
  try {
    const value: unknown = JSON.parse(Buffer.from(part, "base64url").toString("utf8"));
    return isPlainObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}
