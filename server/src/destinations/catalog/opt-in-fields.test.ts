// Which fields of Segment's catalog opt people in, and which sound alike and are none: a new version of the package shows here what it brings, to be looked at.
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { DestinationDefinition, Field } from "@tributary/schema/destination/definition.ts";
import { optInFields, optInProblems, optInSettings, withoutOptInProblems, type OptInField } from "@tributary/schema/destination/opt-in.ts";
import { soundsLikeOptIn } from "@tributary/schema/destination/opt-in-fields.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDefinitions } from "./definitions.ts";

let cacheDir: string;
let all: readonly DestinationDefinition[];
beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "catalog-"));
  all = await readDefinitions({ cacheDir, logger: pino({ level: "silent" }) });
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

const alike = (fields: readonly Field[], within = ""): readonly string[] =>
  fields.flatMap((field) => [...(soundsLikeOptIn(field) ? [`${within}${field.key}`] : []), ...alike(field.properties ?? [], `${within}${field.key}.`)]);

/** `destination action field`, in order. */
function listed(of: (fields: readonly Field[]) => readonly string[]): string {
  return all.flatMap(({ slug, actions }) => actions.flatMap(({ key, fields }) => of(fields).map((field) => `${slug} ${key} ${field}`))).toSorted().join("\n");
}

/** `destination setting`, of connections and of the lists that audiences become. */
function listedSettings(of: (fields: readonly Field[]) => readonly string[]): string {
  return all.flatMap(({ slug, settings, audience }) => [...of(settings).map((field) => `${slug} ${field}`), ...of(audience?.settings ?? []).map((field) => `${slug} list ${field}`)]).toSorted().join("\n");
}

test("fields that opt people in, over the whole catalog, and those that sound alike and are none, are the ones that somebody has looked at", async () => {
  const optIns = (which: (field: OptInField) => boolean) => (fields: readonly Field[]): readonly string[] => optInFields(fields).filter(which).map(({ path }) => path.join("."));
  const others = (fields: readonly Field[]): readonly string[] => alike(fields).filter((name) => !optIns(() => true)(fields).includes(name));
  const settings = (fields: readonly Field[]): readonly string[] => optInSettings(fields).map(({ field, says }) => `${field.key} ${says}`);
  const otherSettings = (fields: readonly Field[]): readonly string[] => alike(fields).filter((name) => !optInSettings(fields).some(({ field }) => field.key === name));
  expect(all).toHaveLength(214);
  const found = [
    ["Opt people in, or tell a vendor that they have consented", listed(optIns(({ says }) => says === "in"))], ["Say that people are opted out, and opt them in where they say no", listed(optIns(({ says }) => says === "out"))],
    ["Sound alike, and are none", listed(others)],
    ["Settings that opt in whomever a mapping says nothing of", listedSettings(settings)], ["Settings that sound alike, and are none", listedSettings(otherSettings)],
  ].map(([title, lines]) => `# ${title ?? ""}\n${lines ?? ""}\n`).join("\n");
  expect(found).toBe(await readFile(join(import.meta.dirname, "opt-in-fields.txt"), "utf8"));
});

test("what the catalog's own defaults and presets take from somewhere else is left out of what is suggested", () => {
  const named = all.flatMap(({ slug, actions, presets }) => actions.flatMap((action) => {
    const mappings = [Object.fromEntries(action.fields.flatMap((field) => (field.default === undefined ? [] : [[field.key, field.default]]))), ...presets.filter((one) => one.action === action.key).map(({ mapping }) => mapping)];
    for (const mapping of mappings) expect(optInProblems(withoutOptInProblems(mapping as Mapping, action), action)).toEqual([]); // JSON, as the package has it.
    return mappings.flatMap((mapping) => optInProblems(mapping as Mapping, action)).map(({ field }) => `${slug} ${action.key} ${field}`);
  }));
  expect([...new Set(named.map((one) => one.split(" ")[0]))].toSorted()).toEqual(["airship", "amazon-amc", "amazon-conversions-api", "angler-ai", "batch"]);
});
