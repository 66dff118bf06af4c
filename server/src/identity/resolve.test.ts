import { describe, expect, it } from "vitest";
import { defaultWorkspaceSettings, type IdentitySettings, type SignInStrategy } from "@tributary/schema/settings.ts";
import { compileIdentityRules, memoryIdentityState, resolve, type IdentityRules, type Resolution, type Trust } from "./identity.ts";
import { USER_IDS_BY_ALIAS_MAX } from "./refusal.ts";
import type { MemoryIdentityState } from "./memory-identity-state.ts";

interface Sent {
  readonly type?: string;
  readonly trust?: Trust;
  /** `namespace:value`, in any order. */
  readonly ids: readonly string[];
  readonly previous?: string;
}

interface Story {
  readonly rules: IdentityRules;
  readonly state: MemoryIdentityState;
  /** Sends one event; row_ids count from 1. */
  send(sent: Sent): Resolution;
  /** Everybody, each as their sorted identifiers, the oldest person first. */
  people(): string[][];
  /** The identifiers of the person of an event, sorted. */
  person(resolution: Resolution): string[] | null;
  suppress(id: string): void;
}

function settings(change: Partial<IdentitySettings> = {}, perNamespace: Record<string, object> = {}): IdentitySettings {
  const base = defaultWorkspaceSettings.identity;
  const namespaces = (change.namespaces ?? base.namespaces).map((rule) => ({ ...rule, ...perNamespace[rule.name] }));
  return { ...base, ...change, namespaces };
}

function story(identity: IdentitySettings = settings()): Story {
  const rules = compileIdentityRules(identity);
  const state = memoryIdentityState();
  let row = 0;
  const toIds = (texts: readonly string[]) =>
    texts
      .map((text) => ({ namespace: text.slice(0, text.indexOf(":")), value: text.slice(text.indexOf(":") + 1), key: text }))
      .toSorted((a, b) => (rules.byName.get(a.namespace)?.rank ?? 99) - (rules.byName.get(b.namespace)?.rank ?? 99));
  const names = (id: string): string[] => (state.person(id)?.identifiers ?? []).map(({ key }) => key).toSorted();
  return {
    rules,
    state,
    send({ type = "track", trust = "full", ids, previous }) {
      row += 1;
      return resolve({
        workspaceId: 1, rowId: row, sourceId: 1, atMs: row * 1000, type, trust,
        identifiers: toIds(ids), previous: previous === undefined ? [] : toIds([`user_id:${previous}`, `anonymous_id:${previous}`]),
      }, rules, state);
    },
    people: () => [...state.people.values()].toSorted((a, b) => a.firstRow - b.firstRow).map(({ id }) => names(id)),
    person: ({ profileId }) => (profileId === null ? null : names(profileId)),
    suppress(id) {
      const person = state.person(id);
      if (person) person.suppressed = true;
    },
  };
}

function reasons(resolution: Resolution): string[] {
  return resolution.steps.map(({ kind, reason }) => `${kind}:${reason}`);
}

describe("resolve", () => {
  it("makes one person of an anonymous visitor who becomes known", () => {
    const s = story();
    const first = s.send({ ids: ["anonymous_id:a"] });
    const second = s.send({ type: "identify", ids: ["user_id:u", "anonymous_id:a"] });
    expect(first.created).toBe(true);
    expect(second).toMatchObject({ profileId: first.profileId, created: false, steps: [] });
    expect(s.people()).toEqual([["anonymous_id:a", "user_id:u"]]);
  });

  it("merges two people who turn out to be one, into the older, and says why", () => {
    const s = story();
    const browser = s.send({ ids: ["anonymous_id:a"] });
    const imported = s.send({ type: "identify", ids: ["email:ada@example.com", "user_id:u"] });
    const joined = s.send({ type: "identify", ids: ["user_id:u", "anonymous_id:a"] });
    expect(joined.profileId).toBe(browser.profileId);
    expect(joined.steps).toEqual([{
      step: 0, kind: "merge", survivor: browser.profileId, other: imported.profileId, reason: "seen_together",
      identifierKey: "anonymous_id:a",
    }]);
    expect(s.state.person(imported.profileId ?? "")).toBeUndefined();
    expect(s.people()).toEqual([["anonymous_id:a", "email:ada@example.com", "user_id:u"]]);
    expect([...joined.changedIdentifiers].map(({ key }) => key).toSorted()).toEqual(["email:ada@example.com", "user_id:u"]);
  });

  it("gives no person to an event that says nothing about who it is", () => {
    const s = story();
    expect(s.send({ ids: [] })).toMatchObject({ profileId: null, created: false });
    expect(s.send({ ids: ["retired_namespace:x"] })).toMatchObject({
      profileId: null, ignored: [{ key: "retired_namespace:x", reason: "unknown_namespace" }],
    });
    expect(s.people()).toEqual([]);
  });

  it("starts a new person for a second user id on the same browser; the browser stays with the first", () => {
    const s = story();
    s.send({ type: "identify", ids: ["user_id:u1", "anonymous_id:a"] });
    const second = s.send({ type: "identify", ids: ["user_id:u2", "anonymous_id:a"] });
    expect(second.created).toBe(true);
    expect(reasons(second)).toEqual(["refused:limit"]);
    expect(reasons(s.send({ ids: ["user_id:u2", "anonymous_id:a"] }))).toEqual([]);
    expect(s.people()).toEqual([["anonymous_id:a", "user_id:u1"], ["user_id:u2"]]);
  });

  it("lets an unknown user id join the strongest person of the event who can take it", () => {
    const s = story(settings({}, { email: { limitPerProfile: 1 } }));
    s.send({ ids: ["user_id:u1", "email:1@example.com"] });
    const visitor = s.send({ ids: ["anonymous_id:a"] });
    const third = s.send({ ids: ["user_id:u2", "email:1@example.com", "anonymous_id:a"] });
    expect(third).toMatchObject({ profileId: visitor.profileId, created: false });
    expect(s.people()).toEqual([["email:1@example.com", "user_id:u1"], ["anonymous_id:a", "user_id:u2"]]);
  });

  it("leaves an identifier beyond the limit to nobody, and gives it a person when it comes alone", () => {
    const s = story(settings({}, { email: { limitPerProfile: 1 } }));
    const first = s.send({ ids: ["user_id:u", "email:1@example.com"] });
    const second = s.send({ ids: ["user_id:u", "email:2@example.com"] });
    expect(second.steps).toEqual([
      { step: 0, kind: "refused", survivor: first.profileId, other: null, reason: "limit", identifierKey: "email:2@example.com" },
    ]);
    expect(s.state.identifier("email:2@example.com")).toMatchObject({ profileId: null, yieldedTo: [first.profileId] });
    expect(s.send({ ids: ["email:2@example.com"] }).created).toBe(true);
    expect(s.people()).toEqual([["email:1@example.com", "user_id:u"], ["email:2@example.com"]]);
  });

  it("sets an identifier aside after it yielded to as many people as allowed", () => {
    const s = story(settings({}, { anonymous_id: { sharedAfter: 3 } }));
    const owner = s.send({ ids: ["user_id:u1", "anonymous_id:tablet"] });
    s.send({ ids: ["user_id:u2", "anonymous_id:tablet"] });
    s.send({ ids: ["user_id:u3", "anonymous_id:tablet"] });
    const last = s.send({ ids: ["user_id:u4", "anonymous_id:tablet"] });
    expect(reasons(last)).toEqual(["refused:limit", "shared:shared_after"]);
    expect(last.steps[1]).toMatchObject({ step: 1, survivor: owner.profileId, other: last.profileId });
    const alone = s.send({ ids: ["anonymous_id:tablet"] });
    expect(alone.created).toBe(true);
    expect(s.send({ ids: ["anonymous_id:tablet"] }).profileId).toBe(alone.profileId);
    // It neither decides nor attaches nor joins any more.
    const fifth = s.send({ ids: ["user_id:u5", "anonymous_id:tablet"] });
    expect(fifth).toMatchObject({ created: true, steps: [], ignored: [{ key: "anonymous_id:tablet", reason: "shared" }] });
    expect(s.people()).toEqual([["user_id:u1"], ["user_id:u2"], ["user_id:u3"], ["user_id:u4"], ["anonymous_id:tablet"], ["user_id:u5"]]);
    // Everybody whom it was seen with is still found through the edges.
    expect([...s.state.edges.values()].filter(({ a }) => a === "anonymous_id:tablet")).toHaveLength(5);
  });

  it("keeps a shared identifier with a person who has nothing else", () => {
    const s = story(settings({ namespaces: [
      ...settings().namespaces, { ...namespaceNamed("phone"), name: "line", priority: 2, limitPerProfile: 1, sharedAfter: 2 },
    ] }));
    const alone = s.send({ ids: ["line:office"] });
    s.send({ ids: ["user_id:u1", "line:1"] });
    s.send({ ids: ["user_id:u2", "line:2"] });
    s.send({ ids: ["user_id:u1", "line:office"] });
    expect(reasons(s.send({ ids: ["user_id:u2", "line:office"] }))).toEqual(["refused:limit", "shared:shared_after"]);
    expect(s.send({ ids: ["line:office"] })).toMatchObject({ profileId: alone.profileId, created: false });
  });

  it("never joins by a namespace that is only looked up, nor lets it decide beside another", () => {
    const s = story(settings({}, { email: { use: "lookup" } }));
    const known = s.send({ ids: ["user_id:u1", "email:family@example.com"] });
    const visitor = s.send({ ids: ["email:family@example.com", "anonymous_id:a"] });
    expect(visitor.profileId).not.toBe(known.profileId);
    expect(reasons(visitor)).toEqual(["refused:lookup_only"]);
    expect(reasons(s.send({ ids: ["email:family@example.com", "anonymous_id:a"] }))).toEqual([]);
    expect(s.send({ ids: ["email:family@example.com"] }).profileId).toBe(known.profileId);
    expect(s.people()).toEqual([["email:family@example.com", "user_id:u1"], ["anonymous_id:a"]]);
  });

  it("does not count people who are past a limit that was lowered later, unless it would grow further", () => {
    const wide = story(settings({}, { email: { limitPerProfile: 3 } }));
    wide.send({ ids: ["user_id:u", "email:1@example.com"] });
    wide.send({ ids: ["user_id:u", "email:2@example.com"] });
    const narrow = compileIdentityRules(settings({}, { email: { limitPerProfile: 1 } }));
    wide.send({ ids: ["anonymous_id:a"] });
    const joined = resolve({
      workspaceId: 1, rowId: 9, sourceId: 1, atMs: 0, type: "track", trust: "full", previous: [],
      identifiers: [
        { namespace: "user_id", value: "u", key: "user_id:u" }, { namespace: "anonymous_id", value: "a", key: "anonymous_id:a" },
      ],
    }, narrow, wide.state);
    expect(reasons(joined)).toEqual(["merge:seen_together"]);
  });
});

function namespaceNamed(name: string) {
  const found = defaultWorkspaceSettings.identity.namespaces.find((rule) => rule.name === name);
  if (!found) throw new Error(`no namespace ${name}`);
  return found;
}

describe("signing in on a browser that several people use", () => {
  // One person browses, signs in and leaves without a reset; someone else browses; a second person signs in.
  const events: Sent[] = [
    { ids: ["anonymous_id:a"] },
    { type: "identify", ids: ["user_id:u1", "anonymous_id:a"] },
    { ids: ["user_id:u1", "anonymous_id:a"] },
    { ids: ["anonymous_id:a"] },
    { type: "identify", ids: ["user_id:u2", "anonymous_id:a"] },
    { ids: ["user_id:u2", "anonymous_id:a"] },
    { ids: ["anonymous_id:a"] },
  ];
  const browser = ["anonymous_id:a"];
  const first = ["user_id:u1"];
  const second = ["user_id:u2"];
  const both = ["anonymous_id:a", "user_id:u1"];

  const expected: Record<SignInStrategy, { people: string[][]; rows: string[][] }> = {
    convert: { people: [both, second], rows: [both, both, both, both, second, second, both] },
    isolate: { people: [browser, first, second], rows: [browser, first, first, browser, second, second, browser] },
    link: { people: [browser, first, second], rows: [browser, first, first, browser, second, second, browser] },
  };

  for (const strategy of ["convert", "isolate", "link"] as const) {
    it(`gives each event to the person that ${strategy} says`, () => {
      const s = story(settings({ signIn: strategy }));
      const results = events.map((event) => s.send(event));
      expect(s.people()).toEqual(expected[strategy].people);
      expect(results.map((result) => s.person(result))).toEqual(expected[strategy].rows);
    });
  }

  it("does not depend, where people are kept apart, on whether a page was seen before the sign-in", () => {
    const s = story(settings({ signIn: "isolate" }));
    const results = events.slice(1).map((event) => s.send(event));
    expect(results.map((result) => s.person(result))).toEqual(expected.isolate.rows.slice(1));
  });

  it("records a refusal once per sign-in under isolate, and never calls the browser shared", () => {
    const s = story(settings({ signIn: "isolate" }, { anonymous_id: { sharedAfter: 2 } }));
    const results = events.map((event) => s.send(event));
    expect(results.map(reasons)).toEqual([[], ["refused:isolated"], [], [], ["refused:isolated"], [], []]);
    expect(s.state.identifier("anonymous_id:a")).toMatchObject({ shared: false, yieldedTo: [] });
  });

  it("remembers under link who was seen with the browser, from both ends", () => {
    const s = story(settings({ signIn: "link" }));
    const results = events.map((event) => s.send(event));
    const [device, u1, , , u2] = results.map(({ profileId }) => profileId ?? "");
    expect(s.state.person(device ?? "")?.links).toEqual([u1, u2]);
    expect(s.state.person(u1 ?? "")?.links).toEqual([device]);
    expect(s.state.person(u2 ?? "")?.links).toEqual([device]);
    expect(results.map(reasons)).toEqual([
      [], ["refused:isolated", "link:sign_in"], [], [], ["refused:isolated", "link:sign_in"], [], [],
    ]);
    expect([...s.state.edges.values()].filter(({ kind }) => kind === "link")).toHaveLength(2);
  });

  it("links a browser that had no person of its own at the sign-in as soon as both are seen together again", () => {
    const s = story(settings({ signIn: "link" }));
    const known = s.send({ type: "identify", ids: ["user_id:u1", "anonymous_id:a"] });
    const device = s.send({ ids: ["anonymous_id:a"] });
    s.send({ ids: ["user_id:u1", "anonymous_id:a"] });
    expect(s.state.person(known.profileId ?? "")?.links).toEqual([device.profileId]);
  });

  it("joins devices with devices and names with names where people and devices are kept apart", () => {
    const s = story(settings({ signIn: "isolate" }));
    s.send({ ids: ["anonymous_id:a"] });
    s.send({ ids: ["device_id:d"] });
    s.send({ ids: ["anonymous_id:a", "device_id:d"] });
    s.send({ ids: ["email:ada@example.com"] });
    s.send({ ids: ["user_id:u"] });
    s.send({ ids: ["user_id:u", "email:ada@example.com", "anonymous_id:a", "device_id:d"] });
    expect(s.people()).toEqual([["anonymous_id:a", "device_id:d"], ["email:ada@example.com", "user_id:u"]]);
  });
});

describe("events that only claim who they are", () => {
  for (const trust of ["query_string", "unsigned"] as const) {
    it(`gives an event with trust ${trust} to its browser and joins nobody`, () => {
      const s = story();
      const victim = s.send({ type: "identify", ids: ["user_id:victim", "email:victim@example.com"] });
      const visitor = s.send({ ids: ["anonymous_id:a"] });
      const forged = s.send({ type: "identify", trust, ids: ["user_id:victim", "email:victim@example.com", "anonymous_id:a"] });
      expect(forged).toMatchObject({ profileId: visitor.profileId, steps: [], attached: [] });
      expect(forged.ignored.map(({ reason }) => reason)).toEqual(["untrusted", "untrusted"]);
      expect(s.people()).toEqual([["email:victim@example.com", "user_id:victim"], ["anonymous_id:a"]]);
      expect(victim.profileId).not.toBe(visitor.profileId);
    });
  }

  it("keeps a poisoned user id in later page calls from joining, until the site itself identifies", () => {
    const s = story();
    const victim = s.send({ type: "identify", ids: ["user_id:victim"] });
    const visitor = s.send({ type: "identify", trust: "query_string", ids: ["user_id:victim", "anonymous_id:a"] });
    expect(visitor.created).toBe(true);
    const page = s.send({ type: "page", ids: ["user_id:victim", "anonymous_id:a"] });
    expect(page).toMatchObject({ profileId: visitor.profileId, steps: [] });
    expect(s.send({ type: "page", ids: ["user_id:victim", "anonymous_id:a"] }).profileId).toBe(visitor.profileId);
    const stated = s.send({ type: "identify", ids: ["user_id:victim", "anonymous_id:a"] });
    expect(reasons(stated)).toEqual(["merge:seen_together"]);
    expect(stated.profileId).toBe(victim.profileId);
    expect(s.send({ type: "page", ids: ["user_id:victim", "anonymous_id:a"] }).profileId).toBe(victim.profileId);
  });

  it("does not doubt a pair that was seen before it was claimed", () => {
    const s = story();
    const known = s.send({ ids: ["user_id:u", "anonymous_id:a"] });
    s.send({ trust: "query_string", ids: ["user_id:u", "anonymous_id:a"] });
    expect(s.send({ type: "page", ids: ["user_id:u", "anonymous_id:a"] })).toMatchObject({ profileId: known.profileId, ignored: [] });
  });

  it("gives no person to an event that only claims and carries no browser", () => {
    const s = story();
    expect(s.send({ trust: "unsigned", ids: ["user_id:u"] }).profileId).toBeNull();
    expect(s.people()).toEqual([]);
  });

  it("ties devices together but merges no people", () => {
    const s = story();
    s.send({ ids: ["anonymous_id:a"] });
    s.send({ ids: ["device_id:d"] });
    const event = s.send({ trust: "unsigned", ids: ["anonymous_id:a", "device_id:d", "advertising_id:x"] });
    expect(reasons(event)).toEqual(["refused:untrusted"]);
    expect(s.state.identifier("anonymous_id:a")?.yieldedTo).toEqual([]);
    expect(s.people()).toEqual([["anonymous_id:a"], ["advertising_id:x", "device_id:d"]]);
  });

  it("ignores an alias that is only claimed", () => {
    const s = story();
    s.send({ ids: ["user_id:old"] });
    s.send({ type: "alias", trust: "query_string", ids: ["user_id:new", "anonymous_id:a"], previous: "old" });
    expect(s.people()).toEqual([["user_id:old"], ["anonymous_id:a"]]);
  });
});

describe("alias", () => {
  it("joins two user ids although one is the limit, and says that alias did it", () => {
    const s = story();
    const old = s.send({ ids: ["user_id:old"] });
    const recent = s.send({ ids: ["user_id:new"] });
    const alias = s.send({ type: "alias", ids: ["user_id:new"], previous: "old" });
    expect(alias.steps).toEqual([
      { step: 0, kind: "merge", survivor: old.profileId, other: recent.profileId, reason: "alias", identifierKey: "user_id:old" },
    ]);
    expect(s.people()).toEqual([["user_id:new", "user_id:old"]]);
  });

  it("gives a user id that nobody has to the person of the anonymous id that came before", () => {
    const s = story();
    const visitor = s.send({ ids: ["anonymous_id:a"] });
    const alias = s.send({ type: "alias", ids: ["user_id:u", "anonymous_id:a"], previous: "a" });
    expect(alias).toMatchObject({ profileId: visitor.profileId, created: false });
    expect(s.people()).toEqual([["anonymous_id:a", "user_id:u"]]);
  });

  it("does nothing when it names itself", () => {
    const s = story();
    s.send({ ids: ["user_id:u"] });
    expect(s.send({ type: "alias", ids: ["user_id:u"], previous: "u" }).steps).toEqual([]);
    expect(s.people()).toEqual([["user_id:u"]]);
  });

  it("holds for events that come after it, whichever kind of id it named", () => {
    for (const later of ["anonymous_id:before", "user_id:before"]) {
      const s = story();
      const alias = s.send({ type: "alias", ids: ["user_id:u"], previous: "before" });
      expect(s.send({ ids: [later] }).profileId).toBe(alias.profileId);
    }
  });

  it("states nothing without a user id", () => {
    const s = story();
    s.send({ ids: ["user_id:old"] });
    s.send({ type: "alias", ids: ["anonymous_id:a"], previous: "old" });
    expect(s.people()).toEqual([["user_id:old"], ["anonymous_id:a"]]);
  });

  it("joins across a sign-in where people and devices are kept apart, since the site says so", () => {
    const s = story(settings({ signIn: "isolate" }));
    s.send({ ids: ["anonymous_id:a"] });
    s.send({ type: "identify", ids: ["user_id:u", "anonymous_id:a"] });
    expect(reasons(s.send({ type: "alias", ids: ["user_id:u"], previous: "a" }))).toEqual(["merge:alias"]);
  });

  it("keeps the other limits, and has one of its own", () => {
    const s = story(settings({}, { email: { limitPerProfile: 1 } }));
    s.send({ ids: ["user_id:old", "email:1@example.com"] });
    s.send({ ids: ["user_id:new", "email:2@example.com"] });
    expect(reasons(s.send({ type: "alias", ids: ["user_id:new"], previous: "old" }))).toEqual(["refused:limit"]);
    const many = story();
    for (let i = 1; i <= USER_IDS_BY_ALIAS_MAX; i++) {
      many.send({ ids: [`user_id:${i}`] });
      if (i > 1) expect(reasons(many.send({ type: "alias", ids: ["user_id:1"], previous: `${i}` }))).toEqual(["merge:alias"]);
    }
    many.send({ ids: ["user_id:one-more"] });
    expect(reasons(many.send({ type: "alias", ids: ["user_id:1"], previous: "one-more" }))).toEqual(["refused:limit"]);
  });
});

describe("a suppressed person", () => {
  it("is resolved to and flagged, keeps what is new, and joins nobody", () => {
    const s = story();
    const gone = s.send({ ids: ["user_id:gone", "anonymous_id:a"] });
    s.suppress(gone.profileId ?? "");
    const event = s.send({ ids: ["user_id:gone", "anonymous_id:b"] });
    expect(event).toMatchObject({ profileId: gone.profileId, suppressed: true, steps: [] });
    expect(s.send({ ids: ["anonymous_id:b"] })).toMatchObject({ profileId: gone.profileId, suppressed: true });
    s.send({ ids: ["email:live@example.com"] });
    expect(s.send({ ids: ["user_id:gone", "email:live@example.com"] })).toMatchObject({ suppressed: true, steps: [] });
    expect(s.people()).toEqual([["anonymous_id:a", "anonymous_id:b", "user_id:gone"], ["email:live@example.com"]]);
  });

  it("does not come back by merging into someone live", () => {
    const s = story();
    const gone = s.send({ ids: ["anonymous_id:a"] });
    s.suppress(gone.profileId ?? "");
    s.send({ ids: ["user_id:live"] });
    const event = s.send({ type: "identify", ids: ["user_id:live", "anonymous_id:a"] });
    expect(event.suppressed).toBe(false);
    expect(reasons(event)).toEqual(["refused:suppressed"]);
    expect(s.state.identifier("anonymous_id:a")).toMatchObject({ profileId: gone.profileId, yieldedTo: [] });
  });

  it("leaves no evidence of later events", () => {
    const s = story();
    const gone = s.send({ ids: ["user_id:gone"] });
    s.suppress(gone.profileId ?? "");
    s.send({ ids: ["user_id:gone", "anonymous_id:b"] });
    expect(s.state.edges.size).toBe(0);
  });

  it("also gets what only claims to be theirs", () => {
    const s = story();
    const gone = s.send({ ids: ["user_id:gone"] });
    s.suppress(gone.profileId ?? "");
    const event = s.send({ type: "identify", trust: "unsigned", ids: ["user_id:gone", "anonymous_id:a"] });
    expect(event).toMatchObject({ profileId: gone.profileId, suppressed: true, attached: [] });
  });
});
