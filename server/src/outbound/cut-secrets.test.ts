import fc from "fast-check";
import { expect, test } from "vitest";
import { createSecretCutter, cutOut, secretTexts } from "./cut-secrets.ts";

const secret = `Zo+7/é"k&y <b>'\\*%20`;
const cutter = createSecretCutter([secret, "short", "another-secret"]);

const forms: Readonly<Record<string, (value: string) => string>> = {
  "as it is": (value) => value,
  "in a URL": encodeURIComponent,
  "in a URL, in lower case": (value) => encodeURIComponent(value).replaceAll(/%../g, (one) => one.toLowerCase()),
  "in a URL in a URL": (value) => encodeURIComponent(encodeURIComponent(value)),
  "in a form": (value) => new URLSearchParams({ a: value }).toString().slice(2),
  "in JSON": (value) => JSON.stringify({ value }),
  "in JSON in JSON": (value) => JSON.stringify(JSON.stringify({ value })),
  "in JSON of other languages": (value) => JSON.stringify(value).replaceAll("é", "\\u00e9"),
  "in JSON of PHP": (value) => JSON.stringify(value).replaceAll("/", "\\/"),
  "in XML": (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;"),
  "in base64": (value) => Buffer.from(value).toString("base64"),
  "in base64 behind one byte": (value) => Buffer.from(`u${value}`).toString("base64"),
  "in base64 between others": (value) => Buffer.from(`us:${value}:and more`).toString("base64"),
  "in base64url": (value) => Buffer.from(`user:${value}`).toString("base64url"),
  "in base64 in a URL": (value) => encodeURIComponent(Buffer.from(`user:${value}`).toString("base64")),
  "in hexadecimal": (value) => Buffer.from(value).toString("hex"),
};

test.each(Object.entries(forms))("a secret %s is cut out of texts, addresses and headers", (_name, write) => {
  const written = write(secret);
  for (const shown of [cutter.text(`before ${written} after`), cutter.url(`https://example.com/${written}?x=${written}`), cutter.headers({ "x-note": `a ${written}` })["x-note"] ?? ""]) {
    expect(shown).toContain(cutOut);
    // What is left holds no piece of it that could be told: four characters in a row, but for the frame around it.
    const frame = write("");
    for (let at = 6; at + 8 < written.length - 6; at += 1) if (!frame.includes(written.slice(at, at + 8))) expect(shown).not.toContain(written.slice(at, at + 8));
  }
});

test("any secret in any of these forms leaves nothing of itself", () => {
  fc.assert(fc.property(fc.string({ minLength: 12, maxLength: 40, unit: "grapheme" }), fc.constantFrom(...Object.values(forms)), fc.string(), (value, write, around) => {
    const shown = createSecretCutter([value]).text(`${around}|${write(value)}|${around}`);
    return shown.includes(cutOut);
  }), { numRuns: 300 });
});

test("nothing that is shorter is cut, and nothing else", () => {
  expect(cutter.text("a short text about another secret")).toBe("a short text about another secret");
  expect(createSecretCutter([]).text("x")).toBe("x");
});

test("no half of a secret is left where a text is cut", () => {
  for (let max = 0; max < 40; max += 1) {
    const shown = cutter.text(`0123456789another-secret0123456789`, max);
    expect(shown.replaceAll(cutOut, "")).not.toMatch(/anoth|cret/);
    expect(shown.replace(cutOut, "").length).toBeLessThanOrEqual(Math.max(10, max));
  }
});

test("what is called secret is cut out whatever it holds", () => {
  const { text, url, headers } = createSecretCutter([]);
  expect(headers({
    Authorization: "Bearer abc", "Proxy-Authorization": "x", Cookie: "a=b", "set-cookie": "a=b", "X-Api-Key": "k", apikey: "k", "x-auth-token": "t", "X-Shopify-Access-Token": "t",
    "DD-API-KEY": "k", "X-Postmark-Server-Token": "t", "ocp-apim-subscription-key": "k", "content-type": "application/json", "x-request-id": "r", "x-signature": "s", author: "me",
  })).toEqual({
    Authorization: cutOut, "Proxy-Authorization": cutOut, Cookie: cutOut, "set-cookie": cutOut, "X-Api-Key": cutOut, apikey: cutOut, "x-auth-token": cutOut, "X-Shopify-Access-Token": cutOut,
    "DD-API-KEY": cutOut, "X-Postmark-Server-Token": cutOut, "ocp-apim-subscription-key": cutOut, "content-type": "application/json", "x-request-id": "r", "x-signature": "s", author: "me",
  });
  expect(url("https://u:p@example.com/a?api_key=1&b=2&access_token=3&X-Amz-Signature=4&token=5#x")).toBe(
    `https://${cutOut}@example.com/a?api_key=${cutOut}&b=2&access_token=${cutOut}&X-Amz-Signature=${cutOut}&token=${cutOut}#x`,
  );
  expect(text('{"access_token": "a\\"b", "x": 1, "refreshToken":"c", "token_type":"bearer", "email":"ada@example.com"}')).toBe(
    `{"access_token": "${cutOut}", "x": 1, "refreshToken":"${cutOut}", "token_type":"bearer", "email":"ada@example.com"}`,
  );
  expect(text('{"x": 1, "access_token": "cut at the en')).toBe(`{"x": 1, "access_token": "${cutOut}"`);
  expect(text("grant_type=refresh_token&refresh_token=abc&client_secret=def&scope=x")).toBe(`grant_type=refresh_token&refresh_token=${cutOut}&client_secret=${cutOut}&scope=x`);
});

test("the texts within settings are found wherever they stand", () => {
  expect(secretTexts({ apiKey: "abcdef", port: 5432, short: "abc", nested: [{ token: "ghijkl" }], none: null })).toEqual(["abcdef", "ghijkl"]);
});
