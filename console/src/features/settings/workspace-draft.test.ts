import { expect, test } from "vitest";
import { defaultWorkspaceSettings } from "@tributary/schema/settings.ts";
import "../../texts/testing.ts";
import { changedSettings, draftOf, isChanged, wrongIn } from "./workspace-draft.ts";

const settings = { ...defaultWorkspaceSettings, phoneCountry: "DK", internalIps: ["192.0.2.0/24"] };

test("a draft that nobody touched changes nothing, and says so", () => {
  expect(isChanged(draftOf(settings), settings)).toBe(false);
  expect(changedSettings(settings, draftOf(settings))).toEqual(settings);
});

test("what a draft does not hold stays as it is by then", () => {
  const draft = { ...draftOf(settings), phoneCountry: "", internalIps: " 198.51.100.7\n\n2001:db8::/32 ", keepDays: 30 };
  const latest = { ...settings, identity: { ...settings.identity, signIn: "link" as const } };
  const { phoneCountry: _, ...rest } = latest;
  expect(changedSettings(latest, draft)).toEqual({ ...rest, internalIps: ["198.51.100.7", "2001:db8::/32"], events: { keepDays: 30 } });
  expect(isChanged(draft, settings)).toBe(true);
});

test("wrong fields are named", () => {
  expect(Object.keys(wrongIn({ ...draftOf(settings), phoneCountry: "D", keepDays: 3 }))).toEqual(["phoneCountry", "keepDays"]);
  expect(wrongIn({ ...draftOf(settings), phoneCountry: "DE", keepDays: 7 })).toEqual({});
});
