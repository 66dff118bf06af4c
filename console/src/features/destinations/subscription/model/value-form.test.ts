import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { map } from "@tributary/schema/destination/map.ts";
import { pathNames, valueAt } from "@tributary/schema/destination/mapping-path.ts";
import { directiveNames } from "@tributary/schema/destination/mapping-directives.ts";
import type { MappingValue } from "@tributary/schema/destination/mapping.ts";
import { changedKind, kindsFor } from "./change-kind.ts";
import { pathTo, treeRows } from "./event-tree.ts";
import { fieldsShown, problemsByKey } from "./fields.ts";
import { formOf, isUnfinished, keyProblem, objectOf, valueOf, withKey, type ValueForm } from "./value-form.ts";

const hostileKeys = ["", "__proto__", "constructor", "toString", "@path", "@", "@nope", "_metadata", "a.b", "0", "then", "value", "'", "[0]", "\u202e"];
const key = fc.oneof(fc.constantFrom(...hostileKeys), fc.string({ maxLength: 6 }));
const text = fc.oneof(fc.constantFrom("", "$.properties.total", "lower", "exists", "left", "encode", "@path"), fc.string({ maxLength: 12 }));
const scalar = fc.oneof(text, fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true }), fc.boolean(), fc.constant(null));

/** Any JSON; directives often, right ones and wrong ones, with whatever stands beside them. */
const { value } = fc.letrec<{ value: MappingValue; options: MappingValue }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 4 }, scalar, fc.array(tie("value"), { maxLength: 3 }), fc.dictionary(key, tie("value"), { maxKeys: 4 }),
    fc.tuple(fc.constantFrom("@path", "@template"), text).map(([name, options]) => ({ [name]: options })),
    fc.tuple(fc.constantFrom(...directiveNames, "@liquid"), tie("options"), fc.option(tie("value"))).map(([name, options, beside]) => ({ ...(beside === null ? {} : { _metadata: beside }), [name]: options })),
  ) as fc.Arbitrary<MappingValue>,
  options: fc.oneof(
    { maxDepth: 4 }, scalar, tie("value"), fc.record({ apply: tie("value"), mapping: tie("value") }), fc.record({ direction: fc.constantFrom("left", "right"), objects: fc.array(tie("value"), { maxLength: 3 }) }),
    fc.record({ operator: fc.constantFrom("lower", "upper"), value: tie("value") }), fc.record({ mode: fc.constantFrom("encode", "decode"), value: tie("value") }), fc.record({ pattern: text, replacement: text, value: tie("value") }, { requiredKeys: ["pattern"] }), fc.record({ separator: text, omitArrays: fc.boolean(), value: tie("value") }, { requiredKeys: ["separator"] }),
    fc.record({ exists: tie("value"), then: tie("value"), else: tie("value") }, { requiredKeys: ["exists"] }),
    fc.record({
      exists: tie("value"), blank: tie("value"), then: tie("value"), else: tie("value"), operator: text, value: tie("value"), pattern: text, replacement: text, pattern2: text, replacement2: text, ignorecase: fc.boolean(), global: fc.boolean(),
      direction: text, objects: fc.array(tie("value"), { maxLength: 3 }), separator: text, omitArrays: fc.boolean(), mode: text, apply: tie("value"), mapping: tie("value"), other: tie("value"),
    }, { requiredKeys: [] }),
    fc.tuple(text, tie("value")), fc.tuple(text),
  ) as fc.Arbitrary<MappingValue>,
}));

/** As JSON holds it: `__proto__` is a key like any other there, which `toEqual` does not see. */
const sorted = (one: unknown): unknown =>
  Array.isArray(one) ? one.map(sorted) : typeof one === "object" && one !== null ? Object.entries(one).toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([name, inner]) => [name, sorted(inner)]) : [one];

/** The form of it and of all of its parts, each read and written anew. */
function rewritten(one: MappingValue | undefined): MappingValue | undefined {
  const form = formOf(one);
  const again = <Of>(part: Of): Of => rewritten(part as MappingValue) as Of; // The parts are values.
  switch (form.kind) {
    case "object": return valueOf({ kind: "object", entries: form.entries.map((entry) => ({ key: entry.key, value: again(entry.value) })) });
    case "list": return valueOf({ kind: "list", items: form.items.map(again) });
    case "if": return valueOf({ ...form, of: again(form.of), then: again(form.then), otherwise: again(form.otherwise) });
    case "each": return valueOf({ ...form, from: again(form.from), shape: again(form.shape) });
    case "case": case "replace": case "flatten": case "convert": case "literal": case "without_nulls": return valueOf({ ...form, of: again(form.of) } as ValueForm); // The same kind.
    case "merge": return valueOf({ ...form, objects: form.objects.map(again) });
    case "transform": return valueOf({ ...form, apply: again(form.apply), mapping: again(form.mapping) });
    default: return valueOf(form);
  }
}

describe("what fills a field, as a form", () => {
  test("comes back as it was, whatever it is and however it is nested", () => {
    const kinds = new Set<string>();
    fc.assert(fc.property(value, (one) => {
      kinds.add(formOf(one).kind);
      expect(sorted(rewritten(one))).toEqual(sorted(one));
    }), { numRuns: 15_000 });
    // It was no test of JSON editors alone. (The rarest comes once in 1,500.)
    expect([...kinds].toSorted()).toEqual(["boolean", "case", "convert", "each", "flatten", "if", "json", "list", "literal", "merge", "null", "number", "object", "path", "replace", "template", "text", "transform", "without_nulls"]);
  });

  test.each([
    { "@path": "$.a", b: 1 }, { "@if": { exists: 1, blank: 2 } }, { "@if": { exists: { "@path": "$.a" }, unless: 1 } }, { "@liquid": "{{ x }}" }, { "@case": { operator: "title", value: "x" } }, { "@replace": { value: "x" } },
  ] satisfies MappingValue[])("what it has no words for is JSON: %j", (one) => {
    expect(formOf(one)).toEqual({ kind: "json", value: one });
  });

  test("by every means that is offered, from any value: it is then filled by them", () => {
    fc.assert(fc.property(value, fc.constantFrom(undefined, { type: "string", isMultiple: false } as const, { type: "object", isMultiple: true } as const, { type: "number", isMultiple: false } as const), (one, field) => {
      const { plain, shapes, changes } = kindsFor(field);
      for (const kind of [...plain, ...shapes, ...changes, "nothing" as const]) {
        const changed = changedKind(one, kind, field);
        if (kind === "json") expect(sorted(changed)).toEqual(sorted(one));
        else expect(formOf(changed).kind).toBe(kind);
      }
    }), { numRuns: 300 });
  });

  test("a path is kept when something is done to it, and when that is undone", () => {
    const path = { "@path": "$.context.traits.email" };
    for (const kind of ["case", "replace", "flatten", "convert", "if"] as const) {
      const changed = changedKind(path, kind, undefined);
      expect(JSON.stringify(changed)).toContain("$.context.traits.email");
      expect(changedKind(changed, "path", undefined)).toEqual(path);
    }
    expect(changedKind(changedKind(path, "template", undefined), "path", undefined)).toEqual(path);
  });

  test("fields of an object are filled at their place, whatever they are called", () => {
    fc.assert(fc.property(fc.dictionary(key, scalar, { maxKeys: 5 }), key, scalar, (object, name, filling) => {
      const before = Object.keys(object);
      const filled = withKey(object, name, filling);
      expect(Object.hasOwn(filled, name) && filled[name]).toBe(filling);
      expect(Object.getPrototypeOf(filled)).toBe(Object.prototype);
      // Numbers stand first in every object.
      if (!/^\d+$/.test(name)) expect(Object.keys(filled)).toEqual(before.includes(name) ? before : [...before, name]);
      expect(sorted(withKey(filled, name, undefined))).toEqual(sorted(Object.fromEntries(Object.entries(object).filter(([one]) => one !== name))));
    }));
  });

  test("a key that would be a directive, or lost, is refused", () => {
    expect(["", "@path", "__proto__", "b", "a"].map((name) => keyProblem(name, ["b"]))).toEqual(["empty", "directive", "lost", "taken", undefined]);
    // What is let through is what the destination gets.
    fc.assert(fc.property(key.filter((name) => keyProblem(name, []) === undefined && name !== "_metadata"), (name) => {
      const made = map({ made: objectOf([{ key: name, value: 1 }]) }, {});
      expect(made).toEqual({ isGood: true, payload: { made: { [name]: 1 } } });
    }));
  });

  test("a value of the event that nobody chose is found wherever it stands", () => {
    expect(isUnfinished({ a: [{ "@if": { exists: { "@path": "$.a" }, then: { "@path": " " } } }] })).toBe(true);
    expect(isUnfinished({ "@arrayPath": ["", {}] })).toBe(true);
    expect(isUnfinished({ a: { "@path": "$" }, b: "" })).toBe(false);
  });
});

describe("an event as a tree", () => {
  const names = fc.oneof(fc.constantFrom("a", "b c", "__proto__", "length", "[0]", "'", "x.y", "$", "0", "a[", "]"), fc.string({ maxLength: 4 }));
  const { node } = fc.letrec((tie) => ({ node: fc.oneof({ maxDepth: 3 }, fc.string({ maxLength: 5 }), fc.integer(), fc.array(tie("node"), { maxLength: 3 }), fc.dictionary(names, tie("node"), { maxKeys: 4 })) }));

  test("each path leads to the value beside it, and none is made up where no path leads", () => {
    let led = 0;
    fc.assert(fc.property(fc.dictionary(names, node, { maxKeys: 4 }), (event) => {
      const all = new Set<string>();
      const open = (of: unknown, at: readonly string[]): void => {
        if (typeof of === "object" && of !== null) for (const [name, inner] of Object.entries(of)) { all.add(JSON.stringify([...at, name])); open(inner, [...at, name]); }
      };
      open(event, []);
      for (const row of treeRows(event, { open: all, search: "" })) {
        if (row.path === undefined) continue;
        led++;
        expect(valueAt(event, pathNames(row.path))).toBe(row.value);
      }
    }));
    expect(led).toBeGreaterThan(100);
    expect([pathTo(["properties", "items", "0", "id"], [false, false, true, false]), pathTo(["a.b"]), pathTo([""]), pathTo(["it's"])]).toEqual(["$.properties.items[0].id", undefined, undefined, undefined]);
  });

  test("words are found in names and in values, with the way to them", () => {
    const event = { properties: { order: { total: 49.9, note: "Oak table" } }, userId: "u-1" };
    expect(treeRows(event, { open: new Set(), search: "oak TABLE" }).map(({ path }) => path)).toEqual(["$.properties", "$.properties.order", "$.properties.order.note"]);
    expect(treeRows(event, { open: new Set(), search: "" }).map(({ path }) => path)).toEqual(["$.properties", "$.userId"]);
    expect(treeRows(event, { open: new Set(), search: "nope" })).toEqual([]);
  });
});

describe("the fields of an action", () => {
  const field = (name: string, more: object = {}) => ({ key: name, label: name, description: "", type: "string" as const, required: false, isMultiple: false, isDynamic: false, isHidden: false, isHashed: false, takesMore: false, ...more });
  const when = (of: string, expected: unknown) => ({ match: "all" as const, conditions: [{ field: of, is: true, value: expected }] });
  const fields = [field("mode"), field("id", { dependsOn: when("mode", "id"), required: when("mode", "id") }), field("inner", { isHidden: true })];
  const seen = (values: Record<string, MappingValue>) => {
    const { shown, waiting, others } = fieldsShown({ fields }, values, undefined);
    return [shown.map((one) => `${one.field.key}${one.isRequired ? "!" : ""}${one.isUnasked ? "-" : ""}${one.dependsOn.length > 0 ? "?" : ""}`).join(" "), waiting, others.join(" ")];
  };

  test("appear by the others, stay while they are filled, and are told apart where only an event decides", () => {
    expect(seen({ mode: "mail" })).toEqual(["mode", 1, ""]);
    expect(seen({ mode: "id" })).toEqual(["mode id!", 0, ""]);
    expect(seen({ mode: "mail", id: "x" })).toEqual(["mode id-", 0, ""]);
    expect(seen({ mode: { "@path": "$.x" } })).toEqual(["mode id?", 0, ""]);
    expect(seen({ inner: 1, gone: 2 })).toEqual(["mode", 1, "inner gone"]);
  });

  test("have their problems, by the longest key that fits", () => {
    const found = problemsByKey([{ field: "a.b.c", problem: "x" }, { field: "a.b.c", problem: "x" }, { field: "a", problem: "y" }, { field: "other", problem: "z" }], ["a", "a.b"]);
    expect([...found].map(([name, all]) => `${name}: ${all.map(({ problem }) => problem).join()}`)).toEqual(["a.b: x", "a: y", ": z"]);
  });
});
