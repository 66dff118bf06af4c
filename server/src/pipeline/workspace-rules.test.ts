// What the settings in force mean for the stages.
import { expect, test } from "vitest";
import { defaultSourceSettings, defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import { defaultLimits } from "../core/limits.ts";
import { KnownPaths } from "./known-paths.ts";
import { compileRules, type WorkspaceRules } from "./workspace-rules.ts";

const BY_HAND = 0;

function rulesWith(ranks: Readonly<Record<string, number>>, ofTraits: Readonly<Record<string, Record<string, number | null>>> = {}): WorkspaceRules {
  const sources = Object.fromEntries(Object.entries(ranks).map(([id, traitRank]) => [id, { ...defaultSourceSettings, traitRank, ...(ofTraits[id] && { traitRanks: ofTraits[id] }) }]));
  return compileRules({ workspaceId: 1, secret: "s", limits: defaultLimits, settings: defaultWorkspaceSettings, sources, paths: new KnownPaths() });
}

test("what is set by hand counts as much as the best ranked source, and has no rank where no source has one", () => {
  const { rankOf } = rulesWith({ 4: 3, 5: 2 }).foldRules(4, false);
  expect([4, 5, 6, BY_HAND].map((source) => rankOf(source, "plan"))).toEqual([3, 2, undefined, 2]);
  expect(rulesWith({}).foldRules(4, false).rankOf(BY_HAND, "plan")).toBeUndefined();
});

test("a source's rank for one trait stands in place of its own, and may be none; names are no more than names", () => {
  const { rankOf } = rulesWith({ 4: 3, 5: 2 }, { 4: { plan: 1, city: null } }).foldRules(4, false);
  const ranks = (trait: string) => [4, 5, BY_HAND].map((source) => rankOf(source, trait));
  expect([ranks("plan"), ranks("city"), ranks("toString")]).toEqual([[1, 2, 1], [undefined, 2, 2], [3, 2, 2]]);
});

test("a null from a live source erases; one from an import only where the source may", () => {
  const rules = rulesWith({});
  expect([rules.foldRules(1, false).nullErases, rules.foldRules(1, true).nullErases]).toEqual([true, false]);
});
