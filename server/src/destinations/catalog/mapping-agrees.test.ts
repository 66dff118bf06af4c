// Our evaluator of mappings against the package's own, over every default and every preset of the catalog and random events.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { isRecord } from "@tributary/schema/is-record.ts";
import type { DestinationDefinition } from "@tributary/schema/destination/definition.ts";
import { map } from "@tributary/schema/destination/map.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { pathNames } from "@tributary/schema/destination/mapping-path.ts";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDefinitions } from "./definitions.ts";
import { loadCore, packageFolders } from "./definitions/load-package.ts";

let cacheDir: string;
let all: readonly DestinationDefinition[];
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "mapping-"));
  all = await readDefinitions({ cacheDir, logger: pino({ level: "silent" }) });
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

/** All paths and placeholders within a mapping. */
function pathsIn(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(pathsIn);
  if (!isRecord(value)) return [];
  return Object.entries(value).flatMap(([key, inner]) => {
    if (key === "@path" && typeof inner === "string") return [inner];
    if (key === "@arrayPath" && Array.isArray(inner) && typeof inner[0] === "string") return [inner[0], ...pathsIn(inner)];
    if (key === "@template" && typeof inner === "string") return [...inner.matchAll(/\{\{([^}]+)\}\}/g)].map((match) => (match[1] ?? "").trim());
    return pathsIn(inner);
  });
}

/** The same numbers in each run; what fails names its mapping. */
function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** What is merged: text there the package takes for a list of characters, and we for nothing. */
function mergedPaths(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(mergedPaths);
  if (!isRecord(value)) return [];
  const merge = value["@merge"];
  const objects: readonly unknown[] = isRecord(merge) && Array.isArray(merge["objects"]) ? merge["objects"] : [];
  return [...objects.flatMap((one) => (isRecord(one) && typeof one["@path"] === "string" ? [one["@path"]] : [])), ...Object.values(value).flatMap(mergedPaths)];
}

const leaves: readonly unknown[] = ["", "text", "Ann@example.com", "{{userId}}", "-1.5", '{"a":1}', 0, 120.5, -3, true, false, null];
const leafOf = (draw: (below: number) => number): unknown => leaves[draw(leaves.length)];
const listOf = (draw: (below: number) => number): unknown[] => Array.from({ length: draw(3) }, (_, index) => ({ product_id: `p-${index}`, price: leafOf(draw), name: leafOf(draw), quantity: 2 }));

/** The package passes over an `else` of 0, false or "", which we don't: said as a literal, it takes it. */
function withElse(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withElse);
  if (!isRecord(value)) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, key === "else" && (inner === 0 || inner === false || inner === "") ? { "@literal": inner } : withElse(inner)]));
}

/** An event that has something at some of the paths, and never text where others look deeper: there the package finds what is no part of the event. */
function eventWith(paths: readonly string[], merged: readonly string[], draw: (below: number) => number): Record<string, unknown> {
  const event: Record<string, unknown> = {};
  const all = [...new Set(paths.map((path) => JSON.stringify(pathNames(path))))].map((path) => JSON.parse(path) as string[]).filter((names) => names.length > 0);
  const areMerged = new Set(merged.map((path) => JSON.stringify(pathNames(path))));
  for (const names of all) {
    const isParent = all.some((other) => other.length > names.length && names.every((name, index) => other[index] === name));
    if (isParent || draw(10) < 3) continue;
    let at = event;
    for (const name of names.slice(0, -1)) at = (at[name] ??= {}) as Record<string, unknown>; // Leaves are never parents.
    at[names.at(-1) ?? ""] = names.at(-1) === "products" ? listOf(draw) : areMerged.has(JSON.stringify(names)) ? { inner: leafOf(draw) } : leafOf(draw);
  }
  return event;
}

test("our mappings make what the package's make", () => {
  const folders = packageFolders();
  if (!folders) throw new Error("the packages are not installed");
  const { transform } = loadCore(folders, join("mapping-kit", "index.js")) as { transform: (mapping: unknown, event: unknown) => unknown };
  const mappings = all.flatMap(({ slug, actions, presets }) => [
    ...actions.map((action) => ({ of: `${slug}/${action.key}`, mapping: Object.fromEntries(action.fields.flatMap((field) => (field.default === undefined ? [] : [[field.key, field.default]]))) })),
    ...presets.map((preset) => ({ of: `${slug}: ${preset.name}`, mapping: preset.mapping })),
  ]).filter(({ mapping }) => Object.keys(mapping).length > 0 && !JSON.stringify(mapping).includes('"@liquid"'));
  expect(mappings.length).toBeGreaterThan(900);
  const draw = seeded(20_261_122);
  for (const { of, mapping } of mappings) {
    const paths = pathsIn(mapping);
    const merged = mergedPaths(mapping);
    for (let round = 0; round < 4; round++) {
      const event = eventWith(paths, merged, draw);
      const theirs = JSON.stringify(sorted(transform(withElse(mapping), event)));
      const mapped = map(mapping as Mapping, event);
      const ours = JSON.stringify(mapped.isGood ? sorted(mapped.payload) : mapped);
      // Compared as text first: a difference of objects this large takes the test's memory.
      if (ours !== theirs) expect(ours.slice(0, 3_000), `${of}: ${JSON.stringify(event).slice(0, 2_000)}`).toBe(theirs.slice(0, 3_000));
    }
  }
});

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  return isRecord(value) ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)).map(([key, inner]) => [key, sorted(inner)])) : value;
}
