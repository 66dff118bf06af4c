import { createHmac } from "node:crypto";
import { expect, test } from "vitest";
import { controlAction } from "@tributary/schema/control.ts";
import { defaultSourceSettings, defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { defaultLimits } from "../core/limits.ts";
import { createSourceSeal } from "../core/sealed-text.ts";
import { KnownPaths } from "./known-paths.ts";
import { isValidIdentityToken } from "./normalise/identity-token.ts";
import { compileRules } from "./workspace-rules.ts";

const secret = "an install secret of at least thirty-two bytes";
const signingKey = "the shop's own signing key";

const base64url = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url");
function token(userId: string): string {
  const body = `${base64url({ alg: "HS256" })}.${base64url({ sub: userId, exp: 2_000_000_000 })}`;
  return `${body}.${createHmac("sha256", signingKey).update(body).digest("base64url")}`;
}

/** Whether an event of source 1 with a token for this user is believed, by settings that hold this text. */
function isBelieved(identityTokenSecret: string, workspaceId = 1): boolean {
  const rules = compileRules({
    workspaceId, secret, limits: defaultLimits, settings: defaultWorkspaceSettings, paths: new KnownPaths([]),
    sources: { 1: { ...defaultSourceSettings, identityTokenSecret } },
  });
  const { source } = rules.normaliseContext(1);
  return isValidIdentityToken(token("ada"), source.identityTokenSecret ?? "", "ada", 1_800_000_000_000);
}

test("a source's signing key is stored sealed and opened where tokens are checked", () => {
  const sealed = createSourceSeal(secret).seal(signingKey, 1);
  expect(isBelieved(sealed)).toBe(true);
  expect(isBelieved(createSourceSeal(secret).seal("another signing key", 1)), "sealed, but another key").toBe(false);
  expect(isBelieved(sealed, 2), "sealed for another workspace").toBe(false);
  expect(isBelieved(`${sealed.slice(0, -6)}AAAAAA`), "damaged").toBe(false);
});

test("no plain signing key gets into a control record", () => {
  const action = (identityTokenSecret: string) => ({ kind: "source.set", sourceId: 1, settings: { ...defaultSourceSettings, identityTokenSecret } });
  expect(controlAction.safeParse(action(signingKey)).success).toBe(false);
  expect(controlAction.safeParse(action(createSourceSeal(secret).seal(signingKey, 1))).success).toBe(true);
});
