// Slugs: made of names, and never a word that leads elsewhere. The words are held against the addresses that there are.
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { addressWords, freeSlug } from "./audience-slug.ts";

const audience = { what: "an audience", fallback: "audience", words: addressWords.audiences };
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), "utf8");

/** Words directly below an address of the API, and of the console. */
function wordsBelow(place: string, parent: string): string[] {
  const api = readdirSync(new URL("../api/", import.meta.url)).filter((name) => name.endsWith(".ts") && !name.endsWith(".test.ts")).map((name) => read(`../api/${name}`)).join("\n");
  const ofApi = [...api.matchAll(/path: "\/([a-z-]+)\/([a-z-]+)["/]/g)].filter((found) => found[1] === place).map((found) => found[2]);
  const ofConsole = [...read("../../../console/src/app/router.tsx").matchAll(/getParentRoute: \(\) => (\w+), path: "\/([a-z-]+)"/g)].filter((found) => found[1] === parent).map((found) => found[2]);
  return [...new Set([...ofApi, ...ofConsole])].filter((word) => word !== undefined).toSorted();
}

describe("slugs", () => {
  test("leave out every word that stands beside them in an address of the API or the console", () => {
    expect([...addressWords.audiences].toSorted()).toEqual(wordsBelow("audiences", "audiences"));
    expect([...addressWords.computedTraits].toSorted()).toEqual(wordsBelow("computed-traits", "computed"));
    expect(wordsBelow("audiences", "audiences")).toContain("new");
  });

  test("of a name that is such a word, or is there already, have a number", () => {
    expect(freeSlug({ name: "New" }, new Set(), audience)).toBe("new-2");
    expect(freeSlug({ name: "new!" }, new Set(["new-2"]), audience)).toBe("new-3");
    expect(freeSlug({ name: "Newcomers" }, new Set(), audience)).toBe("newcomers");
    expect(freeSlug({ name: "VIP" }, new Set(["vip"]), { ...audience, joint: "_" })).toBe("vip_2");
  });

  test("that are wished and are such a word are refused, and so are those that are there", () => {
    for (const slug of addressWords.audiences) expect(() => freeSlug({ slug, name: "X" }, new Set(), audience), slug).toThrow(`\`${slug}\` stands for something else in addresses`);
    expect(() => freeSlug({ slug: "vip", name: "X" }, new Set(["vip"]), audience)).toThrow("There is an audience `vip` already.");
    expect(freeSlug({ slug: "new", name: "X" }, new Set(), { ...audience, words: new Set() })).toBe("new");
  });
});
