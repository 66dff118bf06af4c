import { describe, expect, it } from "vitest";
import { defaultWorkspaceSettings, type IdentitySettings, type NamespaceRule } from "@tributary/schema/settings.ts";
import { IDENTIFIERS_PER_EVENT_MAX } from "./extract-identifiers.ts";
import { compileIdentityRules, createKnownIdentifiers, extractIdentifiers, identifierKey, previousIdentifiers, type IdentifierNote } from "./identity.ts";

const context = { workspaceId: 1, sourceId: 7, secret: "a secret of this installation", phoneCountry: "US" };

function changed(perNamespace: Record<string, Partial<NamespaceRule>>, change: Partial<IdentitySettings> = {}): IdentitySettings {
  const base = defaultWorkspaceSettings.identity;
  return { ...base, ...change, namespaces: base.namespaces.map((rule) => ({ ...rule, ...perNamespace[rule.name] })) };
}

function extract(payload: Record<string, unknown>, settings: IdentitySettings = defaultWorkspaceSettings.identity) {
  const { identifiers, notes } = extractIdentifiers(payload, compileIdentityRules(settings), context);
  return { ids: identifiers.map(({ namespace, value }) => `${namespace}:${value}`), notes };
}

function inWords(notes: readonly IdentifierNote[]): string[] {
  return notes.map(({ namespace, reason }) => `${namespace} ${reason}`);
}

describe("extractIdentifiers", () => {
  it("finds every kind, the strongest first", () => {
    const { ids, notes } = extract({
      anonymousId: "a-1", userId: " u-1 ", traits: { email: "Ada@Example.com", phone: "(415) 555-2671" },
      context: {
        device: { id: "d-1", advertisingId: "6D92078A-8246-4BA4-AE5B-76104861E7DC" },
        externalIds: [{ id: "g-1", type: "ga", collection: "users", encoding: "none" }],
      },
    });
    expect(ids).toEqual([
      "user_id:u-1", "email:ada@example.com", "phone:+14155552671", "external_id:ga:g-1",
      "advertising_id:6d92078a-8246-4ba4-ae5b-76104861e7dc", "device_id:d-1", "anonymous_id:a-1",
    ]);
    expect(notes).toEqual([]);
  });

  it("takes all paths, each value once, in the order of the paths", () => {
    const { ids } = extract({
      traits: { email: "one@example.com" }, context: { traits: { email: "ONE@example.com" } },
      properties: { email: ["two@example.com", "three@example.com"] },
    });
    expect(ids).toEqual(["email:one@example.com", "email:two@example.com", "email:three@example.com"]);
  });

  it("reads other paths where a source says so", () => {
    const settings = changed({ user_id: { pathsBySource: { "7": ["properties.customer.id"] } } });
    expect(extract({ userId: "u", properties: { customer: { id: 99 } } }, settings).ids).toEqual(["user_id:99"]);
    const other = extractIdentifiers({ userId: "u" }, compileIdentityRules(settings), { ...context, sourceId: 8 });
    expect(other.identifiers.map(({ value }) => value)).toEqual(["u"]);
  });

  it("names what it did not take by place and reason, never by value", () => {
    const { ids, notes } = extract({ userId: "null", traits: { email: "nobody", phone: true }, anonymousId: 2 ** 60, context: null });
    expect(ids).toEqual([]);
    expect(notes).toEqual([
      { namespace: "user_id", path: "userId", reason: "blocked" },
      { namespace: "email", path: "traits.email", reason: "not_an_email" },
      { namespace: "phone", path: "traits.phone", reason: "not_text" },
      { namespace: "anonymous_id", path: "anonymousId", reason: "imprecise_number" },
    ]);
  });

  it("is silent about what is simply not there", () => {
    expect(extract({ userId: null, anonymousId: "", traits: "text", context: { device: [] } })).toEqual({ ids: [], notes: [] });
  });

  it("reads own properties only", () => {
    const settings = changed({ user_id: { paths: ["constructor.name", "__proto__.polluted", "traits.toString"] } });
    const payload: Record<string, unknown> = JSON.parse(`{"traits":{}}`);
    expect(extract(payload, settings).ids).toEqual([]);
    const own: Record<string, unknown> = JSON.parse(`{"__proto__":{"polluted":"u-1"}}`);
    expect(extract(own, settings).ids).toEqual(["user_id:u-1"]);
  });

  it("maps external ids to the workspace's namespaces, else to external_id with the type before the value", () => {
    const { ids, notes } = extract({
      context: {
        externalIds: [
          { id: "u-9", type: "user_id", collection: "users", encoding: "none" },
          { id: 17, type: " crm ", collection: "users" },
          { id: "null", type: "ga" },
          { id: "acme", type: "crm", collection: "accounts" },
          { id: "eA==", type: "crm", encoding: "base64" },
          { id: "x", type: "" }, { type: "crm" }, null, "text", { id: { a: 1 }, type: "crm" },
        ],
        externalId: [{ id: "b-1", type: "brazeExternalId" }],
      },
    });
    expect(ids).toEqual(["user_id:u-9", "external_id:crm:17", "external_id:brazeExternalId:b-1"]);
    expect(inWords(notes)).toEqual(["external_id encoded", "external_id blocked", "external_id not_text"]);
  });

  it("takes a bounded number from an event, and of notes", () => {
    const many = Array.from({ length: 500 }, (_, i) => `${i}@example.com`);
    const { ids, notes } = extract({ userId: "u", traits: { email: many }, anonymousId: "a" });
    expect(ids).toHaveLength(IDENTIFIERS_PER_EVENT_MAX);
    expect(inWords(notes)).toEqual(["email too_many", "email too_many", "anonymous_id too_many"]);
    const bad = extract({ traits: { email: many.map(() => "bad") }, properties: { email: many.map(() => "bad") } });
    expect(bad.notes).toHaveLength(IDENTIFIERS_PER_EVENT_MAX);
  });

  it("puts what is only looked up last, and devices after people where a sign-in keeps them apart", () => {
    const payload = { userId: "u", anonymousId: "a", traits: { email: "ada@example.com" } };
    expect(extract(payload, changed({ user_id: { use: "lookup" } })).ids).toEqual(["email:ada@example.com", "anonymous_id:a", "user_id:u"]);
    const deviceFirst = { anonymous_id: { priority: 1 }, user_id: { priority: 2 } };
    expect(extract(payload, changed(deviceFirst)).ids[0]).toBe("anonymous_id:a");
    expect(extract(payload, changed(deviceFirst, { signIn: "isolate" })).ids.at(-1)).toBe("anonymous_id:a");
  });

  it("gives the same value another key in another workspace, namespace or installation", () => {
    const keys = [
      identifierKey("s1", 1, "user_id", "u-1"), identifierKey("s1", 2, "user_id", "u-1"), identifierKey("s1", 1, "email", "u-1"),
      identifierKey("s2", 1, "user_id", "u-1"), identifierKey("s1", 1, "user_i", "du-1"),
    ];
    expect(new Set(keys).size).toBe(5);
    expect(keys[0]).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    const rules = compileIdentityRules(defaultWorkspaceSettings.identity);
    const [identifier] = extractIdentifiers({ userId: "u-1" }, rules, { ...context, secret: "s1" }).identifiers;
    expect(identifier?.key).toBe(keys[0]);
  });
});

describe("previousIdentifiers", () => {
  const rules = compileIdentityRules(defaultWorkspaceSettings.identity);

  it("gives a previous id as a user id and as an anonymous id", () => {
    expect(previousIdentifiers(" old ", rules, context)).toMatchObject([
      { namespace: "user_id", value: "old" }, { namespace: "anonymous_id", value: "old" },
    ]);
  });

  it("gives nothing for one that is missing or nobody's", () => {
    for (const none of [undefined, null, "", "null", {}, true]) expect(previousIdentifiers(none, rules, context)).toEqual([]);
  });
});

describe("What values became before", () => {
  const rules = compileIdentityRules(defaultWorkspaceSettings.identity);
  const strict = compileIdentityRules(changed({ user_id: { blockedValues: ["u-3"] } }));
  const payloads = Array.from({ length: 400 }, (_, i) => ({
    anonymousId: `a-${i % 7}`, userId: i % 3 === 0 ? ` u-${i % 5} ` : i % 11, traits: { email: [`P.${i % 4}@example.com`, `p.${i % 4}@example.com`], phone: i % 2 === 0 ? "(415) 555-2671" : "5" },
    context: { externalIds: [{ id: `u-${i % 5}`, type: "ga", collection: "users" }, { id: `u-${i % 5}`, type: "user_id", collection: "users" }], device: { id: "null" } },
  }));

  it.each([1, 5, 1_000])("changes nothing, whether %i of them are remembered", (size) => {
    const known = createKnownIdentifiers(size);
    for (const payload of payloads) for (const one of [rules, strict]) expect(extractIdentifiers(payload, one, { ...context, known })).toEqual(extractIdentifiers(payload, one, context));
  });

  it("gives the same text for the same value, and forgets what is not met", () => {
    const known = createKnownIdentifiers(2);
    const keyOf = (userId: string): string | undefined => (extractIdentifiers({ userId }, rules, { ...context, known }), known.of(rules.namespaces[0]!, userId)?.key);
    const first = keyOf("one");
    expect(first).toBe(identifierKey(context.secret, context.workspaceId, "user_id", "one"));
    for (const other of ["two", "three", "four", "five", "six"]) keyOf(other);
    expect(known.of(rules.namespaces[0]!, "one")).toBeUndefined();
  });
});
