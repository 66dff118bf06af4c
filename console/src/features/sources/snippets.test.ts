// Snippets hold the host and the key, and a key that is none never gets into code.
import { expect, test } from "vitest";
import "../../texts/testing.ts";
import { texts } from "../../texts/texts.ts";
import { isPlatform, platformOf, platforms, sdks, snippetOf } from "./snippets.ts";

const HOST = "https://cdp.example.com";

test.each(platforms)("%s: host and key are in place, and no other host is", (platform) => {
  const text = snippetOf(platform, HOST, "wk_abc-1");
  expect(text).toContain("cdp.example.com");
  expect(text).toContain("wk_abc-1");
  expect(text).not.toContain("WRITE_KEY");
  expect(text.replaceAll(HOST, "").match(/https?:\/\/[\w.]+/g) ?? []).toEqual([]);
  expect(text).not.toMatch(/undefined|\[object/);
});

test.each(platforms)("%s: without a key, and with one that would be code, a name stands in its place", (platform) => {
  expect(snippetOf(platform, HOST, undefined)).toContain("WRITE_KEY");
  expect(snippetOf(platform, HOST, `"'</script>`)).toBe(snippetOf(platform, HOST, undefined));
});

test("an address with a port and without TLS is written as each SDK wants it", () => {
  const local = (platform: (typeof platforms)[number]): string => snippetOf(platform, "http://127.0.0.1:8080/", "wk_1");
  expect(local("node")).toContain('host: "http://127.0.0.1:8080" }');
  expect(local("php")).toContain('"host" => "127.0.0.1:8080", "ssl" => false');
  expect(local("ruby")).toContain('host: "127.0.0.1", port: 8080');
  expect(local("swift")).toContain('.apiHost("127.0.0.1:8080/v1")');
  expect(snippetOf("ruby", HOST, "wk_1")).toContain("port: 443");
});

test("each SDK stands in the table once, and what one should know of it has words", () => {
  expect(new Set(platforms).size).toBe(platforms.length);
  expect(new Set(sdks.map((sdk) => sdk.name)).size).toBe(sdks.length);
  for (const note of sdks.flatMap((sdk) => sdk.notes ?? [])) expect(texts.sdks.notes[note], note).toMatch(/\.$/);
});

test("every kind of source has a snippet to begin with", () => {
  for (const kind of ["website", "server", "mobile", "import", "webhook"]) expect(isPlatform(platformOf(kind))).toBe(true);
  expect(isPlatform("no-such-sdk")).toBe(false);
});
