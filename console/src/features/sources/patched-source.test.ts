// What is shown before the server has answered is what it will answer.
import { expect, test } from "vitest";
import type { SourceAnswer } from "@tributary/schema/api/workspace.ts";
import { patched } from "./patched-source.ts";

const source: SourceAnswer = {
  id: 1, slug: "shop", name: "Shop", kind: "website", enabled: true, allowed_origins: [], events_per_second: null, write_keys: [], created_at: "2026-01-01T00:00:00.000Z",
  settings: { ip: "keep", nullErases: false, traitRank: 2, hasIdentityTokenSecret: false },
};

test("fields that are named change, the others stay", () => {
  expect(patched(source, { name: "Web shop", events_per_second: 50 })).toEqual({ ...source, name: "Web shop", events_per_second: 50 });
  expect(patched(source, { settings: { ip: "drop" } }).settings).toEqual({ ...source.settings, ip: "drop" });
});

test("null takes a rank and a secret away; a secret itself is never shown", () => {
  expect(patched(source, { settings: { traitRank: null } }).settings).toEqual({ ip: "keep", nullErases: false, hasIdentityTokenSecret: false });
  const sealed = patched(source, { settings: { identityTokenSecret: "a secret of sixteen" } });
  expect(sealed.settings.hasIdentityTokenSecret).toBe(true);
  expect(JSON.stringify(sealed)).not.toContain("a secret of sixteen");
  expect(patched(sealed, { settings: { identityTokenSecret: null } }).settings.hasIdentityTokenSecret).toBe(false);
});
