import type { Field } from "@tributary/schema/destination/definition.ts";
import { expect, test } from "vitest";
import { accountOf, type AccountUser } from "./account.ts";

const fieldOf = (key: string, more: Partial<Field> = {}): Field => ({
  key, label: key, description: "", type: "string", required: false, isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false, ...more,
});
const byKey = { slug: "mailer", settings: [fieldOf("apiKey", { type: "password" }), fieldOf("username"), fieldOf("endpoint"), fieldOf("list"), fieldOf("hook")] };
const bySignIn = { slug: "ads", settings: [fieldOf("oauth_client_id"), fieldOf("oauth_client_secret", { type: "password" }), fieldOf("oauth_scopes"), fieldOf("adAccountId")] };

const is = (definition: typeof byKey | undefined, settings: object, more: Partial<AccountUser> = {}): string =>
  accountOf(definition, { workspaceId: 1, destinationId: 1, named: null, settings: settings as AccountUser["settings"], isAuthorized: false, ...more });

test("what one signs in with says which account it is: the secret, where it was given for, and whose it is; nothing else, and no other workspace's or definition's", () => {
  const given = { apiKey: "planted-canary-1", username: "shop", endpoint: "https://eu.example.com", list: "a" };
  const account = is(byKey, given);
  expect(is(byKey, { ...given, list: "b" }, { destinationId: 2 })).toBe(account);
  const others = [
    is(byKey, { ...given, apiKey: "planted-canary-2" }), is(byKey, { ...given, username: "other" }), is(byKey, { ...given, endpoint: "https://us.example.com" }), is(byKey, given, { workspaceId: 2 }),
    is({ ...byKey, slug: "other" }, given), is(byKey, given, { named: "ours" }), is(undefined, given),
  ];
  expect(new Set([account, ...others]).size).toBe(others.length + 1);
  expect([account, ...others].join()).not.toMatch(/canary|shop|example/);
});

test("where nothing that is set opens a door, each has an account of its own; an address that holds a token is one", () => {
  expect(is(byKey, { list: "a" }, { destinationId: 1 })).not.toBe(is(byKey, { list: "a" }, { destinationId: 2 }));
  expect(is(byKey, { apiKey: "" }, { destinationId: 1 })).not.toBe(is(byKey, { apiKey: "" }, { destinationId: 2 }));
  const hook = { hook: "https://hooks.example.com/?token=abcdef" };
  expect(is(byKey, hook, { destinationId: 1 })).toBe(is(byKey, hook, { destinationId: 2 }));
});

test("whoever signs in at the vendor uses the same account where all is set alike, and none before they have", () => {
  const app = { oauth_client_id: "id", oauth_client_secret: "secret-of-app", adAccountId: "1" };
  const of = (settings: object, destinationId: number, isAuthorized = true): string => is(bySignIn, settings, { destinationId, isAuthorized });
  expect(of({ ...app, oauth_scopes: "more" }, 2)).toBe(of(app, 1));
  expect(of({ ...app, adAccountId: "2" }, 2)).not.toBe(of(app, 1));
  expect(of(app, 2, false)).not.toBe(of(app, 1, false));
});

test("a name counts before everything else, whatever the definitions", () => {
  expect(is(byKey, { apiKey: "one" }, { named: "ours", destinationId: 1 })).toBe(is(bySignIn, { oauth_client_id: "two" }, { named: "ours", destinationId: 2 }));
  expect(is(byKey, {}, { named: "ours" })).not.toBe(is(byKey, {}, { named: "theirs" }));
  expect(is(byKey, {}, { named: "ours" })).not.toBe(is(byKey, {}, { named: "ours", workspaceId: 2 }));
});
