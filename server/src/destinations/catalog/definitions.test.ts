// All of Segment's catalog, loaded for real: counts, shapes, and what a form and a mapping need of it.
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { destinationDefinition, type DestinationDefinition, type Field } from "@tributary/schema/destination/definition.ts";
import type { Mapping } from "@tributary/schema/destination/mapping.ts";
import { optsIn } from "@tributary/schema/destination/opt-in.ts";
import pino from "pino";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readDefinitions } from "./definitions.ts";
import { categories } from "./definitions/categories.ts";
import { convertPreset, type FilterNode } from "./definitions/convert-preset.ts";
import { environments, featuresOn, hidden, ownApps, traps, unseen } from "./definitions/labels.ts";

const logger = pino({ level: "silent" });
let cacheDir: string;
let all: readonly DestinationDefinition[];
const find = (slug: string): DestinationDefinition => {
  const found = all.find((one) => one.slug === slug);
  if (!found) throw new Error(slug);
  return found;
};
const fieldOf = (fields: readonly Field[] | undefined, key: string): Field | undefined => fields?.find((one) => one.key === key);

beforeAll(async () => {
  cacheDir = await mkdtemp(join(tmpdir(), "catalog-"));
  all = await readDefinitions({ cacheDir, logger });
});
afterAll(() => rm(cacheDir, { recursive: true, force: true }));

test("all 214 destinations load and have the shape of ours", () => {
  expect(all.length).toBe(214);
  expect(new Set(all.map((one) => one.slug)).size).toBe(214);
  expect(all.map((one) => one.slug).sort()).toEqual([...categories.keys()].sort());
  for (const one of all) expect(() => destinationDefinition.parse(one), one.slug).not.toThrow();
});

test("162 work with the user's own key, 34 with an app of the user's own, 18 are hidden and say why", () => {
  const counts = Object.groupBy(all, (one) => one.availability.kind);
  expect({ ready: counts.ready?.length, own_app: counts.own_app?.length, hidden: counts.hidden?.length }).toEqual({ ready: 162, own_app: 34, hidden: 18 });
  for (const { availability, slug } of all) {
    if (availability.kind === "hidden") expect(availability.reason.length, slug).toBeGreaterThan(20);
    if (availability.kind === "own_app") expect(availability.needs.length, slug).toBeGreaterThan(20);
  }
});

test("every label is that of a destination that there is", () => {
  const named = [hidden, ownApps, traps, environments, featuresOn].flatMap((labels) => Object.keys(labels));
  expect([...named, ...unseen].filter((slug) => !categories.has(slug))).toEqual([]);
  expect(Object.keys(hidden).filter((slug) => slug in ownApps)).toEqual([]);
});

test("what is offered can be set up: every preset names an action that there is, every batch a size", () => {
  for (const one of all.filter(({ availability }) => availability.kind !== "hidden")) {
    expect(one.actions.length, one.slug).toBeGreaterThan(0);
    for (const preset of one.presets) expect(one.actions.map(({ key }) => key), one.slug).toContain(preset.action);
    for (const { batch } of one.actions) if (batch) expect(batch.sizeMax).toBeLessThanOrEqual(10_000);
  }
  expect(find("klaviyo").actions.find(({ key }) => key === "addProfileToList")?.batch?.keys).toEqual(["list_id"]);
});

test("conditions, choices, nested fields, hashes and batch limits come over", () => {
  const upsert = find("salesforce").actions.find(({ key }) => key === "contact");
  expect(fieldOf(upsert?.fields, "enable_batching")?.isHidden).toBe(true);
  const conditions = all.flatMap((one) => one.actions).flatMap(({ fields }) => fields);
  expect(conditions.filter(({ required }) => typeof required === "object").length).toBeGreaterThan(20);
  expect(conditions.filter(({ dependsOn }) => dependsOn?.conditions.some(({ field }) => field === null)).length).toBeGreaterThan(10);
  expect(conditions.filter(({ isDynamic }) => isDynamic).length).toBeGreaterThan(80);
  const purchase = find("facebook-conversions-api").actions.find(({ key }) => key === "purchase2");
  expect(fieldOf(fieldOf(purchase?.fields, "user_data")?.properties, "email")).toMatchObject({ isHashed: true });
  expect(find("facebook-custom-audiences").audience).toMatchObject({ isCreated: true });
  expect(find("braze").canForget).toBe(true);
  expect(find("braze").actions.find(({ key }) => key === "updateUserProfile")?.batch).toEqual({ sizeMax: 75, bytesMax: 4_000_000, keys: [] });
  expect(find("salesforce").authentication).toBe("oauth2");
});

test("what opts people in at the vendor is known: by what the action does, or by what a mapping says of everybody", () => {
  const optIns = all.flatMap(({ slug, availability, actions }) => (availability.kind === "hidden" ? [] : actions.filter((one) => one.optsIn === true).map(({ key }) => `${slug} ${key}`)));
  expect(optIns.toSorted()).toEqual(["ambee subscribeUserToCampaign", "attentive subscribeUser", "customerio unsuppressPerson", "klaviyo subscribeProfile"]);
  const says = (mapping: Mapping): boolean => optsIn({}, mapping);
  for (const one of [{ email_subscribe: "opted_in" }, { status: { "@if": { exists: { "@path": "$.userId" }, then: "unsubscribed", else: "subscribed" } } }, { emailOptin: true }, { profile: { subscribed: true } }, { permission: "OPTIN" }]) expect(says(one), JSON.stringify(one)).toBe(true);
  for (const one of [{ status: "unsubscribed" }, { subscribed: false }, { email_subscribe: { "@path": "$.traits.subscribed" } }, { active: true }, { text: "subscribed to the newsletter" }]) expect(says(one), JSON.stringify(one)).toBe(false);
});

test("what the package reads from the environment is a setting of the connection", () => {
  expect(fieldOf(find("facebook-conversions-api").settings, "ACTIONS_FB_CAPI_SYSTEM_USER_TOKEN")).toMatchObject({ type: "password", required: true });
  expect(find("facebook-conversions-api").availability).toMatchObject({ kind: "own_app", provider: "Meta" });
});

test("presets say their filter in types and names, or leave it to the person", () => {
  const slack = find("mixpanel").presets;
  expect(slack.find(({ filter }) => filter !== undefined)?.filter).toMatchObject({ types: [expect.any(String) as unknown] });
  const node = (value: string): FilterNode => ({ type: "event-type", operator: "=", value });
  const event = (operator: string): FilterNode => ({ type: "event", operator, value: "Order Completed" });
  const filterOf = (filter: FilterNode): unknown =>
    convertPreset({ partnerAction: "a", type: "automatic", subscribe: "x" }, 0, {}, () => filter).filter;
  expect(filterOf({ type: "group", operator: "or", children: [node("page"), node("screen")] })).toEqual({ types: ["page", "screen"] });
  expect(filterOf({ type: "group", operator: "and", children: [node("track"), event("=")] })).toEqual({ types: ["track"], names: ["Order Completed"] });
  expect(filterOf({ type: "group", operator: "or", children: [node("page"), event("=")] })).toEqual({ types: ["page", "track"] });
  expect(filterOf({ type: "group", operator: "and", children: [node("track"), event("!=")] })).toBeUndefined();
});

test("it is not Segment who posts: names and pictures that stand for it are ours or none", () => {
  const post = find("slack").actions.find(({ key }) => key === "postToChannel");
  expect(fieldOf(post?.fields, "username")?.default).toBe("Tributary");
  expect(fieldOf(post?.fields, "icon_url")?.default).toBeUndefined();
});

test("definitions are made once: the second reading takes them from the file", async () => {
  const [file] = await readdir(cacheDir);
  expect(file).toMatch(/^destinations-3\.497\.0-3\.170\.0-[0-9a-f]{12}\.ndjson$/);
  const path = join(cacheDir, file ?? "");
  const [first] = (await readFile(path, "utf8")).split("\n");
  await writeFile(path, `${first ?? ""}\n`);
  expect(await readDefinitions({ cacheDir, logger })).toEqual([all[0]]);
});
