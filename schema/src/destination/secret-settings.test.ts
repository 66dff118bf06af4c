import { expect, test } from "vitest";
import type { Field } from "./definition.ts";
import { holdsSecret, isPlace, isSecret, lastOf } from "./secret-settings.ts";

const of = (key: string, type: Field["type"] = "string", label = key) => ({ key, label, type });

test("passwords are secrets, and what is called like one", () => {
  for (const field of [of("x", "password"), of("apiKey"), of("api_key"), of("api-key"), of("secretKey"), of("accessToken"), of("sharedSecret"), of("headers", "object"), of("key", "string", "API Key"), of("auth_token", "text")]) {
    expect(isSecret(field), field.key).toBe(true);
  }
  for (const field of [of("url"), of("region"), of("apiKeyName", "boolean"), of("keyName"), of("publicKey"), of("tokenType"), of("token_url"), of("accessKeyId"), of("columns", "object")]) {
    expect(isSecret(field), field.key).toBe(false);
  }
  expect(isSecret({ ...of("tokenKind"), choices: [{ value: "a", label: "A" }] })).toBe(false);
});

test("of a secret its end is shown where the rest stays a secret", () => {
  expect(lastOf("sk_live_0123456789abcdef")).toBe("def");
  expect(lastOf("short-secret")).toBe("");
  expect(lastOf({ a: "sk_live_0123456789abcdef" })).toBe("");
});

test("addresses that hold a secret", () => {
  for (const url of ["https://user:pass@example.com/x", "postgres://ada@example.com/db", "https://example.com/hook?token=abc", "https://example.com/hook?a=1&api_key=abc"]) expect(holdsSecret(url), url).toBe(true);
  for (const url of ["https://example.com/hook", "https://example.com/hook?page=2", "https://example.com/@ada", "ada@example.com", "", undefined, 7]) expect(holdsSecret(url), String(url)).toBe(false);
});

test("settings that decide where things go", () => {
  for (const key of ["url", "endpoint", "host", "brokers", "baseUrl", "server"]) expect(isPlace(of(key)), key).toBe(true);
  for (const key of ["name", "secret", "table"]) expect(isPlace(of(key)), key).toBe(false);
});
