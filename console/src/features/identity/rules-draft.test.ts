import { expect, test } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import "../../texts/testing.ts";
import { added, changed, changesOf, inOrder, moved, ordered, removed } from "./rules-draft.ts";

const { identity } = defaultWorkspaceSettings;
const names = (draft: typeof identity): string[] => inOrder(draft).map(({ name }) => name);

test("numbering anew changes nothing, and says so", () => {
  const gaps = { ...identity, namespaces: identity.namespaces.map((rule) => ({ ...rule, priority: rule.priority * 10 })) };
  expect(changesOf(gaps, ordered(gaps))).toEqual([]);
});

test("a kind is moved to a place, and those between make room", () => {
  const draft = moved(identity, "phone", 0);
  expect(names(draft).slice(0, 3)).toEqual(["phone", "user_id", "email"]);
  expect(inOrder(draft).map(({ priority }) => priority)).toEqual([1, 2, 3, 4, 5, 6, 7]);
  expect(names(moved(identity, "user_id", 99)).at(-1)).toBe("user_id");
  expect(changesOf(identity, draft)).toEqual(["The order of kinds"]);
});

test("what is changed is said in words, a line each; put back, nothing is", () => {
  const draft = changed({ ...identity, signIn: "link" }, "email", { limitPerProfile: 3, paths: ["traits.email", "traits.mail"] });
  expect(changesOf(identity, draft)).toEqual([
    "Signing in: Convert becomes Link", "email: Most per person 5 becomes 3", "email: Found at, 1 added, 2 removed",
  ]);
  expect(changesOf(identity, removed(added(identity, "crm_id"), "crm_id"))).toEqual([]);
  expect(changesOf(identity, added(removed(identity, "phone"), "crm_id"))).toEqual(["crm_id is new", "phone goes"]);
});
