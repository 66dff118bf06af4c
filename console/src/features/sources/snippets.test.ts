// Snippets hold the host and the key, and a key that is none never gets into code.
import { expect, test } from "vitest";
import { platforms, snippetOf } from "./snippets.ts";

test.each(platforms)("%s: host and key are in place", (platform) => {
  const text = snippetOf(platform, "https://cdp.example.com", "wk_abc-1");
  expect(text).toContain("https://cdp.example.com");
  expect(text).toContain("wk_abc-1");
  expect(text).not.toContain("WRITE_KEY");
});

test.each(platforms)("%s: without a key, and with one that would be code, a name stands in its place", (platform) => {
  expect(snippetOf(platform, "https://cdp.example.com", undefined)).toContain("WRITE_KEY");
  expect(snippetOf(platform, "https://cdp.example.com", `"'</script>`)).toBe(snippetOf(platform, "https://cdp.example.com", undefined));
});
