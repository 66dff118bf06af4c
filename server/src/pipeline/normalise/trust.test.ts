import { createHmac } from "node:crypto";
import { describe, expect, test } from "vitest";
import { defaultSourceSettings } from "@tributary/schema/settings.ts";
import { isValidIdentityToken } from "./identity-token.ts";
import { emptyPageQuery, readPageQuery } from "./page-query.ts";
import { trustOf } from "./trust.ts";

const secret = "a secret of the site";
const atMs = Date.UTC(2026, 2, 1);
const later = atMs / 1000 + 60;

function token(claims: unknown, header: unknown = { alg: "HS256", typ: "JWT" }, key = secret): string {
  const part = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
  const signed = `${part(header)}.${part(claims)}`;
  return `${signed}.${createHmac("sha256", key).update(signed).digest("base64url")}`;
}

describe("An identity token", () => {
  const good = token({ sub: "u-1", exp: later });

  test.each<[string, unknown, boolean]>([
    ["for this user is valid", good, true],
    ["for a number instead of this user is not", token({ sub: 1, exp: later }), false],
    ["for another user is not", token({ sub: "u-2", exp: later }), false],
    ["that has ended is not", token({ sub: "u-1", exp: atMs / 1000 }), false],
    ["without an end is not", token({ sub: "u-1" }), false],
    ["whose end is text is not", token({ sub: "u-1", exp: String(later) }), false],
    ["that has not begun is not", token({ sub: "u-1", exp: later, nbf: later - 1 }), false],
    ["signed with another secret is not", token({ sub: "u-1", exp: later }, undefined, "another secret"), false],
    ["without a signature is not", `${good.slice(0, good.lastIndexOf("."))}.`, false],
    ["that names no algorithm is not", token({ sub: "u-1", exp: later }, { alg: "none" }), false],
    ["that names another algorithm is not", token({ sub: "u-1", exp: later }, { alg: "HS512" }), false],
    ["with extensions that must be understood is not", token({ sub: "u-1", exp: later }, { alg: "HS256", crit: ["b64"] }), false],
    ["with a changed claim is not", good.replace(/\.(.)/, (_, first: string) => `.${first === "e" ? "f" : "e"}`), false],
    ["with a fourth part is not", `${good}.x`, false],
    ["that is rubbish is not", "a.b.c", false],
    ["that is nothing is not", undefined, false],
    ["that is an object is not", { sub: "u-1" }, false],
    ["that is huge is not", "x".repeat(100_000), false],
  ])("%s", (_title, given, expected) => {
    expect(isValidIdentityToken(given, secret, "u-1", atMs)).toBe(expected);
  });

  test("for nobody is never valid", () => {
    expect(isValidIdentityToken(token({ sub: "", exp: later }), secret, "", atMs)).toBe(false);
  });
});

describe("Trust", () => {
  const open = defaultSourceSettings;
  const signed = { ...defaultSourceSettings, identityTokenSecret: secret };
  const claim = { userId: "u-1", anonymousId: "a-1", token: undefined as unknown, receivedAtMs: atMs };
  const good = token({ sub: "u-1", exp: later });
  const byUser = readPageQuery("https://x/?ajs_uid=u-1", "");
  const byAnonymous = readPageQuery("https://x/?ajs_aid=a-1", "");

  test.each([
    ["is full where nothing speaks against it", claim, emptyPageQuery, open, "full"],
    ["is the query string's where the userId stands there", claim, byUser, open, "query_string"],
    ["is the query string's where the anonymousId stands there", claim, byAnonymous, open, "query_string"],
    ["is full where another id stands there", { ...claim, userId: "u-2" }, byUser, open, "full"],
    ["is unsigned without the token that the source asks for", claim, emptyPageQuery, signed, "unsigned"],
    ["is unsigned with a wrong token", { ...claim, token: "x.y.z" }, emptyPageQuery, signed, "unsigned"],
    ["is full with the token", { ...claim, token: good }, emptyPageQuery, signed, "full"],
    ["is full with the token, though the userId stands in the query", { ...claim, token: good }, byUser, signed, "full"],
    ["is the query string's though there is a token, where the anonymousId stands there", { ...claim, token: good }, byAnonymous, signed, "query_string"],
    ["is not raised by a token that the source does not ask for", { ...claim, token: good }, byUser, open, "query_string"],
  ] as const)("%s", (_title, given, query, source, expected) => {
    expect(trustOf(given, query, source)).toBe(expected);
  });
});
