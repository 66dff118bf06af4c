// What can be sent to a destination, and the subscription that each becomes.
import { expect, test } from "vitest";
import { subscriptionDefinition } from "@tributary/schema/destination/subscription.ts";
import { destinationDefinition } from "@tributary/schema/destination/definition.ts";
import { partsOf } from "./description-parts.ts";
import { choiceOf, choiceProblems, offersOf, onOf, openFields, subscriptionOf } from "./offers.ts";

const action = (key: string, more = {}) => ({ key, name: key, fields: [{ key: "id", label: "Id", type: "string" as const, required: true, default: { "@path": "$.userId" } }, { key: "list", label: "List", type: "string" as const, required: true }], ...more });
const definition = destinationDefinition.parse({
  slug: "mailer", name: "Mailer", category: "email", origin: "catalog", availability: { kind: "ready" }, proof: "loads", authentication: "key", settings: [], canTest: true, canForget: false,
  actions: [action("order"), action("upsert", { syncModes: { choices: ["add", "upsert"], default: "add" } }), action("member"), action("inner", { isHidden: true })],
  presets: [
    { key: "order-0", name: "Orders", action: "order", trigger: "events", filter: { types: ["track"], names: ["Order Completed"] }, mapping: { id: "x" } },
    { key: "order-1", name: "All else", action: "order", trigger: "events", mapping: {} },
    { key: "member-2", name: "Members", action: "member", trigger: "audience_entered", mapping: {} },
    { key: "member-3", name: "Rows", action: "member", trigger: "model_row_new", mapping: {} },
  ],
  audience: { settings: [{ key: "folder", label: "Folder", type: "string", required: true }], isCreated: true },
});
const offers = offersOf(definition);
const offer = (name: string) => {
  const found = offers.find((one) => one.name === name);
  if (!found) throw new Error(name);
  return found;
};

test("presets come first, then actions that no preset sends events to, and what is hidden or of rows is none", () => {
  expect(offers.map(({ group, key, kind }) => [group, key, kind])).toEqual([
    ["suggested", "preset:order-0", "events"], ["suggested", "preset:order-1", "events"], ["suggested", "preset:member-2", "audience"],
    ["actions", "action:upsert", "events"], ["actions", "action:member", "events"],
  ]);
  expect(offer("All else").takes).toBeUndefined();
});

test("an audience goes to an action for lists, and what only adds or removes is told of nothing else", () => {
  const [audience] = offersOf({ ...definition, presets: [] }).filter(({ group }) => group === "audience");
  expect(audience?.actions.map(({ key }) => key)).toEqual(["member", "order", "upsert"]);
  const [adds] = offersOf(destinationDefinition.parse({ ...definition, presets: [], actions: [action("order"), action("addToList"), action("removeFromList")] })).filter(({ group }) => group === "audience");
  if (!adds) throw new Error("No audience.");
  expect(choiceOf(adds)).toMatchObject({ action: "addToList", on: "entered" });
  expect(["addToList", "removeFromList", "syncAudience", "Add or remove", "address", "subscribeProfile", "unsubscribeProfile"].map((key) => onOf({ key, name: "" }))).toEqual(["entered", "exited", "both", "both", "both", "entered", "exited"]);
});

test("what is chosen becomes a subscription that the schema takes", () => {
  const events = subscriptionOf(offer("Orders"), { ...choiceOf(offer("Orders")), values: { list: "l-1", other: "" } }, { id: { "@path": "$.userId" } });
  expect(events).toMatchObject({ action: "order", mapping: { id: { "@path": "$.userId" }, list: "l-1" }, trigger: { kind: "events", types: ["track"], names: ["Order Completed"] } });
  expect(events.mapping).not.toHaveProperty("other");
  expect(subscriptionDefinition.safeParse(events).error).toBeUndefined();
  const members = subscriptionOf(offer("Members"), { ...choiceOf(offer("Members")), audience: "vip", settings: { folder: "f" } }, {});
  expect(members.trigger).toMatchObject({ kind: "audience", audience: "vip", on: "entered", settings: { folder: "f" }, backfill: true });
  expect(subscriptionOf(offer("upsert"), choiceOf(offer("upsert")), {})).toMatchObject({ syncMode: "add", trigger: { kind: "events" } });
});

test("what the suggestion leaves open is asked for, and what is not filled in is said at its field", () => {
  const suggested = { id: { "@path": "$.userId" } };
  const members = offer("Members");
  expect(openFields(action("member") as never, suggested, undefined).map(({ key }) => key)).toEqual(["list"]);
  expect(choiceProblems(definition, members, choiceOf(members), suggested).map(({ field }) => field)).toEqual(["list", "settings.folder"]);
  expect(choiceProblems(definition, members, { ...choiceOf(members), values: { list: "l" }, settings: { folder: "f" } }, suggested)).toEqual([]);
});

test("of what vendors write about a field, words and links are left, and no other address than of the web", () => {
  expect(partsOf("Learn about [regions](https://example.com/regions).<br>See <a href='https://example.com/a'>this</a>, <b>or</b> https://example.com/b.")).toEqual([
    { text: "Learn about " }, { text: "regions", link: "https://example.com/regions" }, { text: ". See " }, { text: "this", link: "https://example.com/a" }, { text: ", or " },
    { text: "https://example.com/b", link: "https://example.com/b" }, { text: "." },
  ]);
  expect(partsOf("[x](javascript:alert(1)) <a href='javascript:alert(1)'>y</a>").filter(({ link }) => link !== undefined)).toEqual([]);
});
