// A form made of a destination's fields: what it shows, what it asks for, and what it sends.
import { describe, expect, test } from "vitest";
import type { Field } from "@tributary/schema/destination/definition.ts";
import { changesOf, draftOf, filledIn, formFields, problemsAt } from "./form-fields.ts";

const field = (key: string, more: Partial<Field> = {}): Field => ({ key, label: key, description: "", type: "string", required: false, isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false, ...more });
const whenOn = { match: "all" as const, conditions: [{ field: "mode", is: true, value: "own" }] };
const fields = [
  field("mode", { choices: [{ value: "ours", label: "Ours" }, { value: "own", label: "Own" }], default: "ours" }),
  field("host", { dependsOn: whenOn, required: whenOn }),
  field("key", { type: "password", required: true }),
  field("whenKey", { dependsOn: { match: "all", conditions: [{ field: "key", is: false, value: null }] } }),
  field("inner", { isHidden: true, default: "x" }),
];
const keysOf = (draft: Record<string, unknown>, kept?: Record<string, { last: string }>): string[] => formFields(fields, draft, ["key"], kept).map(({ field: { key } }) => key);

describe("what is shown", () => {
  test("fields come and go with what the others hold, and are needed only then", () => {
    expect(draftOf(fields)).toEqual({ mode: "ours" });
    expect(keysOf({ mode: "ours" })).toEqual(["mode", "key"]);
    expect(keysOf({ mode: "own" })).toEqual(["mode", "host", "key"]);
    expect(formFields(fields, { mode: "own" }).find(({ field: { key } }) => key === "host")?.isRequired).toBe(true);
  });

  test("a secret that is kept counts as there, and one that is taken away does not", () => {
    expect(keysOf({ mode: "ours" }, { key: { last: "abc" } })).toEqual(["mode", "key", "whenKey"]);
    expect(keysOf({ mode: "ours", key: null }, { key: { last: "abc" } })).toEqual(["mode", "key"]);
  });
});

describe("what is sent", () => {
  test("of something new, what is filled in and shown", () => {
    const draft = { mode: "ours", host: "typed before the mode was changed", key: "s", other: 1 };
    expect(filledIn(formFields(fields, draft, ["key"]), draft)).toEqual({ mode: "ours", key: "s" });
  });

  test("of something that is there, what changed; a secret that nobody typed stays", () => {
    const kept = { settings: { mode: "own", host: "a" }, secrets: { key: { last: "abc" } } };
    const before = draftOf(fields, kept);
    const changed = (draft: Record<string, unknown>): Record<string, unknown> => changesOf(formFields(fields, draft, ["key"], kept.secrets), before, draft);
    expect(changed(before)).toEqual({});
    expect(changed({ ...before, key: "" })).toEqual({});
    expect(changed({ ...before, host: "", key: "new" })).toEqual({ host: null, key: "new" });
    expect(changed({ ...before, key: null })).toEqual({ key: null });
    expect(changed({ ...before, mode: "ours", host: "b" })).toEqual({ mode: "ours" });
  });
});

test("problems stand at their fields, inner ones too, and the others are said by themselves", () => {
  const { at, others } = problemsAt([{ field: "host", problem: "One." }, { field: "host.0", problem: "Two." }, { field: "inner", problem: "Three." }, { field: "", problem: "Four." }], formFields(fields, { mode: "own" }));
  expect([...at]).toEqual([["host", "One. Two."]]);
  expect(others.map(({ problem }) => problem)).toEqual(["Three.", "Four."]);
});
