import { describe, expect, test } from "vitest";
import { KnownPaths, looksLikeId } from "./known-paths.ts";

describe("Known paths", () => {
  test("admit what comes first, up to the limit, and tell what was added in order", () => {
    const paths = new KnownPaths(["a"], 3);
    expect([paths.add("a"), paths.add("b.c"), paths.add("d"), paths.add("e")]).toEqual([true, true, true, false]);
    expect([paths.size, paths.remaining, paths.has("d"), paths.has("e")]).toEqual([3, 0, true, false]);
    expect(paths.takeAdded()).toEqual(["b.c", "d"]);
    expect(paths.takeAdded()).toEqual([]);
  });

  test("come back as they were stored", () => {
    const first = new KnownPaths();
    for (const path of ["a", "a.b", "products[].sku", "grid[][].x"]) first.add(path);
    const second = new KnownPaths(first.takeAdded());
    expect(["a", "a.b", "products[].sku", "grid[][].x"].every((path) => second.has(path))).toBe(true);
    expect(second.takeAdded()).toEqual([]);
    expect(second.remaining).toBe(1_996);
  });

  test.each([
    ["507f1f77bcf86cd799439011", true],
    ["550e8400-e29b-41d4-a716-446655440000", true],
    ["1234567", true],
    ["123456", true],
    ["2026-03-01", true],
    ["12345", false],
    ["2026", false],
    ["defaced", false],
    ["facade", false],
    ["deadbeefdeadbeef", false],
    ["price", false],
    ["address_2", false],
    ["utm_source", false],
    ["", false],
  ])("the name %j looks like an id: %s", (name, expected) => {
    expect(looksLikeId(name)).toBe(expected);
  });

  test("refuse ids, empty names, endless paths and text that no index holds", () => {
    const paths = new KnownPaths();
    for (const path of ["items.507f1f77bcf86cd799439011.price", "", "a.", ".a", "a..b", "x".repeat(513), "a\0", "\ud800"]) expect([path, paths.add(path)]).toEqual([path, false]);
    expect(paths.size).toBe(0);
  });
});
