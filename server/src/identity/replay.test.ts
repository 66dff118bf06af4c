import { describe, expect, it } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import {
  comparePeople, compileIdentityRules, markSplit, replay, resolve, splitSides, type IdentityRules, type PersonState, type ResolveInput,
} from "./identity.ts";
import { memoryIdentityState, type MemoryIdentityState } from "./memory-identity-state.ts";

const settings = defaultWorkspaceSettings.identity;
const rules = compileIdentityRules(settings);

/** Events from `namespace:value` lists; row_ids count from `firstRow`. */
function events(lists: readonly (readonly string[])[], firstRow = 1): ResolveInput[] {
  return lists.map((ids, i) => ({
    workspaceId: 1, rowId: firstRow + i, sourceId: 1, atMs: 0, type: "identify", trust: "full", previous: [],
    identifiers: ids.map((id) => ({ namespace: id.slice(0, id.indexOf(":")), value: id.slice(id.indexOf(":") + 1), key: id })),
  }));
}

function people(state: MemoryIdentityState): string[][] {
  const inOrder = [...state.people.values()].toSorted((a, b) => a.firstRow - b.firstRow);
  return inOrder.map(({ identifiers }) => identifiers.map(({ key }) => key).toSorted());
}

function onlyPerson(state: MemoryIdentityState): PersonState {
  const [person] = state.people.values();
  if (!person) throw new Error("nobody");
  return person;
}

function withEmailLimit(limitPerProfile: number): IdentityRules {
  const namespaces = settings.namespaces.map((rule) => (rule.name === "email" ? { ...rule, limitPerProfile } : rule));
  return compileIdentityRules({ ...settings, namespaces });
}

describe("an unmerge", () => {
  // Two people who were joined by mistake: someone typed the other's email into a form on their own phone.
  const history = events([
    ["anonymous_id:a"],
    ["user_id:ada", "anonymous_id:a"],
    ["email:bob@example.com", "anonymous_id:b"],
    ["anonymous_id:b"],
    ["user_id:ada", "email:bob@example.com"],
    ["email:bob@example.com"],
    ["anonymous_id:b"],
    ["anonymous_id:a"],
  ]);

  it("gives each side back its identifiers and the rows that carry them", () => {
    const before = replay(history, rules);
    expect(people(before.state)).toEqual([["anonymous_id:a", "anonymous_id:b", "email:bob@example.com", "user_id:ada"]]);
    const person = onlyPerson(before.state);

    const sides = splitSides(person, ["email:bob@example.com", "anonymous_id:b"]);
    expect(sides.kind).toBe("split");
    if (sides.kind !== "split") return;
    const after = replay(history, rules, { splits: markSplit(sides, 9) });

    expect(people(after.state)).toEqual([["anonymous_id:a", "user_id:ada"], ["anonymous_id:b", "email:bob@example.com"]]);
    const [ada, bob] = [after.ownerOfRow.get(1), after.ownerOfRow.get(3)];
    expect(ada).toBe(person.id);
    expect([...after.ownerOfRow.values()]).toEqual([ada, ada, bob, bob, ada, bob, bob, ada]);
    expect(after.steps).toMatchObject([
      { rowId: 5, kind: "refused", reason: "cannot_link", survivor: ada, other: bob, identifierKey: "email:bob@example.com" },
    ]);
  });

  it("holds against what comes later, also through an identifier that neither side had", () => {
    const before = replay(history, rules);
    const sides = splitSides(onlyPerson(before.state), ["email:bob@example.com", "anonymous_id:b"]);
    if (sides.kind !== "split") throw new Error("not split");
    const { state } = replay(history, rules, { splits: markSplit(sides, 9) });
    const later = events([["phone:+1", "anonymous_id:a"], ["phone:+1", "anonymous_id:b"], ["user_id:ada", "anonymous_id:b"]], 10);
    // The third is refused, too, but of this identifier and this person it is on record already.
    expect(later.map((event) => resolve(event, rules, state).steps.map(({ reason }) => reason))).toEqual([[], ["cannot_link"], []]);
    expect(people(state)).toEqual([["anonymous_id:a", "phone:+1", "user_id:ada"], ["anonymous_id:b", "email:bob@example.com"]]);
  });

  it("can be done again inside one of the sides", () => {
    const before = replay(history, rules);
    const first = splitSides(onlyPerson(before.state), ["email:bob@example.com", "anonymous_id:b"]);
    if (first.kind !== "split") throw new Error("not split");
    const splits = markSplit(first, 9);
    const once = replay(history, rules, { splits });
    const bob = once.state.person(once.ownerOfRow.get(3) ?? "");
    const second = bob ? splitSides(bob, ["anonymous_id:b"]) : null;
    if (second?.kind !== "split") throw new Error("not split");
    const twice = replay(history, rules, { splits: new Map([...splits, ...markSplit(second, 10)]) });
    expect(people(twice.state)).toEqual([["anonymous_id:a", "user_id:ada"], ["email:bob@example.com"], ["anonymous_id:b"]]);
    expect(twice.state.identifier("anonymous_id:b")?.splits).toEqual({ "9": 1, "10": 1 });
  });

  it("keeps out of people who are not replayed", () => {
    const state = memoryIdentityState();
    for (const event of events([["user_id:eve", "anonymous_id:kiosk"]], 100)) resolve(event, rules, state);
    const after = replay(events([["user_id:ada", "anonymous_id:kiosk"], ["user_id:ada", "email:bob@example.com"]]), rules, {
      state, splits: new Map([["user_id:ada", { "9": 0 }], ["email:bob@example.com", { "9": 1 }]]),
    });
    expect(after.state.identifier("anonymous_id:kiosk")?.profileId).not.toBe(after.ownerOfRow.get(1));
    expect(after.state.identifier("email:bob@example.com")?.profileId).toBeNull();
  });

  it("is refused when it would leave nothing on a side", () => {
    const { state } = replay(history, rules);
    const person = onlyPerson(state);
    expect(splitSides(person, ["email:nobody@example.com"])).toEqual({ kind: "refused", reason: "not_theirs" });
    expect(splitSides(person, person.identifiers.map(({ key }) => key))).toEqual({ kind: "refused", reason: "nothing_left" });
  });
});

describe("comparePeople", () => {
  it("says who would become one person under other rules, and who would come apart", () => {
    const history = events([
      ["user_id:ada", "email:1@example.com"],
      ["email:2@example.com"],
      ["user_id:ada", "email:2@example.com"],
    ]);
    const narrow = replay(history, withEmailLimit(1)).state;
    const wide = replay(history, withEmailLimit(2)).state;
    const one = onlyPerson(wide).id;
    const two = [...narrow.people.keys()];
    expect(comparePeople(narrow, wide)).toEqual({ joined: [{ one, several: two }], separated: [] });
    expect(comparePeople(wide, narrow)).toEqual({ joined: [], separated: [{ one, several: two }] });
    expect(comparePeople(wide, wide)).toEqual({ joined: [], separated: [] });
  });
});
