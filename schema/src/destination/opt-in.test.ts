import { expect, test } from "vitest";
import { checkMapping } from "./check-mapping.ts";
import type { Action, Field } from "./definition.ts";
import type { Mapping } from "./mapping.ts";
import { consentsPath, optInFields, optInProblems, optInsToLeaveOut, optsIn, withoutOptInProblems, withoutOptIns, withoutOptInSettings } from "./opt-in.ts";
import { payloadOf } from "./payload.ts";

const field = (key: string, more: Partial<Field> = {}): Field => ({
  key, label: key, description: "", type: "string", required: false, isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false, ...more,
});
const action: Action = {
  key: "update", name: "Update", description: "", isHidden: false,
  fields: [
    field("email"), field("email_subscribe"), field("smsOptIn", { type: "boolean" }), field("attributes", { type: "object", takesMore: true, optInKeys: ["unsubscribed", "preferences"] }),
    field("unsubscribed_from_emails", { type: "boolean" }), field("address", { type: "object", properties: [field("city"), field("do_not_mail", { type: "boolean" })] }),
    field("profile", { type: "object", properties: [field("city"), field("subscribed", { type: "boolean" })] }),
    field("groups", { type: "object", isMultiple: true, properties: [field("id", { required: true }), field("subscription_state", { required: true })] }),
  ],
};
const path = (at: string): { "@path": string } => ({ "@path": at });
const consent = path("$.context.consents.email_marketing");
const noWhereConsented: Mapping = { unsubscribed_from_emails: { "@if": { blank: consent, then: false, else: true } } };
const asConsented: Mapping = { email_subscribe: { "@if": { blank: consent, then: "opted_in", else: "unsubscribed" } } };
const fieldsNamed = (mapping: Mapping): string[] => optInProblems(mapping, action).map((one) => one.field);

test("fields that opt people in are known wherever they stand, with what falls without them", () => {
  expect(optInFields(action.fields)).toEqual([
    { path: ["email_subscribe"], label: "email_subscribe", drop: ["email_subscribe"], says: "in" }, { path: ["smsOptIn"], label: "smsOptIn", drop: ["smsOptIn"], says: "in" },
    { path: ["attributes", "unsubscribed"], label: "unsubscribed", drop: ["attributes", "unsubscribed"], says: "out", isFree: true }, { path: ["attributes", "preferences"], label: "preferences", drop: ["attributes", "preferences"], says: "in", isFree: true },
    { path: ["unsubscribed_from_emails"], label: "unsubscribed_from_emails", drop: ["unsubscribed_from_emails"], says: "out" }, { path: ["address", "do_not_mail"], label: "do_not_mail", drop: ["address", "do_not_mail"], says: "out" },
    { path: ["profile", "subscribed"], label: "subscribed", drop: ["profile", "subscribed"], says: "in" }, { path: ["groups", "subscription_state"], label: "subscription_state", drop: ["groups"], says: "in" },
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
  [{ unsubscribed_from_emails: path("$.traits.unsubscribed") }, "unsubscribed_from_emails"],
  // As it is, it would opt in whoever has denied it.
  [{ unsubscribed_from_emails: consent }, "unsubscribed_from_emails"],
  [{ address: { city: "x", do_not_mail: { "@if": { blank: path("$.traits.mail"), then: path("$.traits.noMail"), else: true } } } }, "address.do_not_mail"],
  [{ attributes: { plan: path("$.traits.plan"), unsubscribed: path("$.traits.unsubscribed") } }, "attributes.unsubscribed"],
  [{ attributes: { preferences: path("$.traits.preferences") } }, "attributes.preferences"],
];

test("what opts people in by anything else than their consent here is refused, with what to map instead", () => {
  for (const [mapping, name] of refused) {
    expect(fieldsNamed(mapping), JSON.stringify(mapping)).toEqual([name]);
    expect(checkMapping(mapping, action).map(({ problem }) => problem).join(), JSON.stringify(mapping)).toContain(`${consentsPath}.<category>`);
  }
});

test("their consent, what is the same for everybody, what opts out, and what is no opt-in may be mapped", () => {
  for (const mapping of [
    asConsented, noWhereConsented, { unsubscribed_from_emails: false }, { attributes: noWhereConsented }, { unsubscribed_from_emails: { "@if": { blank: path("$.traits.gone"), then: true } } }, { smsOptIn: consent }, { email_subscribe: { "@template": "{{context.consents.email_marketing}}" } }, { email_subscribe: "opted_in" }, { email_subscribe: { "@if": { exists: path("$.traits.x"), then: "unsubscribed", else: "opted_in" } } },
    { email: path("$.traits.email"), attributes: path("$.traits") }, { profile: { city: path("$.traits.city") } }, { groups: [{ id: path("$.traits.group"), subscription_state: "unsubscribed" }] }, {},
  ] satisfies Mapping[]) expect(fieldsNamed(mapping), JSON.stringify(mapping)).toEqual([]);
});

test("what is the same for everybody opts in, unless it is said of those alone who have consented", () => {
  for (const mapping of [{ email_subscribe: "Y" }, { smsOptIn: true }, { groups: [{ id: "a", subscription_state: "active" }] }, { profile: { subscribed: true } }] satisfies Mapping[]) expect(optsIn(action, mapping), JSON.stringify(mapping)).toBe(true);
  // Whoever has denied it has a consent, too, that is there: only a blank one is told from one that is given.
  expect(optsIn(action, { email_subscribe: { "@if": { exists: consent, then: "opted_in" } } })).toBe(true);
  expect(optsIn(action, { email_subscribe: { "@if": { blank: consent, then: "unsubscribed", else: "opted_in" } } })).toBe(true);
  for (const mapping of [{ unsubscribed_from_emails: false }, { address: { do_not_mail: "no" } }, { attributes: { unsubscribed: false } }, { attributes: { HasOptedOutOfEmail: false } }, { unsubscribed_from_emails: { "@if": { blank: consent, then: true, else: false } } }] satisfies Mapping[]) expect(optsIn(action, mapping), JSON.stringify(mapping)).toBe(true);
  for (const mapping of [noWhereConsented, { unsubscribed_from_emails: true }, { attributes: { plan: "a", vip: false } }, { attributes: { "@merge": { objects: [path("$.traits"), { plan: "a" }], direction: "right" } } }] satisfies Mapping[]) expect(optsIn(action, mapping), JSON.stringify(mapping)).toBe(false);
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

test("of a field that says that somebody is opted out a no is left out, and a yes goes; where our consent says it, it goes as they decided", () => {
  const mapping = { unsubscribed_from_emails: path("$.traits.gone") };
  for (const no of [false, "false", 0, "no", "", "subscribed"]) expect(made(mapping, [], { traits: { gone: no } }), JSON.stringify(no)).toEqual({ payload: {}, leftOut: ["unsubscribed_from_emails"] });
  for (const yes of [true, "true", 1, "unsubscribed"]) expect(made(mapping, [], { traits: { gone: yes } }), JSON.stringify(yes)).toEqual({ payload: { unsubscribed_from_emails: yes }, leftOut: [] });
  for (const [granted, said] of [[true, false], [false, true], [undefined, true]] as const) {
    expect(made(noWhereConsented, [], { context: { consents: { email_marketing: granted } } }), String(granted)).toEqual({ payload: { unsubscribed_from_emails: said }, leftOut: [] });
  }
  expect(made({ unsubscribed_from_emails: false }, ["email_marketing"])).toEqual({ payload: { unsubscribed_from_emails: false }, leftOut: [] });
  expect(made({ unsubscribed_from_emails: false })).toEqual({ payload: {}, leftOut: ["unsubscribed_from_emails"] });
});

test("of an object that takes any keys, those by which the vendor opts in are left out and all others go, also where it is taken as a whole, which may be saved", () => {
  const traits = { plan: "gold", unsubscribed: false, preferences: { topics: { topic_1: true } } };
  const merged: Mapping = { attributes: { "@merge": { objects: [path("$.traits"), { unsubscribed: false }], direction: "right" } } };
  for (const mapping of [{ attributes: path("$.traits") }, merged]) {
    expect(fieldsNamed(mapping)).toEqual([]);
    expect(made(mapping, [], { traits })).toEqual({ payload: { attributes: { plan: "gold" } }, leftOut: ["attributes.unsubscribed", "attributes.preferences"] });
  }
  expect(made({ attributes: path("$.traits") }, [], { traits: { plan: "gold", unsubscribed: true } })).toEqual({ payload: { attributes: { plan: "gold", unsubscribed: true } }, leftOut: [] });
  expect(made({ attributes: { "@merge": { objects: [{ unsubscribed: false }, { plan: "a" }], direction: "right" } } })).toEqual({ payload: { attributes: { plan: "a" } }, leftOut: ["attributes.unsubscribed"] });
});

test("a setting that opts in whomever a mapping says nothing of holds where consent is asked for; elsewhere it says the contrary, or nothing", () => {
  const choices = [{ value: "OPTIN", label: "Opted in" }, { value: "OPTOUT", label: "Opted out" }];
  const fields = [field("key"), field("defaultPermissionStatus", { choices }), field("adStorageConsent"), field("optinValue"), field("do_not_email", { type: "boolean" })];
  const settings = { key: "k", defaultPermissionStatus: "OPTIN", adStorageConsent: "G", optinValue: "I", do_not_email: false };
  expect(withoutOptInSettings(fields, settings, ["email_marketing"])).toEqual({ settings, leftOut: [] });
  expect(withoutOptInSettings(fields, settings, [])).toEqual({ settings: { key: "k", defaultPermissionStatus: "OPTOUT", optinValue: "I" }, leftOut: ["settings.defaultPermissionStatus", "settings.adStorageConsent", "settings.do_not_email"] });
  const out = { key: "k", defaultPermissionStatus: "OPTOUT" };
  expect(withoutOptInSettings(fields, out, []).settings).toBe(out);
});

test("a mapping to begin with names nothing that would be refused; of whatever is left out all that opts in is gone", () => {
  for (const [mapping] of refused) {
    expect(fieldsNamed(withoutOptInProblems(mapping, action))).toEqual([]);
    const all = optInsToLeaveOut(mapping, action, ["any"]);
    const { payload } = withoutOptIns({ email_subscribe: "yes", smsOptIn: true, profile: { city: "x", subscribed: true }, groups: [{ id: "a", subscription_state: "on" }] }, all);
    for (const { path: at } of all) expect(JSON.stringify(payload), JSON.stringify(mapping)).not.toContain(`"${at.at(-1) ?? ""}"`);
  }
});
