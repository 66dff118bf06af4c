import { expect, test } from "vitest";
import { checkMapping } from "./check-mapping.ts";
import type { Action, Field } from "./definition.ts";
import type { Mapping } from "./mapping.ts";
import { consentsPath, optInFields, optInProblems, optInsToLeaveOut, optsIn, withoutOptInProblems, withoutOptIns } from "./opt-in.ts";
import { payloadOf } from "./payload.ts";

const field = (key: string, more: Partial<Field> = {}): Field => ({
  key, label: key, description: "", type: "string", required: false, isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false, ...more,
});
const action: Action = {
  key: "update", name: "Update", description: "", isHidden: false,
  fields: [
    field("email"), field("email_subscribe"), field("smsOptIn", { type: "boolean" }), field("attributes", { type: "object", takesMore: true }),
    field("profile", { type: "object", properties: [field("city"), field("subscribed", { type: "boolean" })] }),
    field("groups", { type: "object", isMultiple: true, properties: [field("id", { required: true }), field("subscription_state", { required: true })] }),
  ],
};
const path = (at: string): { "@path": string } => ({ "@path": at });
const consent = path("$.context.consents.email_marketing");
const asConsented: Mapping = { email_subscribe: { "@if": { blank: consent, then: "opted_in", else: "unsubscribed" } } };
const fieldsNamed = (mapping: Mapping): string[] => optInProblems(mapping, action).map((one) => one.field);

test("fields that opt people in are known wherever they stand, with what falls without them", () => {
  expect(optInFields(action.fields)).toEqual([
    { path: ["email_subscribe"], label: "email_subscribe", drop: ["email_subscribe"] }, { path: ["smsOptIn"], label: "smsOptIn", drop: ["smsOptIn"] },
    { path: ["profile", "subscribed"], label: "subscribed", drop: ["profile", "subscribed"] }, { path: ["groups", "subscription_state"], label: "subscription_state", drop: ["groups"] },
  ]);
});

const refused: readonly (readonly [Mapping, string])[] = [
  [{ email_subscribe: path("$.traits.email_subscribe") }, "email_subscribe"],
  [{ smsOptIn: { "@if": { exists: path("$.traits.a"), then: path("$.traits.sms"), else: false } } }, "smsOptIn"],
  [{ email_subscribe: { "@template": "{{traits.newsletter}}" } }, "email_subscribe"],
  [{ email_subscribe: { "@case": { operator: "lower", value: path("$.properties.status") } } }, "email_subscribe"],
  [{ profile: { city: path("$.traits.city"), subscribed: path("$.traits.subscribed") } }, "profile.subscribed"],
  [{ profile: path("$.traits.profile") }, "profile"],
  [{ groups: [{ id: "a", subscription_state: path("$.traits.a") }] }, "groups"],
  [{ groups: { "@arrayPath": ["$.traits.groups", { id: path("$.id"), subscription_state: path("$.state") }] } }, "groups"],
  // Within an entry, or something that was made, a path that reads like the consent is none.
  [{ groups: { "@arrayPath": ["$.traits.groups", { id: path("$.id"), subscription_state: consent }] } }, "groups"],
  [{ email_subscribe: { "@transform": { apply: { context: { consents: { email_marketing: path("$.traits.x") } } }, mapping: consent } } }, "email_subscribe"],
  [{ email_subscribe: path("$.context.consent.categoryPreferences.marketing") }, "email_subscribe"],
];

test("what opts people in by anything else than their consent here is refused, with what to map instead", () => {
  for (const [mapping, name] of refused) {
    expect(fieldsNamed(mapping), JSON.stringify(mapping)).toEqual([name]);
    expect(checkMapping(mapping, action).map(({ problem }) => problem).join(), JSON.stringify(mapping)).toContain(`${consentsPath}.<category>`);
  }
});

test("their consent, what is the same for everybody, what opts out, and what is no opt-in may be mapped", () => {
  for (const mapping of [
    asConsented, { smsOptIn: consent }, { email_subscribe: { "@template": "{{context.consents.email_marketing}}" } }, { email_subscribe: "opted_in" }, { email_subscribe: { "@if": { exists: path("$.traits.x"), then: "unsubscribed", else: "opted_in" } } },
    { email: path("$.traits.email"), attributes: path("$.traits") }, { profile: { city: path("$.traits.city") } }, { groups: [{ id: path("$.traits.group"), subscription_state: "unsubscribed" }] }, {},
  ] satisfies Mapping[]) expect(fieldsNamed(mapping), JSON.stringify(mapping)).toEqual([]);
});

test("what is the same for everybody opts in, unless it is said of those alone who have consented", () => {
  for (const mapping of [{ email_subscribe: "Y" }, { smsOptIn: true }, { groups: [{ id: "a", subscription_state: "active" }] }, { profile: { subscribed: true } }] satisfies Mapping[]) expect(optsIn(action, mapping), JSON.stringify(mapping)).toBe(true);
  // Whoever has denied it has a consent, too, that is there: only a blank one is told from one that is given.
  expect(optsIn(action, { email_subscribe: { "@if": { exists: consent, then: "opted_in" } } })).toBe(true);
  expect(optsIn(action, { email_subscribe: { "@if": { blank: consent, then: "unsubscribed", else: "opted_in" } } })).toBe(true);
  for (const mapping of [asConsented, { email_subscribe: "unsubscribed" }, { smsOptIn: false }, { email: "a" }] satisfies Mapping[]) expect(optsIn(action, mapping), JSON.stringify(mapping)).toBe(false);
});

const person = { traits: { email_subscribe: "opted_in", sms: true, profile: { city: "Kiel", subscribed: true }, groups: [{ id: "a", state: "subscribed" }, { id: "b", state: "unsubscribed" }] } };
const made = (mapping: Mapping, consents: readonly string[] = [], event: object = person) => {
  const one = payloadOf(mapping, event, { action, identifiers: "last", consent: consents });
  return one.isGood ? { payload: one.payload, leftOut: one.leftOut } : one;
};

test("of a mapping that was there before, what opts in is left out, and what opts out goes", () => {
  const mapping = { email: "e", email_subscribe: path("$.traits.email_subscribe") };
  expect(made(mapping)).toEqual({ payload: { email: "e" }, leftOut: ["email_subscribe"] });
  expect(made(mapping, [], { traits: { email_subscribe: "unsubscribed" } })).toEqual({ payload: { email: "e", email_subscribe: "unsubscribed" }, leftOut: [] });
  expect(made({ profile: path("$.traits.profile") })).toEqual({ payload: { profile: { city: "Kiel" } }, leftOut: ["profile.subscribed"] });
  // An entry is nothing without what it needs.
  expect(made({ groups: { "@arrayPath": ["$.traits.groups", { id: path("$.id"), subscription_state: path("$.state") }] } })).toEqual({ payload: { groups: [{ id: "b", subscription_state: "unsubscribed" }] }, leftOut: ["groups.subscription_state"] });
});

test("what is the same for everybody goes where the subscription asks for consent, and is left out where it does not; what comes from a trait never goes", () => {
  expect(made({ email_subscribe: "opted_in" }, ["email_marketing"])).toEqual({ payload: { email_subscribe: "opted_in" }, leftOut: [] });
  expect(made({ email_subscribe: "opted_in" })).toEqual({ payload: {}, leftOut: ["email_subscribe"] });
  expect(made({ smsOptIn: path("$.traits.sms") }, ["sms_marketing"])).toEqual({ payload: {}, leftOut: ["smsOptIn"] });
  for (const [granted, said] of [[true, "opted_in"], [false, "unsubscribed"], [undefined, "unsubscribed"]] as const) {
    expect(made(asConsented, [], { context: { consents: { email_marketing: granted } } }), String(granted)).toEqual({ payload: { email_subscribe: said }, leftOut: [] });
  }
});

test("a mapping to begin with names nothing that would be refused; of whatever is left out all that opts in is gone", () => {
  for (const [mapping] of refused) {
    expect(fieldsNamed(withoutOptInProblems(mapping, action))).toEqual([]);
    const all = optInsToLeaveOut(mapping, action, ["any"]);
    const { payload } = withoutOptIns({ email_subscribe: "yes", smsOptIn: true, profile: { city: "x", subscribed: true }, groups: [{ id: "a", subscription_state: "on" }] }, all);
    for (const { path: at } of all) expect(JSON.stringify(payload), JSON.stringify(mapping)).not.toContain(`"${at.at(-1) ?? ""}"`);
  }
});
